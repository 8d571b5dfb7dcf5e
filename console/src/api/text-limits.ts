// Holds how long each text may be, and counts a text as the API does: in characters, or in the bytes of
// its UTF-8 form, of which a letter that is not in a-z has two to four.

export interface TextLimit {
  most: number
  unit: 'characters' | 'bytes'
}

const characters = (most: number): TextLimit => ({ most, unit: 'characters' })
const bytes = (most: number): TextLimit => ({ most, unit: 'bytes' })

/** The limits of the API by the text that they are of. */
export const textLimits = {
  campaignName: bytes(200),
  description: bytes(2_000),
  /** Verticals, events, personal dates and the groups of offers. */
  label: bytes(64),
  smsText: characters(1_000),
  pushTitle: characters(100),
  pushBody: characters(500),
  subject: characters(200),
  preheader: characters(200),
  html: bytes(100 * 1024),
  plainText: characters(20_000),
  heading: characters(150),
  blockText: characters(2_000),
  imageDescription: characters(200),
  buttonText: characters(100),
  link: bytes(500),
  senderName: characters(60),
  postalAddress: characters(300),
  support: characters(200),
  testLabel: bytes(60),
  endpointName: characters(64),
  reason: bytes(500),
  note: bytes(200),
} satisfies Record<string, TextLimit>

export interface TextCount {
  used: number
  most: number
  /** True if the text is longer than the API takes. */
  over: boolean
  /** True if some of its letters count more than one. */
  weighted: boolean
}

/** Counts a text in the unit of its limit. A pair of surrogates is one character, as in the API. */
export function countText(text: string, { most, unit }: TextLimit): TextCount {
  const letters = [...text].length
  const used = unit === 'bytes' ? new TextEncoder().encode(text).length : letters
  return { used, most, over: used > most, weighted: used > letters }
}

/** Returns what `make` makes of the longest beginning of a text with which it keeps to the limit. */
export function fitText(text: string, limit: TextLimit, make: (beginning: string) => string) {
  const letters = [...text]
  while (letters.length > 0 && countText(make(letters.join('')), limit).over) letters.pop()
  return make(letters.join('').trimEnd())
}
