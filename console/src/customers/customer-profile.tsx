// Shows one customer as tabs: an overview with reach and caps, their data and addresses, orders,
// vouchers, and the timeline. It is the diagnosis of a customer with all that the marketplace reported.
import { Alert, Badge, Button, Group, SimpleGrid, Stack, Table, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { callApi } from '../api/requests'
import { searchParams, useFilters } from '../app/search-params'
import { useSession } from '../app/session'
import { type CustomerProfile, showCustomer } from '../client'
import { KeyFigure } from '../components/key-figure'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { ScrollTable } from '../components/scroll-table'
import { SectionCard } from '../components/section-card'
import { channelLabels } from '../delivery/labels'
import { msg, useLocale } from '../locales/i18n'
import { CartCard } from '../operations/diagnostics/cart-card'
import {
  CapsCard,
  ReachCard,
  RecordsCard,
  TimelineCard,
  TopicsCard,
  customerStateLabels,
} from '../operations/diagnostics/customer-panel'
import { IssueVoucherButton } from '../operations/diagnostics/goodwill-dialog'
import { OrdersCard } from '../operations/diagnostics/orders-card'
import { diagnosticsPath } from '../operations/diagnostics/record-table'
import { suppressionNames } from '../operations/suppressions/labels'
import { customerName } from './customer-name'
import { MergeButton, MergedBadge, MergedRecordsCard } from './merge-dialog'

type ProfileTab = 'overview' | 'data' | 'orders' | 'vouchers' | 'timeline'
const tabLabels: [ProfileTab, string][] = [
  ['overview', msg('Overview')],
  ['data', msg('Data')],
  ['orders', msg('Orders')],
  ['vouchers', msg('Vouchers')],
  ['timeline', msg('Timeline')],
]
const cartStateLabels: Record<string, string> = {
  open: msg('open'),
  emptied: msg('emptied'),
  ordered: msg('ordered'),
  placed: msg('order known'),
}

export function CustomerProfilePage() {
  const { t } = useLocale()
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({
    queryKey: ['diagnostics', id, 'profile'],
    queryFn: ({ signal }) => callApi(showCustomer({ path: { customer: id }, signal })),
  })
  const name = query.data?.data && customerName(query.data.data)
  return (
    <PageFrame
      title={name || id}
      intro={t('Customer {id}', { id })}
      actions={
        <Button component={Link} to="/customers" variant="default">
          {t('All customers')}
        </Button>
      }
    >
      <QueryResult query={query}>{(profile) => <ProfileTabs profile={profile} />}</QueryResult>
    </PageFrame>
  )
}

function ProfileTabs({ profile }: { profile: CustomerProfile }) {
  const { t } = useLocale()
  const filters = useFilters()
  const { diagnostics } = profile
  const tab = tabLabels.find(([one]) => one === filters.text('tab'))?.[0] ?? 'overview'
  const panels: Record<ProfileTab, ReactNode> = {
    overview: <OverviewTab profile={profile} />,
    data: <DataTab profile={profile} />,
    orders: <OrdersTab profile={profile} />,
    vouchers: <RecordsCard data={diagnostics} />,
    timeline: <TimelineCard timeline={diagnostics.timeline} />,
  }
  return (
    <>
      {diagnostics.known !== 'active' && (
        <Alert color="gray">
          {diagnostics.known === 'erased'
            ? t('This customer was erased. Records stay until their time ends, without contacts.')
            : t('The marketplace has not reported this customer. Only records are known.')}
        </Alert>
      )}
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) =>
          filters.set({ tab: value === 'overview' ? undefined : (value ?? undefined) })
        }
      >
        <Tabs.List className="no-print">
          {tabLabels.map(([one, label]) => (
            <Tabs.Tab key={one} value={one}>
              {t(label)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab} pt="md">
          <Stack>{panels[tab]}</Stack>
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

function OverviewTab({ profile }: { profile: CustomerProfile }) {
  const { t, number, money, day } = useLocale()
  const { mayGiveGoodwill } = useSession()
  const { totals, diagnostics } = profile
  const [label, color] = customerStateLabels[diagnostics.known]
  return (
    <>
      <Group>
        <Badge variant="light" color={color} tt="none">
          {t(label)}
        </Badge>
        <MergedBadge profile={profile} />
        {mayGiveGoodwill && diagnostics.known === 'active' && (
          <IssueVoucherButton customer={diagnostics} />
        )}
        <MergeButton profile={profile} />
        <Button
          component={Link}
          to="/configuration/voucher-campaign/pending-triggers"
          search={searchParams({ customer: profile.customer_id })}
          variant="default"
          size="compact-sm"
        >
          {t('What waits for them')}
        </Button>
        <Button
          component={Link}
          to={diagnosticsPath}
          search={searchParams({ customer: profile.customer_id })}
          variant="default"
          size="compact-sm"
        >
          {t('Ask why')}
        </Button>
      </Group>
      <Group>
        <KeyFigure
          label={t('Orders')}
          value={number(totals.orders)}
          hint={
            diagnostics.last_order
              ? t('the last on {day}', { day: day(diagnostics.last_order) })
              : undefined
          }
        />
        <KeyFigure label={t('Spend')} value={money(totals.spend)} />
        <KeyFigure
          label={t('Discounts')}
          value={totals.discounts.map((one) => money(one)).join(', ') || '–'}
        />
        <KeyFigure
          label={t('Vouchers')}
          value={number(totals.vouchers)}
          hint={t('{open} open, {redeemed} redeemed', {
            open: number(totals.open_vouchers),
            redeemed: number(totals.redeemed_vouchers),
          })}
        />
        <KeyFigure
          label={t('Campaigns')}
          value={number(totals.campaigns)}
          hint={t('in the control group of {n}', { n: number(totals.held_out) })}
        />
      </Group>
      <MergedRecordsCard profile={profile} />
      <CapsCard caps={diagnostics.caps} />
      {diagnostics.known !== 'unknown' && (
        <ReachCard stands={diagnostics.channels} pause={diagnostics.pause} />
      )}
      {diagnostics.topics.length > 0 && <TopicsCard topics={diagnostics.topics} />}
    </>
  )
}

function DataTab({ profile }: { profile: CustomerProfile }) {
  const { t, number, money, day } = useLocale()
  const { data } = profile
  if (!data) return <Text>{t('No data is kept of this customer.')}</Text>
  const dates = Object.entries(data.personal_dates ?? {})
  const facts: [string, string | null | undefined][] = [
    [t('First name'), data.first_name],
    [t('Last name'), data.last_name],
    [t('Language'), data.locale],
    [t('Time zone'), data.zone],
    [t('Currency'), data.currency],
    [t('Signed up'), data.signed_up && day(data.signed_up)],
    [t('Tags'), data.tags.join(', ')],
    [t('Dates'), dates.map(([name, date]) => `${name}: ${day(date)}`).join(', ')],
    [t('Home location'), data.location && `${data.location.lat}, ${data.location.lon}`],
    [t('Changes so far'), number(data.version)],
  ]
  return (
    <>
      {!profile.contacts_shown && (
        <Text size="sm" c="dimmed">
          {t('Names and contacts are masked for your role.')}
        </Text>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <SectionCard title={t('Profile')}>
          <Table aria-label={t('Profile')}>
            <Table.Tbody>
              {facts.map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={500}>
                    {name}
                  </Table.Th>
                  <Table.Td className="wrap">
                    <bdi>{value || '–'}</bdi>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </SectionCard>
        <SectionCard title={t('Spend by vertical')}>
          <Table aria-label={t('Spend by vertical')}>
            <Table.Tbody>
              {Object.entries(profile.verticals).map(([name, totals]) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={500} className="wrap">
                    <bdi>{name}</bdi>
                  </Table.Th>
                  <Table.Td className="number">{number(totals.orders)}</Table.Td>
                  <Table.Td className="number">{money(totals.spend)}</Table.Td>
                  <Table.Td>{totals.last_order ? day(totals.last_order) : '–'}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </SectionCard>
      </SimpleGrid>
      <AddressesCard addresses={profile.addresses} />
      <ReachCard stands={profile.diagnostics.channels} pause={profile.diagnostics.pause} />
    </>
  )
}

function AddressesCard({ addresses }: { addresses: CustomerProfile['addresses'] }) {
  const { t } = useLocale()
  return (
    <SectionCard title={t('Addresses')}>
      {addresses.length === 0 ? (
        <Text>{t('No addresses on record.')}</Text>
      ) : (
        <ScrollTable label={t('Addresses')} miw={560}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Channel')}</Table.Th>
              <Table.Th>{t('Address')}</Table.Th>
              <Table.Th>{t('Suppression')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {addresses.map((one) => (
              <Table.Tr key={one.key}>
                <Table.Th scope="row" fw={500}>
                  {t(channelLabels[one.channel])}
                </Table.Th>
                <Table.Td className="wrap">
                  <bdi>{one.address}</bdi>
                </Table.Td>
                <Table.Td>
                  {(one.said?.suppressions ?? [])
                    .filter((no) => no.in_force)
                    .map((no) => (
                      <Text size="sm" key={no.reason}>
                        {t(suppressionNames[no.reason])} <RelativeTime at={no.since} />
                      </Text>
                    ))}
                  {!one.said?.suppressed && '–'}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </ScrollTable>
      )}
    </SectionCard>
  )
}

function OrdersTab({ profile }: { profile: CustomerProfile }) {
  const { t } = useLocale()
  const { diagnostics, carts } = profile
  return (
    <>
      <OrdersCard orders={diagnostics.placed_orders} records={diagnostics.records} />
      {carts.length > 0 && (
        <SectionCard title={t('Carts')}>
          {carts.map((cart) => (
            <Group key={cart.cart_id} gap="xs">
              <Text size="sm" fw={500} className="wrap">
                <bdi>{cart.cart_id}</bdi>
              </Text>
              <Badge variant="light" tt="none" color={cart.state === 'open' ? 'pine' : 'gray'}>
                {t(cartStateLabels[cart.state] ?? cart.state)}
              </Badge>
              <RelativeTime at={cart.at} />
            </Group>
          ))}
        </SectionCard>
      )}
      {diagnostics.known === 'active' && (
        <CartCard customer={diagnostics.customer_id} firstOrder={diagnostics.orders === 0} />
      )}
    </>
  )
}
