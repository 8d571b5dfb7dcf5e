// Checks how places are read.
import { expect, test } from 'vitest'
import { keepNames, pickPlaces, placeName, readPoint, writePoint } from './points'

const madrid = { lat: 40.4168, lon: -3.7038 }

test('a place is read in every usual writing', () => {
  for (const line of [
    '40.4168, -3.7038',
    '40.4168,-3.7038',
    '40.4168 -3.7038',
    '40,4168; -3,7038',
    '40,4168 -3,7038',
    '40,4168, -3,7038',
    '40.4168;-3.7038',
    '40.4168\t-3.7038',
    ' 40.4168 , -3.7038 ',
    '٤٠٫٤١٦٨، -٣٫٧٠٣٨',
  ])
    expect([line, readPoint(line)]).toEqual([line, madrid])
})
test('what is no place, or none on earth, is none', () => {
  for (const line of [
    '',
    'Madrid',
    '40',
    '40,4168,-3,7038',
    '1,2,3',
    '91, 0',
    '0, 181',
    '1.000,00; 2',
  ])
    expect([line, readPoint(line)]).toEqual([line, undefined])
})
test('a place is read as it is written', () =>
  expect(readPoint(writePoint(madrid))).toEqual(madrid))
test('a city is picked at its centre, and keeps what was picked before', () => {
  const cities = [
    { value: 'Madrid', names: {}, count: 3, centre: { lat: 40.416_812_3, lon: -3.703_8 } },
    { value: 'Atlantis', names: {}, count: 1 },
  ]
  const cellar = { lat: 1, lon: 2 }
  const picked = pickPlaces(['1, 2', 'Madrid', 'Atlantis'], [cellar], cities)
  expect(picked).toEqual([cellar, { lat: 40.416_81, lon: -3.703_8, name: 'Madrid' }])
  expect(picked.map(placeName)).toEqual(['1, 2', 'Madrid'])
  expect(pickPlaces(['Madrid'], picked, [])).toEqual([picked[1]])
})
test('a place that is written again keeps its name', () => {
  const named = { ...madrid, name: 'Madrid' }
  expect(keepNames([madrid, { lat: 1, lon: 2 }], [named])).toEqual([named, { lat: 1, lon: 2 }])
})
