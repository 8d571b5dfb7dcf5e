// Shows one customer: how they can be reached, what the caps leave, every record, their orders, a cart
// to try, and the timeline with reasons. Support gives vouchers from here.
import {
  Anchor,
  Badge,
  Button,
  Group,
  Progress,
  SimpleGrid,
  Stack,
  Table,
  Text,
} from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { callApi } from '../../api/requests'
import { searchParams } from '../../app/search-params'
import { useSession } from '../../app/session'
import { CampaignLink } from '../../campaign/campaign-link'
import {
  type CapsInUse,
  type ChannelStatus,
  type CustomerDiagnostics,
  diagnoseCustomer,
  type TimelineEvent,
  type KnownCustomer,
  type Pause,
  type RecordView,
  type SuppressionReason,
  type TopicStatus,
} from '../../client'
import { QueryResult } from '../../components/query-result'
import { RelativeTime } from '../../components/relative-time'
import { ScrollTable } from '../../components/scroll-table'
import { SectionCard } from '../../components/section-card'
import { attemptLabels, channelLabels, faultLabels } from '../../delivery/labels'
import { msg, useLocale } from '../../locales/i18n'
import { refusalLabels, skipLabels, voucherActionLabels } from '../../voucher/labels'
import { CartCard } from './cart-card'
import { IssueVoucherButton, VoucherActionButton } from './goodwill-dialog'
import { suppressionsPath } from '../suppressions/address-queries'
import {
  suppressionLabels,
  suppressionNames,
  suppressionSourceLabels,
} from '../suppressions/labels'
import { timelineLabels } from './labels'
import { OrdersCard } from './orders-card'
import { RecordTable } from './record-table'

const TIMELINE_PAGE = 50
export const customerStateLabels: Record<KnownCustomer, [string, string]> = {
  active: [msg('known'), 'pine'],
  erased: [msg('erased'), 'gray'],
  unknown: [msg('unknown'), 'yellow'],
}

export function CustomerPanel({ id }: { id: string }) {
  const query = useQuery<CustomerDiagnostics>({
    queryKey: ['diagnostics', id],
    queryFn: ({ signal }) => callApi(diagnoseCustomer({ path: { id }, signal })),
  })
  return (
    <QueryResult query={query}>
      {(data) => (
        <Stack>
          <CustomerFacts data={data} />
          {data.known !== 'unknown' && <ReachCard stands={data.channels} pause={data.pause} />}
          {data.topics.length > 0 && <TopicsCard topics={data.topics} />}
          <RecordsCard data={data} />
          {data.known !== 'unknown' && (
            <OrdersCard orders={data.placed_orders} records={data.records} />
          )}
          {data.known === 'active' && (
            <CartCard customer={data.customer_id} firstOrder={data.orders === 0} />
          )}
          <TimelineCard timeline={data.timeline} />
        </Stack>
      )}
    </QueryResult>
  )
}

function CustomerFacts({ data }: { data: CustomerDiagnostics }) {
  const { t, number, day } = useLocale()
  const [label, color] = customerStateLabels[data.known]
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <SectionCard
        title={t('Customer {id}', { id: data.customer_id })}
        actions={
          <Badge variant="light" color={color} tt="none">
            {t(label)}
          </Badge>
        }
      >
        <Text>
          {t('Orders: {n}', { n: number(data.orders) })}
          {data.last_order ? ` · ${t('the last on {day}', { day: day(data.last_order) })}` : ''}
        </Text>
        <Text size="sm">
          {t('This customer’s time zone: {zone}.', { zone: data.zone ?? 'UTC' })}
        </Text>
        <Group>
          {data.known === 'active' && <IssueVoucherButton customer={data} />}
          <Button
            component={Link}
            to="/configuration/voucher-campaign/pending-triggers"
            search={searchParams({ customer: data.customer_id })}
            variant="default"
            size="compact-sm"
          >
            {t('What waits for them')}
          </Button>
          <Button
            component={Link}
            to={`/customers/${encodeURIComponent(data.customer_id)}`}
            variant="default"
            size="compact-sm"
          >
            {t('Open the profile')}
          </Button>
        </Group>
        <Text size="xs" c="dimmed">
          {t('No address, phone number or name is shown here.')}
        </Text>
      </SectionCard>
      <CapsCard caps={data.caps} />
    </SimpleGrid>
  )
}

