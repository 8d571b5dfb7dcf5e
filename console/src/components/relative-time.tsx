// Shows a time relative to now.
import { useLocale } from '../locales/i18n'

/**
 * Shows how long ago or how far ahead a time is; the exact time and zone on hover and for screen
 * readers.
 */
export function RelativeTime({ at }: { at: string | null | undefined }) {
  const { ago, time } = useLocale()
  if (!at) return <>–</>
  return (
    <time dateTime={at} title={time(at)}>
      {ago(at)}
    </time>
  )
}
