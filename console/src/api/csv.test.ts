// Checks how a cell of a CSV file is written.
import { expect, test } from 'vitest'
import { csvCell } from './csv'

test('a name that a spreadsheet would run is text', () => {
  expect(csvCell('=HYPERLINK("http://x")')).toBe(`"'=HYPERLINK(""http://x"")"`)
  expect(csvCell('@sum')).toBe("'@sum")
})
test('numbers stay numbers, also below zero', () =>
  expect([-12, '-3.50', 0].map(csvCell)).toEqual(['-12', '-3.50', '0']))
test('commas, quotes and lines are quoted; emoji are letters', () =>
  expect(csvCell('a, "b"\n🎁')).toBe('"a, ""b""\n🎁"'))
test('nothing is an empty cell', () => expect(csvCell(null)).toBe(''))
