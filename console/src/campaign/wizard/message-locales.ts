// Says if the messages in a language are still those of the default language.
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

const languageOf = (locale: string) => locale.split('-')[0]
