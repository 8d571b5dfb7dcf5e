// Draws numbers by day as bars: axes with ticks in the marks of the language, a line at zero, and the
// numbers of one day under the pointer or by the arrow keys, which a screen reader says.
import { Group, Stack, Text } from '@mantine/core'
import { type KeyboardEvent, type PointerEvent, useState } from 'react'
import { currencyDigits, useLocale } from '../locales/i18n'
import { axisPlace, axisTicks, groupDays, placeAfterKey, spreadPlaces } from './chart-scale'

const CHART_HEIGHT = 100
/** The most of the chart's width, in percent, that the bars of one day take. */
const MAX_BAR_WIDTH = 8
const MAX_DAY_LABELS = 6
/** The number from which an axis is written in short, as 12K. */
const COMPACT_FROM = 10_000

export interface ChartSeries {
  name: string
  values: Record<string, number>
  tone: 'light' | 'dark' | 'deep' | 'alarm'
  /** The currency of amounts, which are in its smallest unit. */
  currency?: string
}
/** A range behind the bars that a value of one day usually lies in. */
export interface ChartBand {
  name: string
  low: number
  high: number
}
export type ChartBar = ReturnType<typeof groupDays>[number]

const barColors = {
  light: 'var(--console-bar-light)',
  dark: 'var(--console-bar-dark)',
  deep: 'var(--console-bar-deep)',
  alarm: 'var(--console-bar-alarm)',
}

const BAND_COLOR = 'color-mix(in srgb, var(--mantine-color-gray-5) 30%, transparent)'

const isRightToLeft = (element: Element) => getComputedStyle(element).direction === 'rtl'

export const sumDays = (values: Record<string, number>, days: readonly string[]) =>
  days.reduce((all, day) => all + (values[day] ?? 0), 0)

/** Names a bar: its day, or the week that begins with it. */
export function useBarName() {
  const { t, day } = useLocale()
  return ({ first, days }: ChartBar) =>
    days.length > 1 ? t('week of {day}', { day: day(first) }) : day(first)
}

/** Writes a number of a series, with its currency if it has one. */
export function useSeriesNumber() {
  const { number, minor } = useLocale()
  return (value: number, currency: string | undefined) =>
    currency ? minor(value, currency) : number(value)
}

/** Writes the numbers of an axis; large ones in short, as 12K. */
function useAxisNumber(currency: string | undefined) {
  const { language } = useLocale()
  const write = useSeriesNumber()
  const units = currency ? 10 ** currencyDigits(currency) : 1
  const compact = new Intl.NumberFormat(language, {
    notation: 'compact',
    ...(currency && { style: 'currency', currency }),
  })
  return (value: number) =>
    Math.abs(value) / units >= COMPACT_FROM ? compact.format(value / units) : write(value, currency)
}

export function TimeSeries({
  title,
  unit,
  from,
  to,
  series,
  band,
  hasTotal = true,
}: {
  title: string
  unit: string
  from: string
  to: string
  series: ChartSeries[]
  band?: ChartBand
  /** Whether the numbers of days add up to one of the period. */
  hasTotal?: boolean
}) {
  const { t } = useLocale()
  const writeNumber = useSeriesNumber()
  const nameOf = useBarName()
  const bars = groupDays(from, to)
  const [at, setAt] = useState<number>()
  const place = at !== undefined && at < bars.length ? at : undefined
  const sums = bars.map(({ days }) => series.map(({ values }) => sumDays(values, days)))
  const ticks = axisTicks(Math.min(0, ...sums.flat()), Math.max(0, band?.high ?? 0, ...sums.flat()))
  const axisNumber = useAxisNumber(series[0]?.currency)
  const say = (values: readonly number[]) =>
    series
      .map(({ name, currency }, one) => `${name}: ${writeNumber(values[one] ?? 0, currency)}`)
      .join(' · ')
  const total = () =>
    say(series.map(({ values }) => bars.reduce((all, { days }) => all + sumDays(values, days), 0)))
  const readout =
    place !== undefined
      ? `${nameOf(bars[place]!)}: ${say(sums[place]!)}`
      : hasTotal
        ? `${t('Whole period')}: ${total()}`
        : t('Point at a day, or use the arrow keys.')
  const point = (event: PointerEvent<HTMLDivElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    const share = (event.clientX - left) / Math.max(1, width)
    const along = isRightToLeft(event.currentTarget) ? 1 - share : share
    setAt(Math.min(bars.length - 1, Math.max(0, Math.floor(along * bars.length))))
  }
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const next = placeAfterKey(
      event.key,
      place,
      bars.length - 1,
      isRightToLeft(event.currentTarget),
    )
    if (event.key === 'Escape') setAt(undefined)
    if (next === undefined) return
    event.preventDefault()
    setAt(next)
  }
  return (
    <Stack gap={6}>
      <Text size="xs" c="dimmed">
        {unit}
      </Text>
      <div className="chart">
        <div className="chart-scale" aria-hidden>
          {ticks.map((tick) => (
            <span key={tick} style={{ bottom: `${axisPlace(tick, ticks)}%` }}>
              {axisNumber(tick)}
            </span>
          ))}
          {/* Keeps the column as wide as its widest number. */}
          <i>
            {ticks
              .map(axisNumber)
              .reduce((one, other) => (other.length > one.length ? other : one))}
          </i>
        </div>
        <div
          className="chart-plot"
          role="slider"
          tabIndex={0}
          aria-label={t('{title}: move through the days with the arrow keys', { title })}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, bars.length - 1)}
          aria-valuenow={place ?? 0}
          aria-valuetext={readout}
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={() => setAt(undefined)}
          onKeyDown={move}
          onBlur={() => setAt(undefined)}
        >
          <Bars bars={bars} sums={sums} series={series} band={band} ticks={ticks} place={place} />
        </div>
        <div className="chart-days" aria-hidden>
          <DayLabels bars={bars} />
        </div>
      </div>
      <Text size="sm" className="chart-readout" aria-hidden>
        {readout}
      </Text>
      <Group gap="md">
        {series.map(({ name, tone }) => (
          <Group key={name} gap={6} wrap="nowrap">
            <span className="swatch" style={{ background: barColors[tone] }} />
            <Text size="sm">{name}</Text>
          </Group>
        ))}
        {band && (
          <Group gap={6} wrap="nowrap">
            <span className="swatch" style={{ background: BAND_COLOR }} />
            <Text size="sm">{band.name}</Text>
          </Group>
        )}
      </Group>
    </Stack>
  )
}

