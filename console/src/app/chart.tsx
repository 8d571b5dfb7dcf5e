// A chart over days, with the same numbers as a table one press away. Bars stand beside each other; a few lines of SVG, no library.
import { Button, Group, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { useWords } from './i18n'
import { Card } from './parts'

const DAY_MS = 86_400_000
/** Over so many days a bar is a week: thinner ones cannot be told apart. */
const DAYS_AS_BARS = 120
const WEEK = 7
const HEIGHT = 100
/** Of the chart's width, for the bars of one day. */
const MOST_WIDE = 8

export interface Series { name: string; values: Record<string, number>; tone: 'light' | 'dark' | 'deep' | 'alarm'; show?: (value: number) => string }

export const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)

/** The days of a period, or its weeks by their first day, without gaps. */
export function spans(from: string, to: string): { first: string; days: string[] }[] {
  const days: string[] = []
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) days.push(dayOf(at))
  const size = days.length > DAYS_AS_BARS ? WEEK : 1
  return Array.from({ length: Math.ceil(days.length / size) }, (_, place) => ({ first: days[place * size]!, days: days.slice(place * size, (place + 1) * size) }))
}

/** The next of 1, 2, 5, 10, 20, ...: an axis that can be read. */
export function roundUp(most: number) {
  if (most <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most) ?? most
}

const tones = { light: 'var(--console-bar-light)', dark: 'var(--console-bar-dark)', deep: 'var(--console-bar-deep)', alarm: 'var(--console-bar-alarm)' }

export function ChartCard({ title, from, to, series, note }: { title: string; from: string; to: string; series: Series[]; note?: string }) {
  const { t } = useWords()
  const [asTable, setAsTable] = useState(false)
  return (
    <Card title={title} actions={<Button className="no-print" size="compact-sm" variant="default" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>{asTable ? t('Show as chart') : t('Show as table')}</Button>}>
      {asTable ? <AsTable title={title} from={from} to={to} series={series} /> : <Bars title={title} from={from} to={to} series={series} />}
      {note && <Text size="sm" c="dimmed">{note}</Text>}
    </Card>
  )
}

const sum = (values: Record<string, number>, days: string[]) => days.reduce((all, day) => all + (values[day] ?? 0), 0)

function Bars({ title, from, to, series }: { title: string; from: string; to: string; series: Series[] }) {
  const { t, number, day } = useWords()
  const bars = spans(from, to)
  const top = roundUp(Math.max(0, ...series.flatMap(({ values }) => bars.map(({ days }) => sum(values, days)))))
  const width = 100 / Math.max(1, bars.length)
  const wide = Math.min(width * 0.8, MOST_WIDE) / series.length
  const show = series[0]?.show ?? number
  const named = ({ first, days }: { first: string; days: string[] }) => (days.length > 1 ? t('week of {day}', { day: day(first) }) : day(first))
  const ends = [bars[0], bars.length > 2 ? bars[Math.floor(bars.length / 2)] : undefined, bars.length > 1 ? bars.at(-1) : undefined]
  return (
    <Stack gap={4}>
      <div className="chart" role="img" aria-label={t('{title}: a chart; its numbers are in the table', { title })}>
        <div className="chart-scale" aria-hidden><span>{show(top)}</span><span>{show(top / 2)}</span><span>{show(0)}</span></div>
        <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
          {[0, HEIGHT / 2, HEIGHT].map((at) => <line key={at} x1="0" x2="100" y1={at} y2={at} stroke="var(--console-line)" vectorEffect="non-scaling-stroke" />)}
          {bars.map((bar, place) => (
            <g key={bar.first}>
              {series.map(({ name, values, tone }, beside) => {
                const height = (sum(values, bar.days) / top) * HEIGHT
                return <rect key={name} x={place * width + (width - wide * series.length) / 2 + wide * beside} width={wide * 0.92} y={HEIGHT - height} height={height} fill={tones[tone]} />
              })}
              <rect x={place * width} width={width} y={0} height={HEIGHT} fill="transparent"><title>{[named(bar), ...series.map(({ name, values, show: own }) => `${name}: ${(own ?? number)(sum(values, bar.days))}`)].join('\n')}</title></rect>
            </g>
          ))}
        </svg>
      </div>
      <Group justify="space-between" className="chart-days">{ends.map((one, place) => <Text key={place} size="xs" c="dimmed">{one ? named(one) : ''}</Text>)}</Group>
      <Group gap="md">{series.map(({ name, tone }) => <Group key={name} gap={6} wrap="nowrap"><span className="swatch" style={{ background: tones[tone] }} /><Text size="sm">{name}</Text></Group>)}</Group>
    </Stack>
  )
}

function AsTable({ title, from, to, series }: { title: string; from: string; to: string; series: Series[] }) {
  const { t, number, day } = useWords()
  const rows = spans(from, to).filter(({ days }) => series.some(({ values }) => sum(values, days) !== 0))
  if (rows.length === 0) return <Text>{t('No numbers on these days.')}</Text>
  return (
    <div className="scroll" role="group" aria-label={title} tabIndex={0}>
      <Table verticalSpacing={4}>
        <Table.Thead><Table.Tr><Table.Th>{t('Day')}</Table.Th>{series.map(({ name }) => <Table.Th key={name} className="number">{name}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>{rows.map(({ first, days }) => (
          <Table.Tr key={first}><Table.Td>{days.length > 1 ? t('week of {day}', { day: day(first) }) : day(first)}</Table.Td>
            {series.map(({ name, values, show }) => <Table.Td key={name} className="number">{(show ?? number)(sum(values, days))}</Table.Td>)}</Table.Tr>
        ))}</Table.Tbody>
      </Table>
    </div>
  )
}
