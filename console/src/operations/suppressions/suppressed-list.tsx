// Lists the suppressed addresses of a channel, the latest first, by their keys; and saves the whole
// list as a file that the import takes back.
import { Anchor, Button, Group, Select, Table, Text } from '@mantine/core'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { isoDay, stackTime } from '../../api/clock'
import { readAllPages } from '../../api/csv'
import { callApi } from '../../api/requests'
import { searchParams, useFilters } from '../../app/search-params'
import { type AddressView, type Channel, listSuppressions } from '../../client'
import { CursorPager } from '../../components/cursor-pager'
import { EmptyState } from '../../components/empty-state'
import { ProblemAlert } from '../../components/problem-alert'
import { QueryResult } from '../../components/query-result'
import { RelativeTime } from '../../components/relative-time'
import { ScrollTable } from '../../components/scroll-table'
import { channelLabels, channelOrder } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { SourceText } from './address-panel'
import { suppressionsPath } from './address-queries'
import { suppressionNames } from './labels'
import { saveSuppressions } from './suppressions-csv'

const PAGE_SIZE = 25
/** The largest page of the API. */
const EXPORT_PAGE_SIZE = 100

export function SuppressedList({
  channel,
  onChannel,
}: {
  channel: Channel
  onChannel: (channel: string) => void
}) {
  const { t } = useLocale()
  const filters = useFilters()
  const cursor = filters.cursors.at(-1)
  const query = useQuery({
    queryKey: ['suppressions', 'list', channel, cursor],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      callApi(listSuppressions({ query: { channel, limit: PAGE_SIZE, cursor }, signal })),
  })
  const isEmpty = query.data?.items.length === 0 && filters.cursors.length === 0
  return (
    <>
      <Group align="flex-end" className="no-print">
        <Select
          label={t('Channel')}
          w={160}
          allowDeselect={false}
          value={channel}
          data={channelOrder.map((value) => ({ value, label: t(channelLabels[value]) }))}
          onChange={(value) => value && onChannel(value)}
        />
        <ExportButton key={channel} channel={channel} disabled={isEmpty} />
      </Group>
      <QueryResult query={query}>
        {(list) =>
          isEmpty ? (
            <EmptyState title={t('No address of this channel is suppressed')}>
              {t(
                'Addresses are listed here when someone replies STOP, unsubscribes or complains, or when a message hard-bounces. You can also import a list.',
              )}
            </EmptyState>
          ) : (
            <>
              <SuppressedTable addresses={list.items} />
              <CursorPager
                cursors={filters.cursors}
                next={list.next_cursor}
                go={filters.setCursors}
              />
            </>
          )
        }
      </QueryResult>
    </>
  )
}

function SuppressedTable({ addresses }: { addresses: AddressView[] }) {
  const { t, number } = useLocale()
  return (
    <div className="sheet">
      <ScrollTable label={t('Suppressed addresses')} miw={860}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Key of the address')}</Table.Th>
            <Table.Th>{t('Reason')}</Table.Th>
            <Table.Th>{t('Since')}</Table.Th>
            <Table.Th>{t('From')}</Table.Th>
            <Table.Th>{t('Note')}</Table.Th>
            <Table.Th className="number">{t('Failures in a row')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {addresses.map((one) => (
            <SuppressedRow key={one.key} address={one} failures={number(one.failures)} />
          ))}
        </Table.Tbody>
      </ScrollTable>
    </div>
  )
}

/** Shows the strongest reason, which is the last one, with its source, and names the others. */
function SuppressedRow({ address, failures }: { address: AddressView; failures: string }) {
  const { t } = useLocale()
  const [strongest, ...others] = address.suppressions.filter((one) => one.in_force).toReversed()
  return (
    <Table.Tr>
      <Table.Td>
        <AddressLink address={address} />
      </Table.Td>
      <Table.Td>
        <Text size="sm" fw={600}>
          {strongest ? t(suppressionNames[strongest.reason]) : '–'}
        </Text>
        {others.length > 0 && (
          <Text size="xs" c="dimmed">
            {others.map(({ reason }) => t(suppressionNames[reason])).join(', ')}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <RelativeTime at={strongest?.since} />
      </Table.Td>
      <Table.Td className="wrap">
        {strongest && <SourceText source={strongest.source} by={strongest.by} />}
      </Table.Td>
      <Table.Td className="wrap">
        <bdi>{strongest?.note ?? '–'}</bdi>
      </Table.Td>
      <Table.Td className="number">{failures}</Table.Td>
    </Table.Tr>
  )
}

/** Leads to what an address has said. */
export function AddressLink({ address }: { address: Pick<AddressView, 'key' | 'channel'> }) {
  return (
    <Anchor
      component={Link}
      to={suppressionsPath}
      search={searchParams({ key: address.key, channel: address.channel })}
      size="sm"
    >
      <code dir="ltr">{address.key}</code>
    </Anchor>
  )
}

function ExportButton({ channel, disabled }: { channel: Channel; disabled: boolean }) {
  const { t, number } = useLocale()
  const [read, setRead] = useState(0)
  const leaving = useRef(new AbortController())
  useEffect(() => {
    const controller = new AbortController()
    leaving.current = controller
    return () => controller.abort()
  }, [])
  const saving = useMutation({
    onMutate: () => setRead(0),
    mutationFn: async () => {
      const { signal } = leaving.current
      const addresses = await readAllPages(
        (cursor) =>
          callApi(
            listSuppressions({ query: { channel, limit: EXPORT_PAGE_SIZE, cursor }, signal }),
          ),
        setRead,
      )
      saveSuppressions(`suppressions-${channel}-${isoDay(stackTime())}.csv`, addresses)
    },
  })
  return (
    <>
      <Button
        variant="default"
        disabled={disabled}
        loading={saving.isPending}
        onClick={() => saving.mutate()}
      >
        {t('Export CSV')}
      </Button>
      <Text size="sm" role="status">
        {saving.isPending && t('Addresses read: {n}', { n: number(read) })}
        {saving.isSuccess && t('Addresses saved: {n}', { n: number(read) })}
      </Text>
      {saving.error && <ProblemAlert error={saving.error} />}
    </>
  )
}
