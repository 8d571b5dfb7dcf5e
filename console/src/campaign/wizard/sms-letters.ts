// Finds the letters of an SMS that force the long alphabet, in which a message holds 70 characters in place
// of 160, and writes those that have a near letter in the standard alphabet with it.

/** The standard alphabet (GSM 03.38) with its extension. */
const STANDARD =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€'
const standardLetters = new Set(STANDARD)

/** Signs that word processors put in place of plain ones. */
const plainSigns: Record<string, string> = {
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '‘': "'",
  '’': "'",
  '‚': "'",
  '`': "'",
  '´': "'",
  '–': '-',
  '—': '-',
  '−': '-',
  '…': '...',
  '•': '-',
  '\u00a0': ' ',
  '\u202f': ' ',
  '\u200b': '',
  '\t': ' ',
  'ç': 'Ç',
}

/** Returns the near standard letter; nothing for a letter of another script or a picture. */
function nearLetter(letter: string): string | undefined {
  const sign = plainSigns[letter]
  if (sign !== undefined) return sign
  const bare = letter.normalize('NFD').replaceAll(/\p{M}/gu, '')
  return bare !== letter && bare !== '' && [...bare].every((one) => standardLetters.has(one))
    ? bare
    : undefined
}

export interface PlainSms {
  text: string
  /** The letters that were replaced, each once, in the order of the text. */
  replaced: string[]
  /** Letters that have no near one remain, so that the message stays in the long alphabet. */
  isStandard: boolean
}

export function plainSms(text: string): PlainSms {
  const replaced = new Set<string>()
  let isStandard = true
  const written = [...text.normalize('NFC')].map((letter) => {
    if (standardLetters.has(letter)) return letter
    const near = nearLetter(letter)
    if (near === undefined) {
      isStandard = false
      return letter
    }
    replaced.add(letter)
    return near
  })
  return { text: written.join(''), replaced: [...replaced], isStandard }
}
