// Configuration > Dead letters: messages that five tries did not get through, by queue, with a sample and the way back.
import { Badge, Button, Checkbox, Group, Stack, Table, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { listDeadLetters, redriveDeadLetters, type DeadLetterQueue } from '../client'
import { call } from '../app/api'
import { useWords } from '../app/i18n'
import { Answer, Card, Empty, Page as Frame, ProblemNote, When } from '../app/parts'
import { useSession } from '../app/session'

export function Page() {
  const { t, number } = useWords()
  const query = useQuery({ queryKey: ['dead-letters'], refetchInterval: 30_000, queryFn: ({ signal }) => call(listDeadLetters({ signal })) })
  return (
    <Frame title={t('Dead letters')} intro={t('Work that was tried five times in vain. Nothing is lost: it waits here until someone sends it back.')}>
      <Answer query={query}>{(data) => {
        const full = data.items.filter((queue) => queue.waiting + queue.held + queue.sample.length > 0)
        return (
          <>
            {full.length === 0 && <Empty title={t('All queues are clear')}>{t('When a provider is down for long or a record cannot be read, it comes here instead of being lost. Queues watched: {n}', { n: number(data.items.length) })}</Empty>}
            {full.map((queue) => <Queue key={queue.queue} queue={queue} />)}
            {full.length > 0 && full.length < data.items.length && <Text c="dimmed">{t('Clear: {list}', { list: data.items.filter((queue) => !full.includes(queue)).map(({ queue }) => queue).join(', ') })}</Text>}
          </>
        )
      }}</Answer>
    </Frame>
  )
}

function Queue({ queue }: { queue: DeadLetterQueue }) {
  const { t, number } = useWords()
  const { mayAdminister } = useSession()
  const data = useQueryClient()
  const [poison, setPoison] = useState(false)
  const moving = useMutation({
    mutationFn: () => call(redriveDeadLetters({ path: { queue: queue.queue }, query: poison ? { poison } : {} })),
    onSuccess: ({ moved, quarantined }) => {
      notifications.show({ message: quarantined > 0 ? t('Sent back: {n}. Unreadable and left: {left}', { n: number(moved), left: number(quarantined) }) : t('Sent back: {n}', { n: number(moved) }) })
      void data.invalidateQueries({ queryKey: ['dead-letters'] })
    },
  })
  return (
    <Card title={queue.queue} actions={<Badge variant="light" color="red" tt="none">{t('waiting: {n}', { n: number(queue.waiting) })}</Badge>}>
      {queue.oldest_at && <Text size="sm">{t('The oldest seen is from')} <When at={queue.oldest_at} /></Text>}
      <div className="scroll" role="group" aria-label={queue.queue} tabIndex={0}>
        <Table miw={560}><Table.Thead><Table.Tr><Table.Th>{t('Sent')}</Table.Th><Table.Th className="number">{t('Tries')}</Table.Th><Table.Th>{t('Why')}</Table.Th><Table.Th>{t('Points at')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{queue.sample.map((letter) => (
            <Table.Tr key={letter.message_id}><Table.Td><When at={letter.sent_at} /></Table.Td><Table.Td className="number">{number(letter.receives)}</Table.Td>
              <Table.Td className="wrap" lang="en" dir="auto">{letter.reason ?? t('five tries did not get through')}</Table.Td><Table.Td className="wrap"><code dir="ltr">{letter.pointer ? JSON.stringify(letter.pointer) : '–'}</code></Table.Td></Table.Tr>
          ))}</Table.Tbody></Table>
      </div>
      {moving.error && <ProblemNote error={moving.error} />}
      {mayAdminister && queue.redrivable && <Stack gap="xs" align="flex-start">
        <Checkbox label={t('Also what could not be read, after a repair')} checked={poison} onChange={({ currentTarget }) => setPoison(currentTarget.checked)} />
        <Button variant="default" loading={moving.isPending} onClick={() => moving.mutate()}>{t('Send back to the queue')}</Button>
      </Stack>}
      {!queue.redrivable && <Group><Text size="sm">{t('These are records of the stream and cannot be sent back.')}</Text></Group>}
    </Card>
  )
}
