// Asks for the note that is kept with the address.
import { TextInput } from '@mantine/core'
import { hasMoreBytes } from '../../components/reason-field'
import { useLocale } from '../../locales/i18n'

/** The longest note that the API takes, in bytes. */
const MAX_NOTE_BYTES = 200

/** Returns true if the API takes this note. */
export const isNoteComplete = (note: string) =>
  note.trim() !== '' && !hasMoreBytes(note, MAX_NOTE_BYTES)

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
    <TextInput
      label={t('Note')}
      description={t('It is kept with the address, with your name.')}
      required
      value={value}
      error={hasMoreBytes(value, MAX_NOTE_BYTES) ? t('The note is too long.') : error}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}
