// Checks how places are read.
import { expect, test } from 'vitest'
import { readPoint, writePoint } from './points'

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
