// Asks for the reason of an action, which its history keeps.
import { Textarea } from '@mantine/core'
import { useLocale } from '../locales/i18n'

/** The longest reason that the API takes, in bytes. */
const MAX_REASON_BYTES = 500

/** Returns true if a text has more bytes than the API takes. */
export const hasMoreBytes = (text: string, most: number) =>
  new TextEncoder().encode(text).length > most

const isTooLong = (reason: string) => hasMoreBytes(reason, MAX_REASON_BYTES)

/** Returns true if the API takes this reason. */
export const isReasonComplete = (reason: string) => reason.trim() !== '' && !isTooLong(reason)

export function ReasonField({
  value,
  onChange,
  error,
}: {
  value: string
  onChange: (reason: string) => void
  error?: string
}) {
  const { t } = useLocale()
  return (
    <Textarea
      label={t('Reason')}
      description={t('It is kept in the history.')}
      value={value}
      required
      error={isTooLong(value) ? t('The reason is too long.') : error}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}
