// Knows the languages of messages: which one is edited, and which are still those of the default language.
import type { Messages } from '../../client'

/** Returns true for a language that was added as a copy and has not been translated. */
export function isCopyOfDefault(
  { default_locale, locales }: Pick<Messages, 'default_locale' | 'locales'>,
  locale: string,
): boolean {
  const [own, base] = [locales[locale], locales[default_locale]]
  return (
    locale !== default_locale &&
    own !== undefined &&
    // English for one country may well be English for all.
    languageOf(locale) !== languageOf(default_locale) &&
    JSON.stringify(own) === JSON.stringify(base)
  )
}

/** Returns the language that is chosen, if there are messages in it, else the default language. */
export const chosenLocale = (
  { default_locale, locales }: Pick<Messages, 'default_locale' | 'locales'>,
  chosen: string | undefined,
): string => (chosen !== undefined && chosen in locales ? chosen : default_locale)

/** Returns the languages that were added as a copy and have not been translated. */
export const untranslatedLocales = (
  messages: Pick<Messages, 'default_locale' | 'locales'>,
): string[] => Object.keys(messages.locales).filter((locale) => isCopyOfDefault(messages, locale))

const languageOf = (locale: string) => locale.split('-')[0]
