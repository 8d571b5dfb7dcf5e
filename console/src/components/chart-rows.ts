// Makes the rows of a chart's CSV file: every day of the period, also those without numbers, with plain
// numbers that a spreadsheet can add up.
import { currencyDigits } from '../locales/i18n'
import { groupDays } from './chart-scale'

export interface CsvSeries {
  name: string
  values: Record<string, number>
  /** The currency of amounts, which are in its smallest unit. */
  currency?: string
}

export function chartRows(from: string, to: string, series: readonly CsvSeries[], day: string) {
  const write = (value: number, currency: string | undefined) =>
    currency
      ? (value / 10 ** currencyDigits(currency)).toFixed(currencyDigits(currency))
      : String(value)
  return [
    [day, ...series.map(({ name, currency }) => (currency ? `${name} (${currency})` : name))],
    ...groupDays(from, to)
      .flatMap(({ days }) => days)
      .map((one) => [
        one,
        ...series.map(({ values, currency }) => write(values[one] ?? 0, currency)),
      ]),
  ]
}
