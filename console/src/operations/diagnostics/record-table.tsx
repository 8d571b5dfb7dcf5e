// Lists records of the ledger, vouchers and customers who got none, with status, reason and end.
import { Anchor, Table, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { searchParams } from '../../app/search-params'
import { CampaignLink, useCampaignFacts } from '../../campaign/campaign-link'
import type { RecordView, SampleRecord } from '../../client'
import { RelativeTime } from '../../components/relative-time'
import { ScrollTable } from '../../components/scroll-table'
import { channelLabels, faultLabels } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { refusalLabels, skipLabels, statusLabels } from '../../voucher/labels'

export const diagnosticsPath = '/configuration/voucher-campaign/diagnostics' as const

export function RecordTable({
  records,
  customer,
  actions,
}: {
  records: (RecordView | SampleRecord)[]
  customer?: string
  /** Draws what can be done with a record. */
  actions?: (record: RecordView) => ReactNode
}) {
  const { t } = useLocale()
  const sampled = records.some((one) => 'customer_id' in one)
  return (
    <ScrollTable label={t('Records')} miw={760}>
      <Table.Thead>
        <Table.Tr>
          {sampled ? <Table.Th>{t('Customer')}</Table.Th> : <Table.Th>{t('Campaign')}</Table.Th>}
          <Table.Th>{t('Status')}</Table.Th>
          <Table.Th>{t('When')}</Table.Th>
          <Table.Th>{t('Until')}</Table.Th>
          <Table.Th className="number">{t('Orders in 28 days')}</Table.Th>
          {(customer || sampled) && (
            <Table.Th>
              <span className="sr">{t('Why')}</span>
            </Table.Th>
          )}
          {actions && (
            <Table.Th>
              <span className="sr">{t('Actions')}</span>
            </Table.Th>
          )}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {records.map((one) => (
          <RecordRow
            key={one.voucher_id}
            one={one}
            customer={customer}
            sampled={sampled}
            actions={actions}
          />
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}

function RecordRow({
  one,
  customer,
  sampled,
  actions,
}: {
  one: RecordView | SampleRecord
  customer?: string
  sampled: boolean
  actions?: (record: RecordView) => ReactNode
}) {
  const { t, number, minor } = useLocale()
  const facts = useCampaignFacts(one.campaign_id)
  const who = 'customer_id' in one ? one.customer_id : customer
  const benefit = facts.data?.offer.benefit
  const currency =
    benefit &&
    ('fixed_amount' in benefit
      ? benefit.fixed_amount.amount
      : 'percent' in benefit
        ? benefit.percent.cap
        : benefit.free_delivery.cap
    ).currency
  const ended = ['ghost', 'skipped', 'failed'].includes(one.status)
  return (
    <Table.Tr>
      <Table.Td className="wrap">
        {sampled ? (
          <Anchor
            component={Link}
            to={diagnosticsPath}
            search={searchParams({ customer: who })}
            size="sm"
          >
            <span dir="auto">{who}</span>
          </Anchor>
        ) : (
          <CampaignLink id={one.campaign_id} />
        )}
        {facts.data?.kind === 'autopilot' && !sampled && (
          <Text size="xs" c="dimmed" dir="ltr">
            {one.occurrence}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Text size="sm" fw={600}>
          {t(statusLabels[one.status])}
        </Text>
        {one.reason && <Text size="xs">{t(skipLabels[one.reason] ?? one.reason)}</Text>}
        {one.refusals.map(({ reason, count }) => (
          <Text size="xs" key={reason}>
            {t('Refused: {reason} ({n})', {
              reason: t(refusalLabels[reason] ?? reason),
              n: number(count),
            })}
          </Text>
        ))}
        {one.withheld.map(({ channel, reason }) => (
          <Text size="xs" key={channel}>
            {t('No message by {channel}: {reason}', {
              channel: t(channelLabels[channel]),
              reason: t(skipLabels[reason] ?? reason),
            })}
          </Text>
        ))}
        {one.undeliverable && (
          <Text size="xs">
            {t('No channel was left: {reason}', {
              reason: t(
                faultLabels[one.undeliverable] ??
                  skipLabels[one.undeliverable] ??
                  one.undeliverable,
              ),
            })}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <RelativeTime at={one.at} />
      </Table.Td>
      <Table.Td>{ended ? '–' : <RelativeTime at={one.until} />}</Table.Td>
      <Table.Td className="number">
        {number(one.orders)}
        {one.orders > 0 && currency && (
          <Text size="xs" c="dimmed">
            {minor(one.spend, currency)}
          </Text>
        )}
      </Table.Td>
      {(customer || sampled) && (
        <Table.Td>
          <Anchor
            component={Link}
            to={diagnosticsPath}
            search={searchParams({ customer: who, campaign: one.campaign_id })}
            size="sm"
            aria-label={t('Why {name}', {
              name: sampled ? (who ?? '') : (facts.data?.name ?? one.campaign_id),
            })}
          >
            {t('Why')}
          </Anchor>
        </Table.Td>
      )}
      {actions && <Table.Td>{actions(one)}</Table.Td>}
    </Table.Tr>
  )
}
