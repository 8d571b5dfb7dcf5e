// What the review says beyond the draft itself: which campaigns want the same customers, and what it will probably cost, by how earlier ones went.
import { Alert, Anchor, Group, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { listOverlaps, type CampaignPerformance, type CustomerCount, type Kind, type Overlap } from '../client'
import { call } from '../app/api'
import { msg, useWords } from '../app/i18n'
import { Bones, Card, Figure, ProblemNote, StateBadge } from '../app/parts'
import { usePerformance } from '../campaigns/list'

const MANY = 0.2
const outcomes: Record<string, string> = { both: msg('They can get both: nothing stops the second.'), one: msg('A cap leaves room for one of the two.'), capped: msg('A cap may stop the second.') }
const firsts: Record<string, string> = { this: msg('This one goes first.'), other: msg('The other goes first.'), whichever_is_due: msg('Whichever is due first goes first.') }

export function OverlapCard({ id }: { id: string | undefined }) {
  const { t } = useWords()
  const query = useQuery({ queryKey: ['overlaps', id], enabled: Boolean(id), staleTime: 60_000, queryFn: ({ signal }) => call(listOverlaps({ path: { id: id! }, signal })) })
  if (!id) return <Card title={t('Beside other campaigns')}><Text>{t('Save the draft to see which campaigns want the same customers.')}</Text></Card>
  return (
    <Card title={t('Beside other campaigns')}>
      {query.error ? <ProblemNote error={query.error} retry={() => void query.refetch()} /> : !query.data ? <Bones lines={2} /> : <Overlaps wanted={query.data.wanted} overlaps={query.data.overlaps} exact={query.data.exact} />}
    </Card>
  )
}

function Overlaps({ wanted, overlaps, exact }: { wanted: CustomerCount; overlaps: Overlap[]; exact: boolean }) {
  const { t, number, percent } = useWords()
  const shared = overlaps.filter(({ both }) => both.value > 0)
  if (shared.length === 0) return <Text>{t('No campaign that is on wants any of these customers.')}</Text>
  const most = shared[0]!
  return (
    <Stack gap="sm">
      {most.both.value / Math.max(1, wanted.value) >= MANY && (
        <Alert variant="outline" color="yellow" title={t('Many of these customers are wanted twice')}>
          {t('{share} of them are also wanted by “{name}”.', { share: percent(most.both.value, wanted.value), name: most.name })} {t(outcomes[most.outcome] ?? most.outcome)} {t('Change the audience, the caps or the priority if that is not what you want.')}
        </Alert>
      )}
      <div className="scroll" role="group" aria-label={t('Beside other campaigns')} tabIndex={0}>
        <Table miw={640} verticalSpacing={4}>
          <Table.Thead><Table.Tr><Table.Th>{t('Campaign')}</Table.Th><Table.Th>{t('State')}</Table.Th><Table.Th className="number">{t('Customers in common')}</Table.Th><Table.Th>{t('What happens')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{shared.map((one) => (
            <Table.Tr key={one.campaign_id}>
              <Table.Td className="wrap"><Anchor component={Link} to={`/marketing/${one.kind}/${one.campaign_id}`} size="sm"><span dir="auto">{one.name}</span></Anchor></Table.Td><Table.Td><StateBadge state={one.state} /></Table.Td>
              <Table.Td className="number">{number(one.both.value)}<Text size="xs" c="dimmed">{percent(one.both.value, wanted.value)}{!exact && ` · ${t('{low} to {high}', { low: number(one.both.low), high: number(one.both.high) })}`}</Text></Table.Td>
              <Table.Td><Text size="sm">{t(outcomes[one.outcome] ?? one.outcome)}</Text><Text size="xs" c="dimmed">{t(firsts[one.first] ?? one.first)}</Text></Table.Td>
            </Table.Tr>
          ))}</Table.Tbody>
        </Table>
      </div>
      {!exact && <Text size="sm" c="dimmed">{t('Estimated from a part of the customers.')}</Text>}
    </Stack>
  )
}

/** Fewer issued vouchers say too little of the next ones. */
const ENOUGH = 100
const sum = (reports: CampaignPerformance[], of: (one: CampaignPerformance) => number) => reports.reduce((all, one) => all + of(one), 0)

/** How often earlier vouchers of this kind and currency were redeemed, and what the messages for one cost. */
export function habits(reports: CampaignPerformance[], currency: string) {
  const same = reports.filter((one) => one.currency === currency)
  const issued = sum(same, (one) => one.issued)
  if (issued < ENOUGH) return undefined
  const priced = same.filter((one) => one.message_cost != null)
  const priceable = sum(priced, (one) => one.issued)
  return {
    issued, redeemed: sum(same, (one) => one.redeemed) / issued,
    messages: priceable > 0 ? sum(priced, (one) => one.message_cost ?? 0) / priceable : undefined,
  }
}

export function CostCard({ kind, vouchers, each }: { kind: Kind; vouchers: number; each: { amount: number; currency: string } }) {
  const { t, minor, percent, number } = useWords()
  const performance = usePerformance(kind)
  const found = performance.all && habits([...performance.all.values()], each.currency)
  return (
    <Card title={t('What it will probably cost')}>
      {performance.isPending ? <Bones lines={2} /> : !found ? <Text>{t('Too few vouchers were issued in the last 90 days to tell from them.')}</Text> : (
        <>
          <Group align="stretch">
            <Figure label={t('Redemptions, about')} value={number(Math.round(vouchers * found.redeemed))} hint={t('{share} of {n} were redeemed', { share: percent(found.redeemed, 1), n: number(found.issued) })} />
            <Figure label={t('Discounts, about')} value={minor(Math.round(vouchers * found.redeemed * each.amount), each.currency)} hint={t('each used in full')} />
            <Figure label={t('Messages, about')} value={found.messages === undefined ? '–' : minor(Math.round(vouchers * found.messages), each.currency)} />
          </Group>
          <Text size="sm" c="dimmed">{t('If it goes as your campaigns of the last 90 days did.')}</Text>
        </>
      )}
    </Card>
  )
}
