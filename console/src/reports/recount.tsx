// The recount: whether the reports' counters are what the records say, asked of the whole table; counting it anew, and repairing what is wrong.
import { Badge, Button, Group, Stack, Table, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { readRecount, repairCounters, startRecount, type RecountState, type RecountView } from '../client'
import { call } from '../app/api'
import { msg, useWords } from '../app/i18n'
import { Answer, Card, ProblemNote, When } from '../app/parts'
import { useSession } from '../app/session'
import { CampaignName } from '../campaigns/name'

const stateOf: Record<RecountState, string> = { never: msg('not yet'), counting: msg('counting'), comparing: msg('comparing'), done: msg('done') }
const running = (state: RecountState) => state === 'counting' || state === 'comparing'

export function Recount() {
  const { t } = useWords()
  const { mayAdminister } = useSession()
  const data = useQueryClient()
  const query = useQuery<RecountView>({ queryKey: ['recount'], queryFn: ({ signal }) => call(readRecount({ signal })), refetchInterval: ({ state }) => (state.data && running(state.data.state) ? 5_000 : 60_000) })
  const again = () => data.invalidateQueries({ queryKey: ['recount'] })
  const starting = useMutation({ mutationFn: () => call(startRecount({})), onSuccess: again })
  const repairing = useMutation({ mutationFn: () => call(repairCounters({})), onSuccess: ({ repaired }) => { notifications.show({ message: t('Rows repaired: {n}', { n: repaired }) }); void again() } })
  return (
    <Card title={t('Do the counters agree with the records?')}>
      <Answer query={query}>{(recount) => (
        <Stack gap="sm">
          <Said recount={recount} />
          {recount.differences.length > 0 && <Differences recount={recount} />}
          {[starting.error, repairing.error].filter(Boolean).map((error, place) => <ProblemNote key={place} error={error} />)}
          {mayAdminister && <Group>
            <Button variant="default" size="compact-sm" loading={starting.isPending} disabled={running(recount.state)} onClick={() => starting.mutate()}>{t('Recount now')}</Button>
            {recount.drifting > 0 && <Button variant="default" size="compact-sm" loading={repairing.isPending} onClick={() => repairing.mutate()}>{t('Repair the counters')}</Button>}
          </Group>}
        </Stack>
      )}</Answer>
    </Card>
  )
}

function Said({ recount }: { recount: RecountView }) {
  const { t, number } = useWords()
  if (recount.state === 'never') return <Text>{t('Nothing has been recounted yet. It is done each night.')}</Text>
  return (
    <>
      <Group gap="xs"><Badge variant="light" tt="none" color={recount.drifting > 0 ? 'orange' : 'pine'}>{t(stateOf[recount.state])}</Badge><Text size="sm"><When at={recount.finished_at ?? recount.started_at} /></Text></Group>
      {recount.state === 'done' && <Text>{recount.drifting > 0 ? t('{n} counters are wrong by the same amount as the time before: that is drift.', { n: number(recount.drifting) }) : t('No counter has drifted. Rows compared: {n}', { n: number(recount.rows) })}</Text>}
      {recount.state === 'done' && recount.differing > 0 && recount.drifting === 0 && <Text size="sm" c="dimmed">{t('At that moment {n} rows were not the same; traffic makes some.', { n: number(recount.differing) })}</Text>}
    </>
  )
}

function Differences({ recount }: { recount: RecountView }) {
  const { t, number } = useWords()
  return (
    <details>
      <summary>{t('What differed')}</summary>
      <div className="scroll" role="group" aria-label={t('What differed')} tabIndex={0}>
        <Table miw={560} verticalSpacing={4}>
          <Table.Thead><Table.Tr><Table.Th>{t('Day')}</Table.Th><Table.Th>{t('Campaign')}</Table.Th><Table.Th>{t('Counters')}</Table.Th><Table.Th>{t('Repaired')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{recount.differences.map((one) => (
            <Table.Tr key={`${one.day} ${one.campaign}`}><Table.Td dir="ltr">{one.day.replaceAll('#', ' · ')}</Table.Td><Table.Td>{one.campaign ? <CampaignName id={one.campaign} /> : t('All')}</Table.Td>
              <Table.Td className="wrap" dir="ltr">{Object.entries(one.by).map(([name, by]) => `${name} ${by > 0 ? '+' : ''}${number(by)}`).join(', ')}</Table.Td><Table.Td><When at={one.repaired_at} /></Table.Td></Table.Tr>
          ))}</Table.Tbody>
        </Table>
      </div>
      {recount.more && <Text size="sm">{t('There is more than is shown.')}</Text>}
    </details>
  )
}
