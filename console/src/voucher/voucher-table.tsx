// Lists the records of one campaign: each customer with status, stages, discount and revenue. Who got no
// voucher leads to the reason.
import { Anchor, Button, Group, Select, Stack, Table, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { callApi } from '../api/requests'
import { searchParams, useFilters } from '../app/search-params'
import { customerPath } from '../customers/customer-path'
import { listCampaignVouchers, type VoucherStatus } from '../client'
import { CursorPager } from '../components/cursor-pager'
import { ProblemAlert } from '../components/problem-alert'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { useLocale } from '../locales/i18n'
import { channelLabels, channelOrder, faultLabels } from '../delivery/labels'
import { diagnosticsPath } from '../operations/diagnostics/record-table'
import { skipLabels, statusLabels } from './labels'
import type { VoucherFilter } from './vouchers-csv'

/** Statuses of customers who were selected and got no voucher, so that none was issued to them. */
const withoutVoucher: VoucherStatus[] = ['skipped', 'ghost']

export function VoucherTable({ id }: { id: string }) {
  const { t, money } = useLocale()
  const filters = useFilters()
  const status = (Object.keys(statusLabels) as VoucherStatus[]).find(
    (one) => one === filters.text('status'),
  )
  const channel = channelOrder.find((one) => one === filters.text('channel'))
  const reason = filters.text('reason')
  const filter: VoucherFilter = { status, channel, reason }
  const query = useVouchers(id, filter, filters.cursors.at(-1))
  return (
    <Stack>
      <Group align="flex-end" className="no-print">
        <Select
          label={t('Status')}
          w={200}
          value={status ?? ''}
          allowDeselect={false}
          onChange={(value) => filters.set({ status: value ?? undefined })}
          data={[
            { value: '', label: t('All') },
            ...Object.entries(statusLabels).map(([value, label]) => ({ value, label: t(label) })),
          ]}
        />
        <Select
          label={t('Channel')}
          w={150}
          value={channel ?? ''}
          allowDeselect={false}
          onChange={(value) => filters.set({ channel: value ?? undefined })}
          data={[
            { value: '', label: t('All') },
            ...channelOrder.map((value) => ({ value, label: t(channelLabels[value]) })),
          ]}
        />
        <Select
          label={t('Reason')}
          w={240}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': t('Clear') }}
          placeholder={t('any')}
          value={reason ?? null}
          onChange={(value) => filters.set({ reason: value ?? undefined })}
          data={Object.entries({ ...skipLabels, ...faultLabels }).map(([value, label]) => ({
            value,
            label: t(label),
          }))}
        />
        <ExportVouchers id={id} filter={filter} />
      </Group>
      <QueryResult query={query}>
        {(data) =>
          data.items.length === 0 && !data.next_cursor ? (
            <Text>{t('No vouchers yet.')}</Text>
          ) : (
            <>
              <div className="scroll sheet" role="region" aria-label={t('Vouchers')} tabIndex={0}>
                <Table miw={760}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('Customer')}</Table.Th>
                      <Table.Th>{t('Status')}</Table.Th>
                      <Table.Th>{t('Issued')}</Table.Th>
                      <Table.Th>{t('Delivered')}</Table.Th>
                      <Table.Th>{t('Accepted')}</Table.Th>
                      <Table.Th>{t('Redeemed')}</Table.Th>
                      <Table.Th className="number">{t('Discount')}</Table.Th>
                      <Table.Th className="number">{t('Revenue')}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {data.items.map((voucher) => (
                      <Table.Tr key={voucher.voucher_id}>
                        <Table.Td className="wrap">
                          <Anchor component={Link} to={customerPath(voucher.customer_id)} size="sm">
                            <span dir="auto">{voucher.customer_id}</span>
                          </Anchor>
                        </Table.Td>
                        <Table.Td>
                          {t(statusLabels[voucher.status])}
                          {voucher.skip_reason
                            ? `: ${t(skipLabels[voucher.skip_reason] ?? voucher.skip_reason)}`
                            : ''}
                          {withoutVoucher.includes(voucher.status) && (
                            <>
                              {' · '}
                              <Anchor
                                component={Link}
                                to={diagnosticsPath}
                                search={searchParams({
                                  customer: voucher.customer_id,
                                  campaign: id,
                                })}
                                size="sm"
                                underline="always"
                                aria-label={t('Ask why: {customer}', {
                                  customer: voucher.customer_id,
                                })}
                              >
                                {t('Ask why')}
                              </Anchor>
                            </>
                          )}
                        </Table.Td>
                        <Table.Td>
                          <RelativeTime
                            at={withoutVoucher.includes(voucher.status) ? null : voucher.issued_at}
                          />
                        </Table.Td>
                        <Table.Td>
                          <RelativeTime at={voucher.delivered_at} />
                        </Table.Td>
                        <Table.Td>
                          <RelativeTime at={voucher.accepted_at} />
                        </Table.Td>
                        <Table.Td>
                          <RelativeTime at={voucher.redeemed_at} />
                        </Table.Td>
                        <Table.Td className="number">{money(voucher.discount)}</Table.Td>
                        <Table.Td className="number">{money(voucher.revenue)}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
              <CursorPager
                cursors={filters.cursors}
                next={data.next_cursor}
                go={filters.setCursors}
              />
            </>
          )
        }
      </QueryResult>
    </Stack>
  )
}

/** Downloads all vouchers that the filter selects, and says how many are read so far. */
function ExportVouchers({ id, filter }: { id: string; filter: VoucherFilter }) {
  const { t, number } = useLocale()
  const [progress, setProgress] = useState<number>()
  const [problem, setProblem] = useState<unknown>()
  const save = async () => {
    setProgress(0)
    setProblem(undefined)
    await import('./vouchers-csv')
      .then(({ downloadVouchers }) => downloadVouchers(id, filter, setProgress))
      .catch(setProblem)
    setProgress(undefined)
  }
  return (
    <>
      <Button variant="default" loading={progress !== undefined} onClick={() => void save()}>
        {t('Export CSV')}
      </Button>
      {progress !== undefined && (
        <Text size="sm" role="status">
          {t('Vouchers read so far: {n}', { n: number(progress) })}
        </Text>
      )}
      {problem ? <ProblemAlert error={problem} /> : null}
    </>
  )
}

export const useVouchers = (id: string, filter: VoucherFilter, cursor: string | undefined) =>
  useQuery({
    queryKey: ['campaign', id, 'vouchers', filter, cursor],
    queryFn: ({ signal }) =>
      callApi(
        listCampaignVouchers({ path: { id }, query: { ...filter, cursor, limit: 25 }, signal }),
      ),
    placeholderData: keepPreviousData,
  })
