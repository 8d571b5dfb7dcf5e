// Reads and writes places as latitude and longitude.
import { readUngrouped } from '../../locales/typed-number'

/** A type and not an interface, so that it is a JSON value. */
export type GeoPoint = { lat: number; lon: number }

const MAX_LATITUDE = 90
const MAX_LONGITUDE = 180

export const writePoint = ({ lat, lon }: GeoPoint) => `${lat}, ${lon}`

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
