// Shows Customers: a search by id, e-mail, phone or name, filters by tag and vertical, and a list that
// leads to each profile. What is searched stays out of the address, since it may be personal data.
import { Anchor, Badge, Button, Group, Select, Stack, Table, Text, TextInput } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useFieldErrorAt } from '../api/api-messages'
import { callApi } from '../api/requests'
import { type CustomerPage, type CustomerRow, listCustomers } from '../client'
import { CursorPager } from '../components/cursor-pager'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { ScrollTable } from '../components/scroll-table'
import { channelLabels, channelOrder } from '../delivery/labels'
import { msg, useLocale } from '../locales/i18n'
import { skipLabels } from '../voucher/labels'
import { customerName } from './customer-name'
import { customerPath } from './customer-path'
import { type CustomerFilters, customerRequest } from './customer-search'
import { ExportCustomers } from './export-customers'

const PAGE_SIZE = 25
const MAX_SEARCH_LETTERS = 254
const orderLabels: Record<CustomerFilters['order'], string> = {
  last_order: msg('Latest order first'),
  any: msg('All customers, in no order'),
}

interface ListPlace {
  filters: CustomerFilters
  cursors: string[]
}
const start: ListPlace = {
  filters: { text: '', tag: '', vertical: '', order: 'last_order' },
  cursors: [],
}
/** The place that was left for a profile, so that going back leads to it. It is nowhere but here. */
let lastPlace = start

export function CustomersPage() {
  const { t } = useLocale()
  const [place, setPlace] = useState(lastPlace)
  const go = (next: ListPlace) => {
    lastPlace = next
    setPlace(next)
  }
  const query = useQuery({
    queryKey: ['customers', place],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      callApi(
        listCustomers({
          body: customerRequest(place.filters, PAGE_SIZE, place.cursors.at(-1)),
          signal,
        }),
      ),
  })
  return (
    <PageFrame
      title={t('Customers')}
      intro={t('Everyone the marketplace has reported, with orders, spend and reach.')}
    >
      <CustomerSearchForm
        filters={place.filters}
        error={query.error}
        search={(filters) => go({ filters, cursors: [] })}
      />
      <QueryResult query={query}>
        {(page) => (
          <CustomerList page={page} place={place} goTo={(cursors) => go({ ...place, cursors })} />
        )}
      </QueryResult>
    </PageFrame>
  )
}

function CustomerSearchForm({
  filters,
  error,
  search,
}: {
  filters: CustomerFilters
  error: unknown
  search: (filters: CustomerFilters) => void
}) {
  const { t } = useLocale()
  const [typed, setTyped] = useState(filters)
  const errorAt = useFieldErrorAt(error)
  const change = (next: Partial<CustomerFilters>) => setTyped((old) => ({ ...old, ...next }))
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        search(typed)
      }}
    >
      <Group align="flex-start" className="no-print">
        <TextInput
          type="search"
          label={t('Customer')}
          description={t('Id, e-mail, phone with country code, or the beginning of a name')}
          w={340}
          maxLength={MAX_SEARCH_LETTERS}
          dir="auto"
          autoComplete="off"
          value={typed.text}
          error={errorAt('/q')}
          onChange={({ currentTarget }) => change({ text: currentTarget.value })}
        />
        <TextInput
          label={t('Tag')}
          description={t('Has this tag')}
          w={150}
          dir="auto"
          autoComplete="off"
          value={typed.tag}
          onChange={({ currentTarget }) => change({ tag: currentTarget.value })}
        />
        <TextInput
          label={t('Vertical')}
          description={t('Has ordered in it')}
          w={150}
          dir="auto"
          autoComplete="off"
          value={typed.vertical}
          onChange={({ currentTarget }) => change({ vertical: currentTarget.value })}
        />
        <Select
          label={t('Sort order')}
          description={t('Without a search')}
          w={220}
          allowDeselect={false}
          value={typed.order}
          data={Object.entries(orderLabels).map(([value, label]) => ({ value, label: t(label) }))}
          onChange={(order) => order && change({ order: order as CustomerFilters['order'] })}
        />
        <Button type="submit" mt={44}>
          {t('Find')}
        </Button>
        <Button
          variant="default"
          mt={44}
          onClick={() => {
            setTyped(start.filters)
            search(start.filters)
          }}
        >
          {t('Clear')}
        </Button>
      </Group>
    </form>
  )
}

