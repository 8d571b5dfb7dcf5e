// Explains a word where it stands: a button with a question mark, and below it what the word means here.
import { Text } from '@mantine/core'
import { useId, useState } from 'react'
import { useLocale } from '../locales/i18n'

/** Returns the button and the text that it shows, so that each can stand where the layout wants it. */
export function useHelpTip(about: string, help: string | undefined) {
  const { t } = useLocale()
  const id = useId()
  const [open, setOpen] = useState(false)
  if (!help) return { button: null, note: null }
  return {
    button: (
      <button
        type="button"
        className="help-button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={t('Help: {about}', { about })}
        onClick={() => setOpen(!open)}
      >
        ?
      </button>
    ),
    note: open && (
      <Text id={id} size="sm" role="note">
        {help}
      </Text>
    ),
  }
}
