// Converts between the numbers people type and those the API keeps: millionths of a currency, and
// minor units.

const MICROS = 1_000_000

/**
 * Converts millionths to the number in the input; an absent value is an empty input, and the other
 * way round.
 */
export const fromMicros = (micros: number | undefined) =>
  micros === undefined ? '' : micros / MICROS
export const toMicros = (typed: number | string) =>
  typed === '' ? undefined : Math.round(Number(typed) * MICROS)
export const fromMinor = (minor: number | undefined, digits: number) =>
  minor === undefined ? '' : minor / 10 ** digits
export const toMinor = (typed: number | string, digits: number) =>
  typed === '' ? undefined : Math.round(Number(typed) * 10 ** digits)
