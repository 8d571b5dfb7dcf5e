// Reports > Overview: what came of all campaigns in a period, per kind and currency, against the period before, and day by day.
import { Button, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { readOverview, type Overview, type Total } from '../client'
import { call } from '../app/api'
import { msg, useWords } from '../app/i18n'
import { Answer, Card, Empty, Figure, kindWords, Page as Frame } from '../app/parts'
import { Funnel } from '../campaigns/detail'
import { RangeBar, useRange } from './range'

type DayTotal = Total & { day: string }
/** The API's document names two things `Day`, so the client types a day of this report as a weekday; this is what it is. */
const daysOf = (report: Overview) => report.days as unknown as DayTotal[]

const useOverview = (from: string, to: string, kind: 'promotion' | 'autopilot' | undefined) => useQuery({
  queryKey: ['overview', from, to, kind], placeholderData: keepPreviousData,
  queryFn: async ({ signal }) => (await call(readOverview({ query: { from, to, kind }, signal }))) as Overview,
})

export function Page() {
  const { t } = useWords()
  const { from, to, kind, before } = useRange()
  const query = useOverview(from, to, kind)
  const earlier = useOverview(before.from, before.to, kind)
  return (
    <Frame title={t('Overview')} intro={t('What the campaigns gave, what was taken up, and what came back.')}>
      <RangeBar path="overview" />
      <Answer query={query}>{(report) => report.totals.length === 0 ? <Empty title={t('Nothing in this period')}>{t('Launch a promotion or enable an autopilot, or choose a longer period.')}</Empty> : (
        <>
          {report.totals.map((total) => <Totals key={total.kind + total.currency} total={total} before={earlier.data?.totals.find((one) => one.kind === total.kind && one.currency === total.currency)} />)}
          <Trend days={daysOf(report)} />
          <Text size="sm" c="dimmed">{t('Days are those of {zone}.', { zone: report.zone })}</Text>
        </>
      )}</Answer>
    </Frame>
  )
}

function Totals({ total, before }: { total: Total; before: Total | undefined }) {
  const { t, minor, number, percent } = useWords()
  const cost = total.discount + (total.message_cost ?? 0)
  const against = (now: number, then: number | undefined) => then ? t('{change} against the period before', { change: `${now >= then ? '+' : '−'}${percent(Math.abs(now - then), then)}` }) : undefined
  return (
    <Card title={`${t(kindWords[total.kind])} · ${total.currency}`}>
      <Group align="stretch">
        <Figure label={t('Revenue')} value={minor(total.revenue, total.currency)} hint={against(total.revenue, before?.revenue)} />
        <Figure label={t('Cost')} value={minor(cost, total.currency)} hint={against(cost, before && before.discount + (before.message_cost ?? 0))} />
        <Figure label={t('Issued')} value={number(total.issued)} hint={against(total.issued, before?.issued)} />
        <Figure label={t('Redeemed')} value={number(total.redeemed)} hint={against(total.redeemed, before?.redeemed)} />
        <Figure label={t('Exposure')} value={minor(total.exposure, total.currency)} />
      </Group>
      <SimpleGrid cols={{ base: 1, md: 2 }}><Funnel counts={total} /><Text>{sentence(total, t, percent)}</Text></SimpleGrid>
    </Card>
  )
}

/** Where the funnel loses most, in words. */
function sentence(total: Total, t: (text: string) => string, percent: (part: number, whole: number) => string) {
  const steps: [string, number, number][] = [
    [msg('Most is lost before delivery: look at addresses, consents and bounces.'), total.delivered, total.issued],
    [msg('Most is lost before acceptance: look at the message, its hour and the offer.'), total.accepted, total.delivered],
    [msg('Most is lost between acceptance and redemption: look at value, minimum basket and validity.'), total.redeemed, total.accepted],
  ]
  const worst = steps.filter(([, , of]) => of > 0).toSorted(([, a, b], [, c, d]) => a / b - c / d)[0]
  return worst ? `${t(worst[0])} (${percent(worst[1], worst[2])})` : ''
}

function Trend({ days }: { days: DayTotal[] }) {
  const { t, number, day, minor } = useWords()
  const [asTable, setAsTable] = useState(false)
  const byDay = new Map<string, { issued: number; redeemed: number }>()
  for (const one of days) {
    const sum = byDay.get(one.day) ?? { issued: 0, redeemed: 0 }
    byDay.set(one.day, { issued: sum.issued + one.issued, redeemed: sum.redeemed + one.redeemed })
  }
  const rows = [...byDay].toSorted(([a], [b]) => a.localeCompare(b))
  const most = Math.max(1, ...rows.map(([, { issued }]) => issued))
  const width = 100 / Math.max(1, rows.length)
  return (
    <Card title={t('Day by day')} actions={<Button size="compact-sm" variant="default" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>{asTable ? t('Show as chart') : t('Show as table')}</Button>}>
      {asTable ? (
        <div className="scroll" role="region" aria-label={t('Day by day')} tabIndex={0}><Table miw={640}>
          <Table.Thead><Table.Tr><Table.Th>{t('Day')}</Table.Th><Table.Th>{t('Kind')}</Table.Th><Table.Th className="number">{t('Issued')}</Table.Th><Table.Th className="number">{t('Delivered')}</Table.Th><Table.Th className="number">{t('Accepted')}</Table.Th><Table.Th className="number">{t('Redeemed')}</Table.Th><Table.Th className="number">{t('Revenue')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{days.map((one) => <Table.Tr key={one.day + one.kind + one.currency}><Table.Td>{day(one.day)}</Table.Td><Table.Td>{t(kindWords[one.kind])}</Table.Td><Table.Td className="number">{number(one.issued)}</Table.Td><Table.Td className="number">{number(one.delivered)}</Table.Td><Table.Td className="number">{number(one.accepted)}</Table.Td><Table.Td className="number">{number(one.redeemed)}</Table.Td><Table.Td className="number">{minor(one.revenue, one.currency)}</Table.Td></Table.Tr>)}</Table.Tbody>
        </Table></div>
      ) : (
        <Stack gap={4}>
          <svg viewBox="0 0 100 40" preserveAspectRatio="none" width="100%" height="180" role="img" aria-label={t('Issued and redeemed vouchers by day')}>
            {rows.map(([name, { issued, redeemed }], place) => (
              <g key={name}>
                <rect x={place * width + width * 0.15} width={Math.min(width * 0.7, 8)} y={40 - (issued / most) * 40} height={(issued / most) * 40} fill="var(--mantine-primary-color-filled)" opacity="0.4"><title>{`${day(name)}: ${number(issued)}`}</title></rect>
                <rect x={place * width + width * 0.15} width={Math.min(width * 0.7, 8)} y={40 - (redeemed / most) * 40} height={(redeemed / most) * 40} fill="var(--mantine-primary-color-filled)" />
              </g>
            ))}
          </svg>
          <Group justify="space-between"><Text size="sm" c="dimmed">{rows[0] && day(rows[0][0])}</Text><Text size="sm" c="dimmed">{t('light: issued; dark: redeemed')}</Text><Text size="sm" c="dimmed">{rows.length > 1 && day(rows.at(-1)![0])}</Text></Group>
        </Stack>
      )}
    </Card>
  )
}
