// Reads and writes places as latitude and longitude, and picks them by the names of cities.
import type { OccurringValue } from '../../client'
import { readUngrouped } from '../../locales/typed-number'

/** A type and not an interface, so that it is a JSON value. */
export type GeoPoint = { lat: number; lon: number; name?: string }

const MAX_LATITUDE = 90
const MAX_LONGITUDE = 180

export const writePoint = ({ lat, lon }: GeoPoint) => `${lat}, ${lon}`

/** Returns the name that a place was picked by, or its coordinates. */
export const placeName = (point: GeoPoint) => point.name ?? writePoint(point)

/** The places of a centre: a hundredth of a thousandth of a degree is a metre. */
const CENTRE_DIGITS = 5

/** Returns the chosen places: those that were there as they were, new ones at their city's centre. */
export const pickPlaces = (
  names: string[],
  before: GeoPoint[],
  cities: OccurringValue[],
): GeoPoint[] =>
  names.flatMap((name) => {
    const known = before.find((point) => placeName(point) === name)
    if (known) return [known]
    const centre = cities.find(({ value }) => value === name)?.centre
    const rounded = (degrees: number) => Number(degrees.toFixed(CENTRE_DIGITS))
    return centre ? [{ lat: rounded(centre.lat), lon: rounded(centre.lon), name }] : []
  })

/** Gives places that were written as coordinates the names that they had before. */
export const keepNames = (written: GeoPoint[], before: GeoPoint[]): GeoPoint[] =>
  written.map((point) => before.find((old) => writePoint(old) === writePoint(point)) ?? point)

/**
 * Reads `40.4168, -3.7038`, `40,4168; -3,7038` and the like, in any digits: a comma is a decimal mark
 * where something else stands between the two.
 */
export function readPoint(line: string): GeoPoint | undefined {
  const separator = [/[;\t]/u, /[,،]\s+|\s+[,،]\s*/u, /\s+/u, /[,،]/u].find((one) =>
    one.test(line.trim()),
  )
  const parts = separator ? line.trim().split(separator) : []
  if (parts.length !== 2) return undefined
  const [lat, lon] = parts.map(readUngrouped)
  return lat !== undefined &&
    lon !== undefined &&
    Math.abs(lat) <= MAX_LATITUDE &&
    Math.abs(lon) <= MAX_LONGITUDE
    ? { lat, lon }
    : undefined
}
