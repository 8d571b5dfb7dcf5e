// Converts between the numbers people type and those the API keeps: millionths of a currency, and
// minor units.

const MICROS = 1_000_000

/** Converts millionths to the number in the input, and the other way round. */
export const fromMicros = (micros: number | undefined) =>
  micros === undefined ? undefined : micros / MICROS
export const toMicros = (typed: number | undefined) =>
  typed === undefined ? undefined : Math.round(typed * MICROS)
export const toMinor = (typed: number | undefined, digits: number) =>
  typed === undefined ? undefined : Math.round(typed * 10 ** digits)
