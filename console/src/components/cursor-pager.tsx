// Leads through a list that the API pages by cursors. The cursors passed so far are kept in the
// address.
import { Button, Group, Text } from '@mantine/core'
import { useLocale } from '../locales/i18n'

/** Offers the previous and the next page. */
export function CursorPager({
  cursors,
  next,
  go,
}: {
  cursors: string[]
  next: string | null | undefined
  go: (cursors: string[]) => void
}) {
  const { t, number } = useLocale()
  if (!next && cursors.length === 0) return null
  return (
    <Group className="no-print" component="nav" aria-label={t('Pages')}>
      <Button
        variant="default"
        disabled={cursors.length === 0}
        onClick={() => go(cursors.slice(0, -1))}
      >
        {t('Previous')}
      </Button>
      <Text size="sm">{t('Page {n}', { n: number(cursors.length + 1) })}</Text>
      <Button variant="default" disabled={!next} onClick={() => next && go([...cursors, next])}>
        {t('Next')}
      </Button>
    </Group>
  )
}
