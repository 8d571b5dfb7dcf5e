// Shows one address: what it has said, since when and from where, what has lifted it, and who has it.
import { Anchor, Badge, Group, Stack, Table, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { searchParams } from '../../app/search-params'
import { useSession } from '../../app/session'
import type {
  AddressSuppressionView,
  AddressView,
  Channel,
  SuppressionLiftView,
} from '../../client'
import { QueryResult } from '../../components/query-result'
import { RelativeTime } from '../../components/relative-time'
import { ScrollTable } from '../../components/scroll-table'
import { SectionCard } from '../../components/section-card'
import { channelLabels } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { diagnosticsPath } from '../diagnostics/record-table'
import { useAddress } from './address-queries'
import {
  liftCauseLabels,
  suppressionLabels,
  suppressionNames,
  suppressionSourceLabels,
} from './labels'
import { LiftButton } from './lift-dialog'
import { SuppressButton } from './suppress-dialog'

/** The most customers in one answer of the API. */
const MAX_CUSTOMERS = 100

export function AddressPanel({
  addressKey,
  channel,
}: {
  addressKey: string
  channel: Channel | undefined
}) {
  const query = useAddress(addressKey, channel)
  return (
    <QueryResult query={query}>
      {(view) => (
        <Stack>
          <AddressFacts view={view} />
          <SaidCard view={view} />
        </Stack>
      )}
    </QueryResult>
  )
}

function AddressFacts({ view }: { view: AddressView }) {
  const { t, number } = useLocale()
  const { mayChange, mayAdminister } = useSession()
  return (
    <SectionCard
      title={t('Address for {channel}', { channel: t(channelLabels[view.channel]) })}
      actions={
        <Badge variant="light" tt="none" color={view.suppressed ? 'orange' : 'pine'}>
          {view.suppressed ? t('suppressed') : t('not suppressed')}
        </Badge>
      }
    >
      <Text size="sm" className="wrap">
        {t('Key')} <code dir="ltr">{view.key}</code>
      </Text>
      <Text>
        {view.suppressed
          ? t('No messages are sent to it.')
          : t('Messages are sent to it, if the customer has agreed.')}
      </Text>
      <Text size="sm">
        {t('Failures in a row: {n}. The fifth suppresses it.', { n: number(view.failures) })}
      </Text>
      <Holders customers={view.customers ?? []} most={MAX_CUSTOMERS} />
      {mayChange && (
        <Group>
          <SuppressButton address={view} />
          {view.suppressed &&
            (mayAdminister ? (
              <LiftButton address={view} />
            ) : (
              <Text size="sm">{t('Administrators can lift active suppressions.')}</Text>
            ))}
        </Group>
      )}
      <Text size="xs" c="dimmed">
        {t('The address itself is not kept here, only its key, so it cannot be shown.')}
      </Text>
    </SectionCard>
  )
}

/** Lists the customers who have an address, as links to what happened to each. */
export function Holders({ customers, most }: { customers: string[]; most: number }) {
  const { t, number } = useLocale()
  if (customers.length === 0) return <Text size="sm">{t('No customer has this address now.')}</Text>
  return (
    <div>
      <Group gap="xs" role="group" aria-label={t('Customers who have it')}>
        <Text size="sm">{t('Customers who have it:')}</Text>
        {customers.map((id) => (
          <Anchor
            key={id}
            component={Link}
            to={diagnosticsPath}
            search={searchParams({ customer: id })}
            size="sm"
            className="wrap"
          >
            <span dir="auto">{id}</span>
          </Anchor>
        ))}
      </Group>
      {customers.length >= most && (
        <Text size="xs" c="dimmed">
          {t('No more than {n} are shown.', { n: number(most) })}
        </Text>
      )}
    </div>
  )
}

function SaidCard({ view }: { view: AddressView }) {
  const { t } = useLocale()
  const title = t('Reasons, in force and lifted')
  return (
    <SectionCard title={title}>
      {view.suppressions.length === 0 ? (
        <Text>{t('Nothing yet.')}</Text>
      ) : (
        <ScrollTable label={title} miw={900}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Reason')}</Table.Th>
              <Table.Th>{t('State')}</Table.Th>
              <Table.Th>{t('Since')}</Table.Th>
              <Table.Th>{t('From')}</Table.Th>
              <Table.Th>{t('Note')}</Table.Th>
              <Table.Th>{t('Latest lift')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {view.suppressions.toReversed().map((one) => (
              <SaidRow key={one.reason} one={one} />
            ))}
          </Table.Tbody>
        </ScrollTable>
      )}
    </SectionCard>
  )
}

function SaidRow({ one }: { one: AddressSuppressionView }) {
  const { t } = useLocale()
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={600}>
        {t(suppressionNames[one.reason])}
        <Text size="xs" c="dimmed">
          {t(suppressionLabels[one.reason])}
        </Text>
      </Table.Th>
      <Table.Td>
        <Badge variant="light" tt="none" color={one.in_force ? 'orange' : 'gray'}>
          {one.in_force ? t('in force') : t('lifted')}
        </Badge>
      </Table.Td>
      <Table.Td>
        <RelativeTime at={one.since} />
      </Table.Td>
      <Table.Td className="wrap">
        <SourceText source={one.source} by={one.by} />
      </Table.Td>
      <Table.Td className="wrap">
        <bdi>{one.note ?? '–'}</bdi>
      </Table.Td>
      <Table.Td className="wrap">{one.lifted ? <LiftText lift={one.lifted} /> : '–'}</Table.Td>
    </Table.Tr>
  )
}

/** Says where a suppression came from, and which operator added it. */
export function SourceText({ source, by }: { source: string; by: string | null | undefined }) {
  const { t } = useLocale()
  const known = suppressionSourceLabels[source]
  return (
    <>
      {known ? t(known) : <bdi>{source}</bdi>}
      {by && (
        <Text size="xs" c="dimmed">
          <bdi>{by}</bdi>
        </Text>
      )}
    </>
  )
}

function LiftText({ lift }: { lift: SuppressionLiftView }) {
  const { t } = useLocale()
  return (
    <>
      <RelativeTime at={lift.at} /> · {t(liftCauseLabels[lift.cause])}
      {lift.by && (
        <Text size="xs" c="dimmed">
          <bdi>{lift.by}</bdi>
        </Text>
      )}
      {lift.note && (
        <Text size="xs">
          <bdi>{lift.note}</bdi>
        </Text>
      )}
    </>
  )
}
