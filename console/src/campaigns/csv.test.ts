// What a cell of a file may hold.
import { expect, test } from 'vitest'
import { cell } from './csv'

test('a name that a spreadsheet would run is text', () => {
  expect(cell('=HYPERLINK("http://x")')).toBe(`"'=HYPERLINK(""http://x"")"`)
  expect(cell('@sum')).toBe("'@sum")
})
test('numbers stay numbers, also below zero', () => expect([-12, '-3.50', 0].map(cell)).toEqual(['-12', '-3.50', '0']))
test('commas, quotes and lines are quoted; emoji are letters', () => expect(cell('a, "b"\n🎁')).toBe('"a, ""b""\n🎁"'))
test('nothing is an empty cell', () => expect(cell(null)).toBe(''))
