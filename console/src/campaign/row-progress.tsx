// Shows how far a running promotion is, in its row of the list. One request for all rows.
import { Text } from '@mantine/core'
import { useLocale } from '../locales/i18n'
import { useLiveCampaigns } from '../home/home-queries'

export default function RowProgress({ id }: { id: string }) {
  const { t, percent } = useLocale()
  const live = useLiveCampaigns()
  const found = live.data?.items.find(({ campaign_id }) => campaign_id === id)
  if (!found || found.run.selected === 0) return null
  const { selected, issued, ghost, skipped, failed } = found.run
  return (
    <Text size="xs" c="dimmed">
      {t('{share} processed', { share: percent(issued + ghost + skipped + failed, selected) })}
    </Text>
  )
}
