// Checks the CSV file of a chart: each day, plain numbers, and no cell that is a formula.
import { expect, test } from 'vitest'
import { csvCell } from '../api/csv'
import { chartRows } from './chart-rows'

test('each day has a row, and amounts are in units of their currency', () => {
  expect(
    chartRows(
      '2026-02-27',
      '2026-03-01',
      [
        { name: 'Issued', values: { '2026-02-28': 7 } },
        { name: 'Revenue', values: { '2026-02-28': 12_345, '2026-03-01': -50 }, currency: 'EUR' },
        { name: 'Cost', values: { '2026-02-27': 300 }, currency: 'JPY' },
      ],
      'Day',
    ),
  ).toEqual([
    ['Day', 'Issued', 'Revenue (EUR)', 'Cost (JPY)'],
    ['2026-02-27', '0', '0.00', '300'],
    ['2026-02-28', '7', '123.45', '0'],
    ['2026-03-01', '0', '-0.50', '0'],
  ])
})
test('a long period has its days in the file, though the chart shows weeks', () => {
  const rows = chartRows('2026-01-01', '2026-12-31', [{ name: 'Issued', values: {} }], 'Day')
  expect(rows.length).toBe(366)
})
test('a negative amount stays a number, a name that begins like a formula is none', () => {
  const [head, row] = chartRows(
    '2026-03-01',
    '2026-03-01',
    [{ name: '=SUM(A1)', values: { '2026-03-01': -50 }, currency: 'EUR' }],
    'Day',
  )
  expect(head!.map(csvCell)[1]).toBe("'=SUM(A1) (EUR)")
  expect(row!.map(csvCell)[1]).toBe('-0.50')
})
