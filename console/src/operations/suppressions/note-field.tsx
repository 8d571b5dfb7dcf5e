// Asks for the note that is kept with the address.
import { countText, textLimits } from '../../api/text-limits'
import { CountedTextInput } from '../../components/counted-text'
import { useLocale } from '../../locales/i18n'

/** Returns true if the API takes this note. */
export const isNoteComplete = (note: string) =>
  note.trim() !== '' && !countText(note, textLimits.note).over

export function NoteField({
  value,
  error,
  onChange,
}: {
  value: string
  error?: string
  onChange: (note: string) => void
}) {
  const { t } = useLocale()
  return (
    <CountedTextInput
      label={t('Note')}
      description={t('Saved with the address, with your name.')}
      required
      value={value}
      limit={textLimits.note}
      error={error}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}
