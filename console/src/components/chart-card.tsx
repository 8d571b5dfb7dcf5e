// Draws a bar chart over days in a few lines of SVG, and shows the same numbers as a table at the
// press of a button.
import { Button, Group, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { useLocale } from '../locales/i18n'
import { groupDays, roundUpScale } from './chart-scale'
import { SectionCard } from './section-card'

const CHART_HEIGHT = 100
/** The most of the chart's width, in percent, that the bars of one day take. */
const MAX_BAR_WIDTH = 8

export interface ChartSeries {
  name: string
  values: Record<string, number>
  tone: 'light' | 'dark' | 'deep' | 'alarm'
  show?: (value: number) => string
}

const barColors = {
  light: 'var(--console-bar-light)',
  dark: 'var(--console-bar-dark)',
  deep: 'var(--console-bar-deep)',
  alarm: 'var(--console-bar-alarm)',
}

export function ChartCard({
  title,
  from,
  to,
  series,
  note,
}: {
  title: string
  from: string
  to: string
  series: ChartSeries[]
  note?: string
}) {
  const { t } = useLocale()
  const [asTable, setAsTable] = useState(false)
  return (
    <SectionCard
      title={title}
      actions={
        <Button
          className="no-print"
          size="compact-sm"
          variant="default"
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? t('Show as chart') : t('Show as table')}
        </Button>
      }
    >
      {asTable ? (
        <ChartTable title={title} from={from} to={to} series={series} />
      ) : (
        <BarChart title={title} from={from} to={to} series={series} />
      )}
      {note && (
        <Text size="sm" c="dimmed">
          {note}
        </Text>
      )}
    </SectionCard>
  )
}

const sumDays = (values: Record<string, number>, days: string[]) =>
  days.reduce((all, day) => all + (values[day] ?? 0), 0)

function BarChart({
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
  const { t, number, day } = useLocale()
  const bars = groupDays(from, to)
  const top = roundUpScale(
    Math.max(0, ...series.flatMap(({ values }) => bars.map(({ days }) => sumDays(values, days)))),
  )
  const width = 100 / Math.max(1, bars.length)
  const wide = Math.min(width * 0.8, MAX_BAR_WIDTH) / series.length
  const show = series[0]?.show ?? number
  const named = ({ first, days }: { first: string; days: string[] }) =>
    days.length > 1 ? t('week of {day}', { day: day(first) }) : day(first)
  const ends = [
    bars[0],
    bars.length > 2 ? bars[Math.floor(bars.length / 2)] : undefined,
    bars.length > 1 ? bars.at(-1) : undefined,
  ]
  return (
    <Stack gap={4}>
      <div
        className="chart"
        role="img"
        aria-label={t('{title}: a chart; its numbers are in the table', { title })}
      >
        <div className="chart-scale" aria-hidden>
          <span>{show(top)}</span>
          <span>{show(top / 2)}</span>
          <span>{show(0)}</span>
        </div>
        <svg viewBox={`0 0 100 ${CHART_HEIGHT}`} preserveAspectRatio="none" aria-hidden>
          {[0, CHART_HEIGHT / 2, CHART_HEIGHT].map((at) => (
            <line
              key={at}
              x1="0"
              x2="100"
              y1={at}
              y2={at}
              stroke="var(--console-line)"
              vectorEffect="non-scaling-stroke"
            />
          ))}
          {bars.map((bar, place) => (
            <g key={bar.first}>
              {series.map(({ name, values, tone }, beside) => {
                const height = (sumDays(values, bar.days) / top) * CHART_HEIGHT
                return (
                  <rect
                    key={name}
                    x={place * width + (width - wide * series.length) / 2 + wide * beside}
                    width={wide * 0.92}
                    y={CHART_HEIGHT - height}
                    height={height}
                    fill={barColors[tone]}
                  />
                )
              })}
              <rect x={place * width} width={width} y={0} height={CHART_HEIGHT} fill="transparent">
                <title>
                  {[
                    named(bar),
                    ...series.map(
                      ({ name, values, show: own }) =>
                        `${name}: ${(own ?? number)(sumDays(values, bar.days))}`,
                    ),
                  ].join('\n')}
                </title>
              </rect>
            </g>
          ))}
        </svg>
      </div>
      <Group justify="space-between" className="chart-days">
        {ends.map((one, place) => (
          <Text key={place} size="xs" c="dimmed">
            {one ? named(one) : ''}
          </Text>
        ))}
      </Group>
      <Group gap="md">
        {series.map(({ name, tone }) => (
          <Group key={name} gap={6} wrap="nowrap">
            <span className="swatch" style={{ background: barColors[tone] }} />
            <Text size="sm">{name}</Text>
          </Group>
        ))}
      </Group>
    </Stack>
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
  const { t, number, day } = useLocale()
  const rows = groupDays(from, to).filter(({ days }) =>
    series.some(({ values }) => sumDays(values, days) !== 0),
  )
  if (rows.length === 0) return <Text>{t('No numbers on these days.')}</Text>
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
          {rows.map(({ first, days }) => (
            <Table.Tr key={first}>
              <Table.Td>
                {days.length > 1 ? t('week of {day}', { day: day(first) }) : day(first)}
              </Table.Td>
              {series.map(({ name, values, show }) => (
                <Table.Td key={name} className="number">
                  {(show ?? number)(sumDays(values, days))}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}
