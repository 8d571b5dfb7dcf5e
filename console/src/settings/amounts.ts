// Between the numbers people write and those the API keeps: millionths of a currency, and minor units.
const MICROS = 1_000_000

/** An empty input is nothing, and nothing is an empty input. */
export const fromMicros = (micros: number | undefined) => (micros === undefined ? '' : micros / MICROS)
export const toMicros = (typed: number | string) => (typed === '' ? undefined : Math.round(Number(typed) * MICROS))
export const fromMinor = (minor: number | undefined, digits: number) => (minor === undefined ? '' : minor / 10 ** digits)
export const toMinor = (typed: number | string, digits: number) => (typed === '' ? undefined : Math.round(Number(typed) * 10 ** digits))