function CustomerList({
  page,
  place,
  goTo,
}: {
  page: CustomerPage
  place: ListPlace
  goTo: (cursors: string[]) => void
}) {
  const { t, number } = useLocale()
  return (
    <Stack>
      {!page.contacts_shown && (
        <Text size="sm" c="dimmed">
          {t(
            'Names and contacts are masked for your role, and names are not searched. Support and marketers see them.',
          )}
        </Text>
      )}
      {page.items.length > 0 ? (
        <>
          <ExportCustomers request={customerRequest(place.filters, PAGE_SIZE, undefined)} />
          <CustomerTable rows={page.items} />
          <Text size="sm" c="dimmed" role="status">
            {page.total == null
              ? t('{matched} shown so far, {read} read', {
                  matched: number(page.matched),
                  read: number(page.read),
                })
              : t('{n} in total', { n: number(page.total) })}
          </Text>
        </>
      ) : page.next_cursor ? (
        <Text role="status">
          {t('No match among the {n} customers read so far. Go on to the next page.', {
            n: number(page.read),
          })}
        </Text>
      ) : (
        <EmptyState title={t('No customer found')}>
          {t('Check the spelling, remove a filter, or list all customers.')}
        </EmptyState>
      )}
      <CursorPager cursors={place.cursors} next={page.next_cursor} go={goTo} />
    </Stack>
  )
}

function CustomerTable({ rows }: { rows: CustomerRow[] }) {
  const { t, number, money, day } = useLocale()
  return (
    <div className="sheet">
      <ScrollTable label={t('Customers')} miw={860}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Customer')}</Table.Th>
            <Table.Th>{t('Last order')}</Table.Th>
            <Table.Th className="number">{t('Orders')}</Table.Th>
            <Table.Th className="number">{t('Spend')}</Table.Th>
            <Table.Th>{t('Reach')}</Table.Th>
            <Table.Th>{t('Tags')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((one) => (
            <Table.Tr key={one.customer_id}>
              <Table.Th scope="row" fw={500} className="wrap">
                <Anchor component={Link} to={customerPath(one.customer_id)} size="sm">
                  <bdi>{customerName(one) || one.customer_id}</bdi>
                </Anchor>
                {customerName(one) && (
                  <Text size="xs" c="dimmed">
                    <bdi>{one.customer_id}</bdi>
                  </Text>
                )}
              </Table.Th>
              <Table.Td>{one.last_order ? day(one.last_order) : '–'}</Table.Td>
              <Table.Td className="number">{number(one.orders)}</Table.Td>
              <Table.Td className="number">{money(one.spend)}</Table.Td>
              <Table.Td>
                <ReachBadges row={one} />
              </Table.Td>
              <Table.Td className="wrap">
                <bdi>{one.tags.join(', ') || '–'}</bdi>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
    </div>
  )
}

/** Shows which channels reach a customer, and why the others do not. */
function ReachBadges({ row }: { row: CustomerRow }) {
  const { t } = useLocale()
  return (
    <Group gap={4}>
      {channelOrder.map((channel) => {
        const reason = row.unreachable[channel]
        const text = reason ? t(skipLabels[reason] ?? reason) : t('Reachable')
        return (
          <Badge
            key={channel}
            title={text}
            variant="light"
            tt="none"
            size="sm"
            color={reason ? 'gray' : 'pine'}
            td={reason ? 'line-through' : undefined}
            aria-label={`${t(channelLabels[channel])}: ${text}`}
            role="img"
          >
            {t(channelLabels[channel])}
          </Badge>
        )
      })}
    </Group>
  )
}