function Bars({
  bars,
  sums,
  series,
  band,
  ticks,
  place,
}: {
  bars: ChartBar[]
  sums: number[][]
  series: ChartSeries[]
  band: ChartBand | undefined
  ticks: number[]
  place: number | undefined
}) {
  const width = CHART_HEIGHT / Math.max(1, bars.length)
  const wide = Math.min(width * 0.8, MAX_BAR_WIDTH) / Math.max(1, series.length)
  const heightOf = (value: number) => CHART_HEIGHT - axisPlace(value, ticks)
  return (
    <svg viewBox={`0 0 100 ${CHART_HEIGHT}`} preserveAspectRatio="none" aria-hidden>
      {ticks.map((tick) => (
        <line
          key={tick}
          x1="0"
          x2="100"
          y1={heightOf(tick)}
          y2={heightOf(tick)}
          stroke={tick === 0 ? 'var(--mantine-color-dimmed)' : 'var(--console-line)'}
          vectorEffect="non-scaling-stroke"
        />
      ))}
      {band && (
        <rect
          x="0"
          width="100"
          y={heightOf(band.high)}
          height={Math.max(1, heightOf(band.low) - heightOf(band.high))}
          fill={BAND_COLOR}
        />
      )}
      {place !== undefined && (
        <rect
          x={place * width}
          width={width}
          y={0}
          height={CHART_HEIGHT}
          fill="var(--console-track)"
        />
      )}
      {bars.map((bar, one) =>
        series.map(({ name, tone }, beside) => {
          const value = sums[one]![beside]!
          return (
            <rect
              key={bar.first + name}
              x={one * width + (width - wide * series.length) / 2 + wide * beside}
              width={wide * 0.92}
              y={Math.min(heightOf(value), heightOf(0))}
              height={Math.abs(heightOf(value) - heightOf(0))}
              fill={barColors[tone]}
            />
          )
        }),
      )}
    </svg>
  )
}

/** Writes some days below the bars, each in the middle of its own; the year where it changes. */
function DayLabels({ bars }: { bars: ChartBar[] }) {
  const { language } = useLocale()
  const write = (day: string, withYear: boolean) =>
    new Intl.DateTimeFormat(language, {
      day: 'numeric',
      month: 'short',
      year: withYear ? '2-digit' : undefined,
      timeZone: 'UTC',
    }).format(new Date(`${day}T00:00:00Z`))
  const places = spreadPlaces(bars.length, MAX_DAY_LABELS)
  const manyYears = bars[0]?.first.slice(0, 4) !== bars.at(-1)?.first.slice(0, 4)
  return places.map((place, nth) => {
    const { first } = bars[place]!
    const isNewYear = first.slice(0, 4) !== bars[places[nth - 1] ?? -1]?.first.slice(0, 4)
    return (
      <span key={first} style={{ insetInlineStart: `${((place + 0.5) / bars.length) * 100}%` }}>
        {write(first, manyYears && isNewYear)}
      </span>
    )
  })
}