export function CapsCard({ caps }: { caps: CapsInUse }) {
  const { t, number } = useLocale()
  const rows: [string, number, number | null | undefined][] = [
    [
      caps.messages_days
        ? t('Messages in {n} days', { n: number(caps.messages_days) })
        : t('Messages'),
      caps.messages,
      caps.messages_cap,
    ],
    [t('Open offers'), caps.open_offers, caps.open_offers_cap],
  ]
  return (
    <SectionCard title={t('Caps in use')}>
      {rows.map(([name, used, cap]) => (
        <Stack key={name} gap={4}>
          <Group justify="space-between">
            <Text size="sm">{name}</Text>
            <Text size="sm" fw={600}>
              {cap == null
                ? t('{n}, without a cap', { n: number(used) })
                : t('{n} of {cap}', { n: number(used), cap: number(cap) })}
            </Text>
          </Group>
          {cap != null && (
            <Progress
              value={Math.min(100, (used / Math.max(1, cap)) * 100)}
              color={used >= cap ? 'red.8' : undefined}
              aria-label={name}
            />
          )}
          {cap != null && used >= cap && (
            <Text size="sm" c="var(--mantine-color-error)">
              {t('Reached: the next one is skipped or waits.')}
            </Text>
          )}
        </Stack>
      ))}
    </SectionCard>
  )
}

