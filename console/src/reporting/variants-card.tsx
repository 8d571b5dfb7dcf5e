// Shows the variants of a campaign: each one's profit against the control group with its interval,
// which of them leads, and in one sentence what is known today.
import { Badge, Button, Group, Table, Text } from '@mantine/core'
import type { LiftEstimate, VariantPoint, VariantView } from '../client'
import { SectionCard } from '../components/section-card'
import { msg, useLocale } from '../locales/i18n'
import { useEstimateText } from './lift-card'
import { verdictColors, verdictLabels } from './verdict-labels'
import { knownToday, variantRows } from './variants-known'

const sentences = {
  uneven: msg(
    'The variants aren’t as large as their shares. Find the cause before you compare them.',
  ),
  better: msg('{name} earns more than every other variant.'),
  earns: msg('{name} earns more than it costs. Whether it is the best isn’t known yet.'),
  loses: msg('{name} costs more than it earns.'),
  leads: msg('Nothing is shown yet. {name} leads so far.'),
  nothing: msg('There is not enough data yet.'),
}

/** Saves the table as a file. */
function saveRows(rows: string[][]) {
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
  const text = rows.map((row) => row.map(quoted).join(',')).join('\r\n')
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([`${text}\r\n`], { type: 'text/csv' }))
  link.download = 'variants.csv'
  link.click()
  URL.revokeObjectURL(link.href)
}

/** Draws how profit and interval came about, on a scale that all variants share, with a line at zero. */
function SequenceChart({ series, scale }: { series: VariantPoint[]; scale: number }) {
  const points = series.length === 1 ? [...series, ...series] : series
  const x = (place: number) => (place / Math.max(1, points.length - 1)) * 100
  const y = (amount: number) => 20 - (amount / scale) * 18
  const line = (pick: (one: LiftEstimate) => number) =>
    points.map(({ profit }, place) => `${x(place)},${y(pick(profit))}`)
  const last = points.at(-1)?.profit
  const color = !last ? 'gray' : last.low > 0 ? 'pine' : last.high < 0 ? 'red' : 'gray'
  const paint = `var(--mantine-color-${color}-6)`
  const band = [...line(({ low }) => low), ...line(({ high }) => high).reverse()]
  return (
    <svg width="100%" height="40" preserveAspectRatio="none" viewBox="0 0 100 40" aria-hidden>
      <polygon points={band.join(' ')} fill={paint} opacity="0.25" />
      <polyline
        points={line(({ value }) => value).join(' ')}
        fill="none"
        stroke={paint}
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
      <line
        x1="0"
        x2="100"
        y1={y(0)}
        y2={y(0)}
        stroke="var(--mantine-color-dimmed)"
        strokeWidth="1"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}

export function VariantsCard({
  variants,
  currency,
}: {
  variants: VariantView[]
  currency: string
}) {
  const { t, number, percent, minor } = useLocale()
  const estimate = useEstimateText()
  const known = knownToday(variants)
  const bounds = variants.flatMap(({ series }) =>
    series.flatMap(({ profit }) => [profit.low, profit.high]),
  )
  const scale = Math.max(1, ...bounds.map(Math.abs))
  return (
    <SectionCard
      title={t('Variants')}
      actions={
        <Button size="xs" variant="default" onClick={() => saveRows(variantRows(variants))}>
          {t('Export CSV')}
        </Button>
      }
    >
      <Text>{t(sentences[known.code], { name: known.name })}</Text>
      <div className="scroll" role="group" aria-label={t('Variants')} tabIndex={0}>
        <Table verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th miw={120}>{t('Variant')}</Table.Th>
              <Table.Th className="number">{t('Share')}</Table.Th>
              <Table.Th className="number">{t('Customers')}</Table.Th>
              <Table.Th className="number">{t('redeemed')}</Table.Th>
              <Table.Th className="number">{t('Discounts')}</Table.Th>
              <Table.Th className="number">{t('Incremental profit')}</Table.Th>
              <Table.Th miw={140}>{t('Profit over time')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {variants.map((variant) => {
              const profit = estimate(variant.profit, currency)
              return (
                <Table.Tr key={variant.name}>
                  <Table.Th scope="row" fw={500}>
                    <Group gap="xs">
                      {variant.name}
                      <Badge
                        variant="light"
                        color={verdictColors[variant.verdict]}
                        tt="none"
                        size="sm"
                      >
                        {t(verdictLabels[variant.verdict])}
                      </Badge>
                    </Group>
                  </Table.Th>
                  <Table.Td className="number">{percent(variant.share, 100)}</Table.Td>
                  <Table.Td className="number">{number(variant.customers.customers)}</Table.Td>
                  <Table.Td className="number">
                    {percent(variant.redeemed, variant.issued)}
                  </Table.Td>
                  <Table.Td className="number">{minor(variant.voucher_cost, currency)}</Table.Td>
                  <Table.Td className="number">
                    {profit ? profit.value : '–'}
                    {profit && (
                      <Text size="xs" c="dimmed">
                        {profit.bounds}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    {variant.series.length > 0 && (
                      <SequenceChart series={variant.series} scale={scale} />
                    )}
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </div>
      {variants.some((variant) => variant.lack === 'no_holdout') && (
        <Text size="sm" c="dimmed">
          {t('Without a control group, variants are compared only with each other.')}
        </Text>
      )}
      <Text size="sm" c="dimmed">
        {t('The intervals hold however often you look.')}
      </Text>
    </SectionCard>
  )
}
