// Shows Configuration > Dead letters: messages that failed five times, by queue, with a sample and
// a way to send them back.
import { Badge, Button, Checkbox, Group, Stack, Table, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { callApi } from '../api/requests'
import { useSession } from '../app/session'
import { type DeadLetterQueue, listDeadLetters, redriveDeadLetters } from '../client'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { ProblemAlert } from '../components/problem-alert'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { SectionCard } from '../components/section-card'
import { useLocale } from '../locales/i18n'

export function DeadLettersPage() {
  const { t, number } = useLocale()
  const query = useQuery({
    queryKey: ['dead-letters'],
    refetchInterval: 30_000,
    queryFn: ({ signal }) => callApi(listDeadLetters({ signal })),
  })
  return (
    <PageFrame
      title={t('Dead letters')}
      intro={t(
        'Work that was tried five times in vain. Nothing is lost: it waits here until someone sends it back.',
      )}
    >
      <QueryResult query={query}>
        {(queryClient) => {
          const fullQueues = queryClient.items.filter(
            (queue) => queue.waiting + queue.held + queue.sample.length > 0,
          )
          return (
            <>
              {fullQueues.length === 0 && (
                <EmptyState title={t('All queues are clear')}>
                  {t(
                    'When a provider is down for long or a record cannot be read, it comes here instead of being lost. Queues watched: {n}',
                    { n: number(queryClient.items.length) },
                  )}
                </EmptyState>
              )}
              {fullQueues.map((queue) => (
                <DeadLetterCard key={queue.queue} queue={queue} />
              ))}
              {fullQueues.length > 0 && fullQueues.length < queryClient.items.length && (
                <Text c="dimmed">
                  {t('Clear: {list}', {
                    list: queryClient.items
                      .filter((queue) => !fullQueues.includes(queue))
                      .map(({ queue }) => queue)
                      .join(', '),
                  })}
                </Text>
              )}
            </>
          )
        }}
      </QueryResult>
    </PageFrame>
  )
}

function DeadLetterCard({ queue }: { queue: DeadLetterQueue }) {
  const { t, number } = useLocale()
  const { mayAdminister } = useSession()
  const queryClient = useQueryClient()
  const [poison, setPoison] = useState(false)
  const moving = useMutation({
    mutationFn: () =>
      callApi(
        redriveDeadLetters({ path: { queue: queue.queue }, query: poison ? { poison } : {} }),
      ),
    onSuccess: ({ moved, quarantined }) => {
      notifications.show({
        message:
          quarantined > 0
            ? t('Sent back: {n}. Unreadable and left: {left}', {
                n: number(moved),
                left: number(quarantined),
              })
            : t('Sent back: {n}', { n: number(moved) }),
      })
      void queryClient.invalidateQueries({ queryKey: ['dead-letters'] })
    },
  })
  return (
    <SectionCard
      title={queue.queue}
      actions={
        <Badge variant="light" color="red" tt="none">
          {t('waiting: {n}', { n: number(queue.waiting) })}
        </Badge>
      }
    >
      {queue.oldest_at && (
        <Text size="sm">
          {t('The oldest seen is from')} <RelativeTime at={queue.oldest_at} />
        </Text>
      )}
      <div className="scroll" role="group" aria-label={queue.queue} tabIndex={0}>
        <Table miw={560}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Sent')}</Table.Th>
              <Table.Th className="number">{t('Tries')}</Table.Th>
              <Table.Th>{t('Why')}</Table.Th>
              <Table.Th>{t('Points at')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {queue.sample.map((letter) => (
              <Table.Tr key={letter.message_id}>
                <Table.Td>
                  <RelativeTime at={letter.sent_at} />
                </Table.Td>
                <Table.Td className="number">{number(letter.receives)}</Table.Td>
                <Table.Td className="wrap" lang="en" dir="auto">
                  {letter.reason ?? t('five tries did not get through')}
                </Table.Td>
                <Table.Td className="wrap">
                  <code dir="ltr">{letter.pointer ? JSON.stringify(letter.pointer) : '–'}</code>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {moving.error && <ProblemAlert error={moving.error} />}
      {mayAdminister && queue.redrivable && (
        <Stack gap="xs" align="flex-start">
          <Checkbox
            label={t('Also what could not be read, after a repair')}
            checked={poison}
            onChange={({ currentTarget }) => setPoison(currentTarget.checked)}
          />
          <Button variant="default" loading={moving.isPending} onClick={() => moving.mutate()}>
            {t('Send back to the queue')}
          </Button>
        </Stack>
      )}
      {!queue.redrivable && (
        <Group>
          <Text size="sm">{t('These are records of the stream and cannot be sent back.')}</Text>
        </Group>
      )}
    </SectionCard>
  )
}
