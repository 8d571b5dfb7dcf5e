// Converts the places of a merchant between the form and the API. The functions are pure.
import type { MerchantPlace } from '../../client'
import { readPoint, writePoint } from '../../campaign/wizard/points'

export interface TypedPlace {
  point: string
  city: string
  zone: string
  name: string
}

export const emptyPlace: TypedPlace = { point: '', city: '', zone: '', name: '' }

export const typePlace = ({ lat, lon, city, zone, name }: MerchantPlace): TypedPlace => ({
  point: writePoint({ lat, lon }),
  city: city ?? '',
  zone: zone ?? '',
  name: name ?? '',
})

/**
 * Returns the places for the API, without those in which nothing is typed. Coordinates that cannot be
 * read are sent as no place on Earth, so that the API says which place is wrong.
 */
export const readPlaces = (places: TypedPlace[]): MerchantPlace[] =>
  places
    .filter((place) => Object.values(place).some((text: string) => text.trim() !== ''))
    .map(({ point, city, zone, name }) => {
      const { lat, lon } = readPoint(point) ?? { lat: NOWHERE, lon: NOWHERE }
      return {
        lat,
        lon,
        ...(city.trim() && { city: city.trim() }),
        ...(zone.trim() && { zone: zone.trim() }),
        ...(name.trim() && { name: name.trim() }),
      }
    })

/** Degrees that no place has. */
const NOWHERE = 999
