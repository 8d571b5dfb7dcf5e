// Asks for the reason of an action, which its history keeps.
import { countText, textLimits } from '../api/text-limits'
import { useLocale } from '../locales/i18n'
import { CountedTextarea } from './counted-text'

/** Returns true if the API takes this reason. */
export const isReasonComplete = (reason: string) =>
  reason.trim() !== '' && !countText(reason, textLimits.reason).over

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
    <CountedTextarea
      label={t('Reason')}
      description={t('Saved in the history.')}
      value={value}
      required
      limit={textLimits.reason}
      error={error}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}
