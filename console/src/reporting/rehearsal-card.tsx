// Shows what a launch of a saved promotion would do: an estimate from a sample at once, and then the
// rehearsal over everybody as its counts come in.
import { Alert, Anchor, Button, Group, List, Progress, Stack, Table, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { callApi } from '../api/requests'
import { useSession } from '../app/session'
import {
  type Campaign,
  cancelRehearsal,
  createRehearsal,
  type EstimatedCount,
  type ListedRehearsal,
  listRehearsals,
  readRehearsal,
  type Rehearsal,
  type RehearsedSums,
} from '../client'
import { KeyFigure } from '../components/key-figure'
import { LoadingSkeleton } from '../components/loading'
import { ProblemAlert } from '../components/problem-alert'
import { RelativeTime } from '../components/relative-time'
import { SectionCard } from '../components/section-card'
import { channelLabels } from '../delivery/labels'
import { currencyDigits, msg, useLocale } from '../locales/i18n'
import { skipLabels } from '../voucher/labels'

const MICROS = 1_000_000
const POLL_MS = 1_500
/** The most cities, verticals and campaigns that are named. */
const MAX_NAMED = 5

const endings: Partial<Record<Rehearsal['state'], string>> = {
  cancelled: msg('The rehearsal was stopped.'),
  abandoned: msg('The rehearsal did not finish. Start it again.'),
}

export default function RehearsalCard({
  campaign,
}: {
  campaign: Pick<Campaign, 'id' | 'kind' | 'version'>
}) {
  const { t } = useLocale()
  const { mayChange, mayApprove } = useSession()
  const last = useQuery<ListedRehearsal | null>({
    queryKey: ['rehearsals', campaign.id],
    queryFn: async ({ signal }) =>
      (await callApi(listRehearsals({ query: { campaign: campaign.id }, signal }))).items[0] ??
      null,
  })
  const starting = useMutation({
    mutationFn: () => callApi(createRehearsal({ body: { campaign_id: campaign.id } })),
    onSuccess: () => last.refetch(),
  })
  const id = starting.data?.id ?? last.data?.id
  const rehearsal = useQuery<Rehearsal>({
    queryKey: ['rehearsal', id, campaign.version],
    enabled: Boolean(id),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? POLL_MS : false),
    queryFn: ({ signal }) => callApi(readRehearsal({ path: { rehearsal: id! }, signal })),
  })
  const stopping = useMutation({
    mutationFn: () => callApi(cancelRehearsal({ path: { rehearsal: id! } })),
    onSuccess: () => rehearsal.refetch(),
  })
  const found = rehearsal.data ?? starting.data
  const error = starting.error ?? stopping.error ?? rehearsal.error ?? last.error
  const running = found?.state === 'running'
  return (
    <SectionCard title={t('Rehearsal')}>
      <Stack gap="sm">
        <Text size="sm">
          {t('Decides about every customer as the launch would, and sends nothing.')}
        </Text>
        {error && <ProblemAlert error={error} />}
        {found?.outdated && (
          <Alert color="yellow" variant="outline">
            {t('The campaign was changed since this rehearsal.')}
          </Alert>
        )}
        {found ? (
          <RehearsalResult rehearsal={found} kind={campaign.kind} />
        ) : (
          last.isPending && <LoadingSkeleton lines={2} />
        )}
        {(mayChange || mayApprove) && (
          <Group>
            <Button
              variant="default"
              size="xs"
              loading={starting.isPending}
              disabled={running}
              onClick={() => starting.mutate()}
            >
              {found ? t('Rehearse again') : t('Rehearse the launch')}
            </Button>
            {running && (
              <Button
                variant="default"
                size="xs"
                loading={stopping.isPending}
                onClick={() => stopping.mutate()}
              >
                {t('Stop the rehearsal')}
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </SectionCard>
  )
}

function RehearsalResult({ rehearsal, kind }: { rehearsal: Rehearsal; kind: Campaign['kind'] }) {
  const { t, number } = useLocale()
  const { state, parts, parts_done: done, counted, estimate, started_at } = rehearsal
  return (
    <Stack gap="sm">
      {state === 'running' && (
        <>
          <Progress
            value={parts > 0 ? (done / parts) * 100 : 0}
            aria-label={t('Progress of the rehearsal')}
          />
          <Text size="sm">
            {t('{n} customers counted so far. The estimate is scaled to everybody.', {
              n: number(counted.scanned),
            })}
          </Text>
          {estimate && (
            <Group align="stretch">
              <Estimate label={t('Selected')} count={estimate.selected} />
              <Estimate label={t('Estimated vouchers')} count={estimate.treated} />
              <Estimate label={t('Control group')} count={estimate.held_out} />
            </Group>
          )}
        </>
      )}
      {state !== 'running' && (
        <Text size="sm" c="dimmed">
          {state === 'complete'
            ? t('{n} customers, everybody, counted.', { n: number(counted.scanned) })
            : t(endings[state]!)}{' '}
          <RelativeTime at={started_at} />
        </Text>
      )}
      {state === 'complete' && <RehearsedFigures sums={counted} kind={kind} />}
    </Stack>
  )
}

/** Shows an estimated number with the interval that holds it in 95 of 100 cases. */
function Estimate({ label, count }: { label: string; count: EstimatedCount }) {
  const { t, number } = useLocale()
  const exact = count.customers_low === count.customers_high
  return (
    <KeyFigure
      label={label}
      value={number(count.customers)}
      hint={
        exact
          ? undefined
          : t('{low} to {high}', {
              low: number(count.customers_low),
              high: number(count.customers_high),
            })
      }
    />
  )
}

export function RehearsedFigures({ sums, kind }: { sums: RehearsedSums; kind: Campaign['kind'] }) {
  const { t, number, minor, plural } = useLocale()
  const { message_cost_micros: micros, message_cost_currency: currency } = sums
  const cost = Math.round((micros / MICROS) * 10 ** currencyDigits(currency))
  const skipped = Object.entries(sums.skipped).toSorted(([, one], [, other]) => other - one)
  return (
    <>
      <Group align="stretch">
        <KeyFigure label={t('Selected')} value={number(sums.selected)} />
        <KeyFigure label={t('Vouchers')} value={number(sums.vouchers)} />
        <KeyFigure label={t('Control group')} value={number(sums.held_out)} />
        {sums.exposure && (
          <KeyFigure
            label={t('Exposure')}
            value={minor(sums.exposure.amount, sums.exposure.currency)}
            hint={t('if every voucher is redeemed in full')}
          />
        )}
        <KeyFigure label={t('Message cost')} value={minor(cost, currency)} />
        {sums.hours != null && (
          <KeyFigure
            label={t('Time until all are sent')}
            value={plural(sums.hours, '1 hour', '{n} hours')}
            hint={t('at today’s rates, with quiet hours')}
          />
        )}
      </Group>
      <Counts
        title={t('First message by channel')}
        rows={Object.entries(sums.channels).map(([channel, count]) => [
          t(channelLabels[channel as keyof typeof channelLabels]),
          count,
        ])}
      />
      <Counts
        title={t('Customers who get no voucher')}
        rows={skipped.map(([reason, count]) => [t(skipLabels[reason] ?? reason), count])}
      />
      <Counts title={t('Most frequent verticals')} rows={namedFirst(sums.verticals)} />
      <Counts title={t('Most frequent cities')} rows={namedFirst(sums.cities)} />
      {sums.collisions.length > 0 && (
        <div>
          <Text fw={600} size="sm">
            {t('Other campaigns for the same customers')}
          </Text>
          <List size="sm">
            {sums.collisions.slice(0, MAX_NAMED).map((other) => (
              <List.Item key={other.campaign_id}>
                <Anchor component={Link} to={`/marketing/${kind}/${other.campaign_id}`} size="sm">
                  <span dir="auto">{other.name ?? other.campaign_id}</span>
                </Anchor>
                {': '}
                {number(other.customers)}
              </List.Item>
            ))}
          </List>
        </div>
      )}
    </>
  )
}

/** Returns the most frequent names; the rest has no name. */
const namedFirst = (counts: Record<string, number>): [string, number][] =>
  Object.entries(counts)
    .filter(([name]) => name !== '')
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, MAX_NAMED)

function Counts({ title, rows }: { title: string; rows: [string, number][] }) {
  const { number } = useLocale()
  if (rows.length === 0) return null
  return (
    <Table verticalSpacing={2} maw={480} aria-label={title}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th colSpan={2}>{title}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(([name, count]) => (
          <Table.Tr key={name}>
            <Table.Td className="wrap">
              <span dir="auto">{name}</span>
            </Table.Td>
            <Table.Td className="number">{number(count)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
