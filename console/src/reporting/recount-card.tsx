// Shows whether the reports' counters agree with the records, starts a recount, and repairs
// counters that drifted.
import { Badge, Button, Group, Stack, Table, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { callApi } from '../api/requests'
import { useSession } from '../app/session'
import { CampaignLink } from '../campaign/campaign-link'
import {
  readRecount,
  type RecountState,
  type RecountView,
  repairCounters,
  startRecount,
} from '../client'
import { ProblemAlert } from '../components/problem-alert'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { SectionCard } from '../components/section-card'
import { msg, useLocale } from '../locales/i18n'

const recountStateLabels: Record<RecountState, string> = {
  never: msg('not yet'),
  counting: msg('counting'),
  comparing: msg('comparing'),
  done: msg('done'),
}
const isRunning = (state: RecountState) => state === 'counting' || state === 'comparing'

export function RecountCard() {
  const { t } = useLocale()
  const { mayAdminister } = useSession()
  const queryClient = useQueryClient()
  const query = useQuery<RecountView>({
    queryKey: ['recount'],
    queryFn: ({ signal }) => callApi(readRecount({ signal })),
    refetchInterval: ({ state }) => (state.data && isRunning(state.data.state) ? 5_000 : 60_000),
  })
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['recount'] })
  const starting = useMutation({ mutationFn: () => callApi(startRecount({})), onSuccess: refresh })
  const repairing = useMutation({
    mutationFn: () => callApi(repairCounters({})),
    onSuccess: ({ repaired }) => {
      notifications.show({ message: t('Rows repaired: {n}', { n: repaired }) })
      void refresh()
    },
  })
  return (
    <SectionCard title={t('Do the counters agree with the records?')}>
      <QueryResult query={query}>
        {(recount) => (
          <Stack gap="sm">
            <RecountStatus recount={recount} />
            {recount.differences.length > 0 && <RecountDifferences recount={recount} />}
            {[starting.error, repairing.error].filter(Boolean).map((error, place) => (
              <ProblemAlert key={place} error={error} />
            ))}
            {mayAdminister && (
              <Group>
                <Button
                  variant="default"
                  size="compact-sm"
                  loading={starting.isPending}
                  disabled={isRunning(recount.state)}
                  onClick={() => starting.mutate()}
                >
                  {t('Recount now')}
                </Button>
                {recount.drifting > 0 && (
                  <Button
                    variant="default"
                    size="compact-sm"
                    loading={repairing.isPending}
                    onClick={() => repairing.mutate()}
                  >
                    {t('Repair the counters')}
                  </Button>
                )}
              </Group>
            )}
          </Stack>
        )}
      </QueryResult>
    </SectionCard>
  )
}

function RecountStatus({ recount }: { recount: RecountView }) {
  const { t, number } = useLocale()
  if (recount.state === 'never')
    return <Text>{t('Nothing has been recounted yet. It is done each night.')}</Text>
  return (
    <>
      <Group gap="xs">
        <Badge variant="light" tt="none" color={recount.drifting > 0 ? 'orange' : 'pine'}>
          {t(recountStateLabels[recount.state])}
        </Badge>
        <Text size="sm">
          <RelativeTime at={recount.finished_at ?? recount.started_at} />
        </Text>
      </Group>
      {recount.state === 'done' && (
        <Text>
          {recount.drifting > 0
            ? t('{n} counters are wrong by the same amount as the time before: that is drift.', {
                n: number(recount.drifting),
              })
            : t('No counter has drifted. Rows compared: {n}', { n: number(recount.rows) })}
        </Text>
      )}
      {recount.state === 'done' && recount.differing > 0 && recount.drifting === 0 && (
        <Text size="sm" c="dimmed">
          {t('{n} rows differed at that time; ongoing traffic causes some.', {
            n: number(recount.differing),
          })}
        </Text>
      )}
    </>
  )
}

function RecountDifferences({ recount }: { recount: RecountView }) {
  const { t, number } = useLocale()
  return (
    <details>
      <summary>{t('What differed')}</summary>
      <div className="scroll" role="group" aria-label={t('What differed')} tabIndex={0}>
        <Table miw={560} verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Day')}</Table.Th>
              <Table.Th>{t('Campaign')}</Table.Th>
              <Table.Th>{t('Counters')}</Table.Th>
              <Table.Th>{t('Repaired')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {recount.differences.map((one) => (
              <Table.Tr key={`${one.day} ${one.campaign}`}>
                <Table.Td dir="ltr">{one.day.replaceAll('#', ' · ')}</Table.Td>
                <Table.Td>{one.campaign ? <CampaignLink id={one.campaign} /> : t('All')}</Table.Td>
                <Table.Td className="wrap" dir="ltr">
                  {Object.entries(one.by)
                    .map(([name, by]) => `${name} ${by > 0 ? '+' : ''}${number(by)}`)
                    .join(', ')}
                </Table.Td>
                <Table.Td>
                  <RelativeTime at={one.repaired_at} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {recount.more && <Text size="sm">{t('There is more than is shown.')}</Text>}
    </details>
  )
}
