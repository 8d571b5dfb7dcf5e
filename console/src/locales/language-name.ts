// Names languages in the operator's own.
import type { LocaleFormatter } from './i18n'

/** Returns the name of a language with its code, as “Spanish (es)”; of an unknown one the code. */
export function languageName(code: string, { region }: Pick<LocaleFormatter, 'region'>): string {
  try {
    const name = new Intl.DisplayNames(region, { type: 'language', fallback: 'none' }).of(code)
    return name ? `${name} (${code})` : code
  } catch {
    return code
  }
}
