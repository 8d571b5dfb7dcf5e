// Shows numbers by day as a chart, the same numbers as a table at the press of a button, and as a CSV
// file.
import { Button, Group, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { saveCsv } from '../api/csv'
import { useLocale } from '../locales/i18n'
import { groupDays } from './chart-scale'
import { chartRows } from './chart-rows'
import { SectionCard } from './section-card'
import {
  type ChartBand,
  type ChartSeries,
  sumDays,
  TimeSeries,
  useBarName,
  useSeriesNumber,
} from './time-series'

export type { ChartSeries } from './time-series'

export function ChartCard({
  title,
  unit,
  from,
  to,
  series,
  note,
  band,
  hasTotal,
}: {
  title: string
  /** The unit of the numbers, which stands above the axis. */
  unit?: string
  from: string
  to: string
  series: ChartSeries[]
  note?: string
  band?: ChartBand
  /** Whether the numbers of days add up to one of the period. */
  hasTotal?: boolean
}) {
  const { t } = useLocale()
  const [asTable, setAsTable] = useState(false)
  return (
    <SectionCard
      title={title}
      actions={
        <Group gap="xs" className="no-print">
          <Button
            size="compact-sm"
            variant="default"
            aria-pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? t('Show as chart') : t('Show as table')}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t('Export these numbers as CSV: {title}', { title })}
            onClick={() =>
              saveCsv(`${title} ${from} ${to}.csv`, chartRows(from, to, series, t('Day')))
            }
          >
            {t('CSV')}
          </Button>
        </Group>
      }
    >
      {asTable ? (
        <ChartTable title={title} from={from} to={to} series={series} />
      ) : (
        <TimeSeries
          title={title}
          unit={unit ?? t('Vouchers')}
          from={from}
          to={to}
          series={series}
          band={band}
          hasTotal={hasTotal}
        />
      )}
      {note && (
        <Text size="sm" c="dimmed">
          {note}
        </Text>
      )}
    </SectionCard>
  )
}

function ChartTable({
  title,
  from,
  to,
  series,
}: {
  title: string
  from: string
  to: string
  series: ChartSeries[]
}) {
  const { t } = useLocale()
  const writeNumber = useSeriesNumber()
  const nameOf = useBarName()
  const rows = groupDays(from, to)
  return (
    <div className="scroll" role="group" aria-label={title} tabIndex={0}>
      <Table verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Day')}</Table.Th>
            {series.map(({ name }) => (
              <Table.Th key={name} className="number">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((bar) => (
            <Table.Tr key={bar.first}>
              <Table.Td>{nameOf(bar)}</Table.Td>
              {series.map(({ name, values, currency }) => (
                <Table.Td key={name} className="number">
                  {writeNumber(sumDays(values, bar.days), currency)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}
