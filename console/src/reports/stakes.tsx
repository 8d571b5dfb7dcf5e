// What is at stake over all campaigns, and the best and the worst of them by what they caused.
import { Anchor, Badge, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ExposureTotal, Ranked, Ranking, RankingView } from '../client'
import { useWords } from '../app/i18n'
import { Card, kindWords, verdictWords } from '../app/parts'
import { useEstimate, verdictColors } from '../campaigns/effect'

export function Exposure({ totals }: { totals: ExposureTotal[] }) {
  const { t, minor, number } = useWords()
  if (totals.length === 0) return null
  return (
    <Card title={t('What vouchers can still cost')}>
      <div className="scroll" role="group" aria-label={t('What vouchers can still cost')} tabIndex={0}>
        <Table miw={640} verticalSpacing={6}>
          <Table.Thead><Table.Tr><Table.Th>{t('Kind')}</Table.Th>{[t('Committed'), t('Firm'), t('Spent'), t('Released'), t('Still to come')].map((name) => <Table.Th key={name} className="number">{name}</Table.Th>)}</Table.Tr></Table.Thead>
          <Table.Tbody>{totals.map(({ kind, currency, committed, firm, spent, released, forecast }) => (
            <Table.Tr key={kind + currency}><Table.Th scope="row" fw={500}>{t(kindWords[kind])} · {currency}</Table.Th>
              {[committed, firm, spent, released].map((amount, place) => <Table.Td key={place} className="number">{minor(amount, currency)}</Table.Td>)}
              <Table.Td className="number">{forecast ? minor(forecast.cost, currency) : '–'}{forecast && <Text size="xs" c="dimmed">{t('{n} redemptions', { n: number(forecast.redemptions) })}</Text>}</Table.Td></Table.Tr>
          ))}</Table.Tbody>
        </Table>
      </div>
      <Text size="sm" c="dimmed">{t('Committed: can still be accepted. Firm: accepted, can still be redeemed. Both as of today. Spent and released in this period. Still to come: by the campaigns’ own curve, from 20 redemptions on.')}</Text>
    </Card>
  )
}

export function BestAndWorst({ ranking }: { ranking: RankingView }) {
  const { t, number } = useWords()
  return (
    <Card title={t('Best and worst')}>
      {ranking.by_currency.length === 0
        ? <Text>{t('No campaign can be judged yet. It takes about 1,000 customers with a voucher and held out in one campaign, some of whom ordered.')}</Text>
        : ranking.by_currency.map((one) => <Ends key={one.currency} ends={one} />)}
      <Text size="sm" c="dimmed">{t('{n} of {of} campaigns of this period have enough customers to judge.', { n: number(ranking.judged), of: number(ranking.looked_at) })}{ranking.more && ` ${t('Only the newest were looked at.')}`}</Text>
    </Card>
  )
}

function Ends({ ends }: { ends: Ranking }) {
  const { t } = useWords()
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Rank title={t('Earned most')} campaigns={ends.best} currency={ends.currency} /><Rank title={t('Earned least')} campaigns={ends.worst} currency={ends.currency} />
    </SimpleGrid>
  )
}

function Rank({ title, campaigns, currency }: { title: string; campaigns: Ranked[]; currency: string }) {
  const { t } = useWords()
  const estimate = useEstimate()
  return (
    <Stack gap={6}>
      <Text fw={600} size="sm">{title}</Text>
      {campaigns.length === 0 && <Text size="sm">–</Text>}
      {campaigns.map(({ campaign_id, name, kind, profit, verdict }) => {
        const shown = estimate(profit, currency)
        return (
          <div key={campaign_id}>
            <Anchor component={Link} to={`/marketing/${kind}/${campaign_id}`} className="wrap"><span dir="auto">{name}</span></Anchor>{' '}
            <Badge variant="light" color={verdictColors[verdict]} tt="none">{t(verdictWords[verdict])}</Badge>
            <Text size="sm">{shown?.value} <Text span c="dimmed">{shown?.bounds}</Text></Text>
          </div>
        )
      })}
    </Stack>
  )
}