export function ReachCard({ stands, pause }: { stands: ChannelStatus[]; pause?: Pause | null }) {
  const { t, time } = useLocale()
  return (
    <SectionCard title={t('Reachability')}>
      {pause && (
        <Text size="sm">
          {t('This customer paused messages until {time}.', { time: time(pause.until) })}{' '}
          {t(suppressionSourceLabels[pause.source] ?? pause.source)}
        </Text>
      )}
      <ScrollTable label={t('Reachability')} miw={640}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Channel')}</Table.Th>
            <Table.Th>{t('Reachable')}</Table.Th>
            <Table.Th>{t('Consent')}</Table.Th>
            <Table.Th>{t('Suppression')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {stands.map((one) => (
            <Table.Tr key={one.channel}>
              <Table.Th scope="row" fw={500}>
                {t(channelLabels[one.channel])}
              </Table.Th>
              <Table.Td>
                <Badge variant="light" tt="none" color={one.reachable ? 'pine' : 'orange'}>
                  {one.reachable ? t('yes') : t('no')}
                </Badge>
                {one.reason && <Text size="sm">{t(skipLabels[one.reason] ?? one.reason)}</Text>}
              </Table.Td>
              <Table.Td>
                {one.consent ? (
                  <ConsentText consent={one.consent} />
                ) : (
                  <Text size="sm">{t('no consent recorded')}</Text>
                )}
                {one.consent_history.length > 0 && (
                  <details>
                    <summary>{t('Before that')}</summary>
                    <Stack gap={4} mt={4}>
                      {one.consent_history.toReversed().map((consent) => (
                        <ConsentText key={consent.at + consent.state} consent={consent} />
                      ))}
                    </Stack>
                  </details>
                )}
              </Table.Td>
              <Table.Td>
                <SuppressionText status={one} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
    </SectionCard>
  )
}

/** Lists what the customer has said about topics. */
export function TopicsCard({ topics }: { topics: TopicStatus[] }) {
  const { t } = useLocale()
  return (
    <SectionCard title={t('Topics')}>
      {topics.map(({ topic, channel, consent }) => (
        <Group key={`${topic} ${channel ?? ''}`} gap="xs">
          <Text size="sm" fw={500}>
            {topic}
          </Text>
          <Badge variant="light" color="gray" tt="none" size="sm">
            {channel ? t(channelLabels[channel]) : t('all channels')}
          </Badge>
          <ConsentText consent={consent} />
        </Group>
      ))}
    </SectionCard>
  )
}

/** Names the reason, and leads to what each address of the customer has said. */
function SuppressionText({
  status: { channel, suppression, address_keys },
}: {
  status: ChannelStatus
}) {
  const { t, number } = useLocale()
  const links = address_keys.map((key, place) => ({
    key,
    name:
      address_keys.length > 1
        ? t('See address {n}', { n: number(place + 1) })
        : t('See the address'),
  }))
  // The token of a device that takes no more messages is taken off the customer.
  if (suppression && links.length === 0)
    links.push({ key: '', name: t('All suppressed addresses') })
  return (
    <>
      {suppression ? (
        <Text size="sm">
          <b>{t(suppressionNames[suppression.reason])}</b> <RelativeTime at={suppression.at} />
          <Text span size="xs" c="dimmed" display="block">
            {t(suppressionLabels[suppression.reason])}
          </Text>
        </Text>
      ) : (
        '–'
      )}
      {links.map(({ key, name }) => (
        <Text size="sm" key={key}>
          <Anchor
            component={Link}
            to={suppressionsPath}
            search={searchParams({ key: key || undefined, channel })}
            size="sm"
            aria-label={`${name} (${t(channelLabels[channel])})`}
          >
            {name}
          </Anchor>
        </Text>
      ))}
    </>
  )
}

function ConsentText({
  consent,
}: {
  consent: { state: 'granted' | 'denied'; at: string; source: string }
}) {
  const { t } = useLocale()
  return (
    <Text size="sm">
      <b>{consent.state === 'granted' ? t('opted in') : t('opted out')}</b>{' '}
      <RelativeTime at={consent.at} />{' '}
      <Text span size="xs" c="dimmed" className="wrap">
        {t(suppressionSourceLabels[consent.source] ?? consent.source)}
      </Text>
    </Text>
  )
}

export function RecordsCard({ data }: { data: CustomerDiagnostics }) {
  const { t, number } = useLocale()
  const { mayGiveGoodwill } = useSession()
  const actions = (record: RecordView) => <VoucherActionButton customer={data} voucher={record} />
  return (
    <SectionCard title={t('Vouchers, and where there is none')}>
      {data.records.length === 0 ? (
        <Text>{t('No campaign has selected this customer yet.')}</Text>
      ) : (
        <RecordTable
          records={data.records}
          customer={data.customer_id}
          actions={mayGiveGoodwill && data.known === 'active' ? actions : undefined}
        />
      )}
      {data.records_total > data.records.length && (
        <Text size="sm">
          {t('The newest {n} of {all}.', {
            n: number(data.records.length),
            all: number(data.records_total),
          })}
        </Text>
      )}
    </SectionCard>
  )
}

/**
 * Puts the reason of a timeline entry into words, such as the API's `failed at attempt 2:
 * rejected` or `redeem: expired`.
 */
function useTimelineReason() {
  const { t, number } = useLocale()
  return (one: TimelineEvent) => {
    if (!one.reason) return undefined
    if (one.what === 'attempt' || one.what === 'reminded') {
      const [, state = '', attempt, fault] =
        /^(\w+)(?: at attempt (\d+))?(?:: (.*))?$/.exec(one.reason) ?? []
      return [
        t(attemptLabels[state] ?? one.reason),
        attempt && t('attempt {n}', { n: number(Number(attempt)) }),
        fault && t(faultLabels[fault] ?? fault),
      ]
        .filter(Boolean)
        .join(', ')
    }
    if (one.what === 'refused') {
      const [action = '', refusal = ''] = one.reason.split(': ')
      return `${t(voucherActionLabels[action] ?? action)}: ${t(refusalLabels[refusal] ?? refusal)}`
    }
    if (one.what === 'topic_granted' || one.what === 'topic_denied') {
      const [topic = '', source = ''] = one.reason.split(': ')
      return `${topic}: ${t(suppressionSourceLabels[source] ?? source)}`
    }
    if (one.what === 'paused' || one.what === 'pause_ended')
      return t(suppressionSourceLabels[one.reason] ?? one.reason)
    if (one.what === 'consent_granted' || one.what === 'consent_denied')
      return t(suppressionSourceLabels[one.reason] ?? one.reason)
    if (one.what === 'suppressed')
      return t(suppressionLabels[one.reason as SuppressionReason] ?? one.reason)
    return t(skipLabels[one.reason] ?? one.reason)
  }
}

export function TimelineCard({ timeline }: { timeline: TimelineEvent[] }) {
  const { t, number } = useLocale()
  const reasonText = useTimelineReason()
  const [shown, setShown] = useState(TIMELINE_PAGE)
  if (timeline.length === 0) return null
  return (
    <SectionCard title={t('Timeline')}>
      <ol className="timeline" aria-label={t('Timeline')}>
        {timeline.slice(0, shown).map((one, place) => (
          <li key={`${one.at} ${one.what} ${place}`} data-what={one.what}>
            <Text size="sm" c="dimmed" className="timeline-when">
              <RelativeTime at={one.at} />
            </Text>
            <div>
              <Text span fw={600}>
                {t(timelineLabels[one.what] ?? one.what)}
              </Text>
              {one.channel && (
                <>
                  {' '}
                  <Badge variant="light" color="gray" tt="none" size="sm">
                    {t(channelLabels[one.channel])}
                  </Badge>
                </>
              )}
              {reasonText(one) && (
                <Text size="sm" className="wrap">
                  <bdi>{reasonText(one)}</bdi>
                </Text>
              )}
              {one.campaign_id && (
                <Text size="sm">
                  <CampaignLink id={one.campaign_id} />
                </Text>
              )}
            </div>
          </li>
        ))}
      </ol>
      {timeline.length > shown && (
        <Group>
          <Button variant="default" onClick={() => setShown(shown + TIMELINE_PAGE)}>
            {t('Show more')}
          </Button>
          <Text size="sm">
            {t('{n} of {cap}', { n: number(shown), cap: number(timeline.length) })}
          </Text>
        </Group>
      )}
    </SectionCard>
  )
}
