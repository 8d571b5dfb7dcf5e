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
      title={t('Failed jobs')}
      intro={t(
        'Jobs that failed five times. Nothing is lost: they stay here until someone retries them.',
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
                <EmptyState title={t('No failed jobs')}>
                  {t(
                    'Jobs appear here when a provider is down for long or a record can’t be read, so that nothing is lost. Queues monitored: {n}',
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
            ? t('Retried: {n}. Unreadable, not retried: {left}', {
                n: number(moved),
                left: number(quarantined),
              })
            : t('Retried: {n}', { n: number(moved) }),
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
              <Table.Th>{t('Refers to')}</Table.Th>
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
            label={t('Include unreadable jobs (after a fix)')}
            checked={poison}
            onChange={({ currentTarget }) => setPoison(currentTarget.checked)}
          />
          <Button variant="default" loading={moving.isPending} onClick={() => moving.mutate()}>
            {t('Retry')}
          </Button>
        </Stack>
      )}
      {!queue.redrivable && (
        <Group>
          <Text size="sm">{t('These are stream records, which can’t be retried.')}</Text>
        </Group>
      )}
    </SectionCard>
  )
}
