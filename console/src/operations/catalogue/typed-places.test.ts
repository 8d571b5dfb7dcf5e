// Checks how the places of a merchant are typed and read.
import { expect, test } from 'vitest'
import { emptyPlace, readPlaces, typePlace } from './typed-places'

test('a place is typed as it is written', () => {
  const place = { lat: 40.4168, lon: -3.7038, city: 'Madrid', zone: 'Europe/Madrid' }
  const typed = typePlace(place)
  expect(typed).toEqual({
    point: '40.4168, -3.7038',
    city: 'Madrid',
    zone: 'Europe/Madrid',
    name: '',
  })
  expect(readPlaces([typed])).toEqual([place])
})
test('a line in which nothing is typed is no place', () =>
  expect(readPlaces([emptyPlace])).toEqual([]))
test('coordinates that cannot be read are for the API to refuse', () =>
  expect(readPlaces([{ ...emptyPlace, point: 'Madrid' }])).toEqual([{ lat: 999, lon: 999 }]))
