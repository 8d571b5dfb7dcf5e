// A customer's records, vouchers and those who got none, as a table: what it is now, why, and until when.
import { Anchor, Table, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { RecordView, SampleRecord } from '../client'
import { useWords } from '../app/i18n'
import { When } from '../app/parts'
import { asks } from '../app/search'
import { CampaignName, useCampaignFacts } from '../campaigns/name'
import { faultWords, skipWords, statusWords } from '../campaigns/words'

export const here = '/configuration/voucher-campaign/diagnostics' as const

export function Records({ records, customer }: { records: (RecordView | SampleRecord)[]; customer?: string }) {
  const { t } = useWords()
  const sampled = records.some((one) => 'customer_id' in one)
  return (
    <div className="scroll" role="group" aria-label={t('Records')} tabIndex={0}>
      <Table miw={760}>
        <Table.Thead><Table.Tr>
          {sampled ? <Table.Th>{t('Customer')}</Table.Th> : <Table.Th>{t('Campaign')}</Table.Th>}
          <Table.Th>{t('Status')}</Table.Th><Table.Th>{t('When')}</Table.Th><Table.Th>{t('Until')}</Table.Th><Table.Th className="number">{t('Orders in 28 days')}</Table.Th>{(customer || sampled) && <Table.Th><span className="sr">{t('Why')}</span></Table.Th>}
        </Table.Tr></Table.Thead>
        <Table.Tbody>{records.map((one) => <Row key={one.voucher_id} one={one} customer={customer} sampled={sampled} />)}</Table.Tbody>
      </Table>
    </div>
  )
}

function Row({ one, customer, sampled }: { one: RecordView | SampleRecord; customer?: string; sampled: boolean }) {
  const { t, number, minor } = useWords()
  const facts = useCampaignFacts(one.campaign_id)
  const who = 'customer_id' in one ? one.customer_id : customer
  const benefit = facts.data?.offer.benefit
  const currency = benefit && ('fixed_amount' in benefit ? benefit.fixed_amount.amount : 'percent' in benefit ? benefit.percent.cap : benefit.free_delivery.cap).currency
  const ended = ['ghost', 'skipped', 'failed'].includes(one.status)
  return (
    <Table.Tr>
      <Table.Td className="wrap">{sampled ? <Anchor component={Link} to={here} search={asks({ customer: who })} size="sm"><span dir="auto">{who}</span></Anchor> : <CampaignName id={one.campaign_id} />}
        {facts.data?.kind === 'autopilot' && !sampled && <Text size="xs" c="dimmed" dir="ltr">{one.occurrence}</Text>}</Table.Td>
      <Table.Td><Text size="sm" fw={600}>{t(statusWords[one.status])}</Text>
        {one.reason && <Text size="xs">{t(skipWords[one.reason] ?? one.reason)}</Text>}
        {one.undeliverable && <Text size="xs">{t('No channel was left: {reason}', { reason: t(faultWords[one.undeliverable] ?? skipWords[one.undeliverable] ?? one.undeliverable) })}</Text>}</Table.Td>
      <Table.Td><When at={one.at} /></Table.Td><Table.Td>{ended ? '–' : <When at={one.until} />}</Table.Td>
      <Table.Td className="number">{number(one.orders)}{one.orders > 0 && currency && <Text size="xs" c="dimmed">{minor(one.spend, currency)}</Text>}</Table.Td>
      {(customer || sampled) && <Table.Td><Anchor component={Link} to={here} search={asks({ customer: who, campaign: one.campaign_id })} size="sm" aria-label={t('Why {name}', { name: sampled ? who ?? '' : facts.data?.name ?? one.campaign_id })}>{t('Why')}</Anchor></Table.Td>}
    </Table.Tr>
  )
}
