// Shows how far a running promotion is and until when it waits, in its row of the list. Two requests for all rows.
import { Text } from '@mantine/core'
import { useLocale } from '../locales/i18n'
import { useLiveCampaigns } from '../home/home-queries'
import { useNextWaiting } from './waiting-queries'

export default function RowProgress({ id }: { id: string }) {
  const { t, percent, ago } = useLocale()
  const live = useLiveCampaigns()
  const found = live.data?.items.find(({ campaign_id }) => campaign_id === id)
  const next = useNextWaiting((found?.waiting ?? 0) > 0)(id)
  if (!found || found.run.selected === 0) return null
  const { selected, issued, ghost, skipped, failed } = found.run
  return (
    <Text size="xs" c="dimmed">
      {t('{share} processed', { share: percent(issued + ghost + skipped + failed, selected) })}
      {next && (
        <span style={{ display: 'block' }}>{t('next send {when}', { when: ago(next.until) })}</span>
      )}
    </Text>
  )
}
