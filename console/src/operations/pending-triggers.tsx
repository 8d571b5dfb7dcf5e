// Shows Configuration > Pending triggers: every match without an outcome and what it waits for.
// Retry and drop work on one or on several.
import {
  Anchor,
  Button,
  Checkbox,
  Group,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiSentence } from '../api/api-messages'
import { useProblemMessage } from '../api/problem-messages'
import { callApi } from '../api/requests'
import { useFilters } from '../app/search-params'
import { useSession } from '../app/session'
import { CampaignLink } from '../campaign/campaign-link'
import {
  dropPendingTrigger,
  listPendingTriggers,
  type PendingState,
  type PendingTrigger,
  type PendingTriggerList,
  retryPendingTrigger,
} from '../client'
import { customerPath } from '../customers/customer-path'
import { CursorPager } from '../components/cursor-pager'
import { EmptyState } from '../components/empty-state'
import { ModalDialog } from '../components/modal-dialog'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { channelLabels } from '../delivery/labels'
import { msg, useLocale } from '../locales/i18n'

export const pendingStateLabels: Record<PendingState, string> = {
  waiting: msg('Scheduled for later'),
  paused: msg('campaign paused'),
  due: msg('due'),
  sending: msg('being sent'),
  retrying: msg('to be tried again'),
  unknown: msg('provider gave no answer'),
}
const retryableStates: PendingState[] = ['due', 'sending', 'retrying', 'unknown']
const droppableStates: PendingState[] = ['waiting', 'paused', 'due', 'sending']
type PendingAction = 'retry' | 'drop'

export function PendingTriggersPage() {
  const { t, number, day } = useLocale()
  const { mayChange } = useSession()
  const filters = useFilters()
  const queryClient = useQueryClient()
  const problemMessage = useProblemMessage()
  const [picked, setPicked] = useState<string[]>([])
  const [dropping, setDropping] = useState<PendingTrigger[]>()
  const state = (Object.keys(pendingStateLabels) as PendingState[]).find(
    (one) => one === filters.text('state'),
  )
  const campaign = filters.text('campaign')
  const customer = filters.text('customer')
  const cursor = filters.cursors.at(-1)
  const query = useQuery({
    queryKey: ['pending', state, campaign, customer, cursor],
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
    queryFn: ({ signal }) =>
      callApi(
        listPendingTriggers({ query: { limit: 25, state, campaign, customer, cursor }, signal }),
      ),
  })
  const running = useMutation({
    // A retry is harmless: it is shown as due at once, and the next read shows its result.
    onMutate: async ({ deed, items }) => {
      if (deed !== 'retry') return
      await queryClient.cancelQueries({ queryKey: ['pending'] })
      const retriedIds = new Set(items.map(({ id }) => id))
      queryClient.setQueriesData<PendingTriggerList>(
        { queryKey: ['pending'] },
        (old) =>
          old && {
            ...old,
            items: old.items.map((one) =>
              retriedIds.has(one.id) ? { ...one, state: 'due' as const, reason: '' } : one,
            ),
          },
      )
    },
    mutationFn: async ({ deed, items }: { deed: PendingAction; items: PendingTrigger[] }) => {
      const refused: string[] = []
      for (const { id, customer_id } of items) {
        try {
          await (deed === 'retry'
            ? callApi(retryPendingTrigger({ path: { id } }))
            : callApi(dropPendingTrigger({ path: { id } })))
        } catch (error) {
          refused.push(`${customer_id}: ${problemMessage(error)}`)
        }
      }
      return { done: items.length - refused.length, refused, deed }
    },
    onSuccess: ({ done, refused, deed }) => {
      setPicked([])
      setDropping(undefined)
      if (done > 0)
        notifications.show({
          message:
            deed === 'retry'
              ? t('Tried again now: {n}', { n: number(done) })
              : t('Dropped: {n}', { n: number(done) }),
        })
      for (const why of refused) notifications.show({ color: 'red', message: why })
      void queryClient.invalidateQueries({ queryKey: ['pending'] })
    },
  })
  return (
    <PageFrame
      title={t('Pending triggers')}
      intro={t(
        'Customers who were selected and are not processed yet: what they are waiting for, and until when.',
      )}
    >
      <Group align="flex-end">
        <Select
          label={t('State')}
          value={state ?? ''}
          allowDeselect={false}
          w={210}
          onChange={(value) => filters.set({ state: value ?? undefined })}
          data={[
            { value: '', label: t('All states') },
            ...Object.entries(pendingStateLabels).map(([value, label]) => ({
              value,
              label: t(label),
            })),
          ]}
        />
        <TextInput
          label={t('Customer')}
          defaultValue={customer}
          key={`c${customer}`}
          w={200}
          onKeyDown={(event) => {
            if (event.key === 'Enter') filters.set({ customer: event.currentTarget.value.trim() })
          }}
          onBlur={({ currentTarget }) => {
            if ((customer ?? '') !== currentTarget.value.trim())
              filters.set({ customer: currentTarget.value.trim() })
          }}
        />
        <TextInput
          label={t('Campaign id')}
          defaultValue={campaign}
          key={`k${campaign}`}
          w={240}
          onKeyDown={(event) => {
            if (event.key === 'Enter') filters.set({ campaign: event.currentTarget.value.trim() })
          }}
          onBlur={({ currentTarget }) => {
            if ((campaign ?? '') !== currentTarget.value.trim())
              filters.set({ campaign: currentTarget.value.trim() })
          }}
        />
      </Group>
      <QueryResult query={query}>
        {(list) => {
          const chosen = list.items.filter(({ id }) => picked.includes(id))
          if (list.items.length === 0 && !list.next_cursor && filters.cursors.length === 0)
            return (
              <EmptyState title={t('Nothing is pending')}>
                {t(
                  'Every selected customer has been processed. Customers are listed here while a campaign is sending or an autopilot is waiting.',
                )}
              </EmptyState>
            )
          return (
            <>
              {mayChange && (
                <Group>
                  <Button
                    variant="default"
                    disabled={!chosen.some((one) => retryableStates.includes(one.state))}
                    loading={running.isPending}
                    onClick={() =>
                      running.mutate({
                        deed: 'retry',
                        items: chosen.filter((one) => retryableStates.includes(one.state)),
                      })
                    }
                  >
                    {t('Retry selected')}
                  </Button>
                  <Button
                    variant="default"
                    disabled={!chosen.some((one) => droppableStates.includes(one.state))}
                    onClick={() =>
                      setDropping(chosen.filter((one) => droppableStates.includes(one.state)))
                    }
                  >
                    {t('Drop selected')}
                  </Button>
                  <Text size="sm" aria-live="polite">
                    {t('Selected: {n}', { n: number(chosen.length) })}
                  </Text>
                </Group>
              )}
              <div
                className="scroll sheet"
                role="region"
                aria-label={t('Pending triggers')}
                tabIndex={0}
              >
                <Table miw={860}>
                  <Table.Thead>
                    <Table.Tr>
                      {mayChange && (
                        <Table.Th w={40}>
                          <Checkbox
                            aria-label={t('Select all on this page')}
                            checked={chosen.length > 0 && chosen.length === list.items.length}
                            indeterminate={chosen.length > 0 && chosen.length < list.items.length}
                            onChange={({ currentTarget }) =>
                              setPicked(currentTarget.checked ? list.items.map(({ id }) => id) : [])
                            }
                          />
                        </Table.Th>
                      )}
                      <Table.Th>{t('Customer')}</Table.Th>
                      <Table.Th>{t('Campaign')}</Table.Th>
                      <Table.Th>{t('State')}</Table.Th>
                      <Table.Th>{t('Until')}</Table.Th>
                      <Table.Th>{t('Channel')}</Table.Th>
                      <Table.Th className="number">{t('Attempt')}</Table.Th>
                      {mayChange && <Table.Th>{t('Actions')}</Table.Th>}
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {list.items.map((one) => (
                      <Table.Tr key={one.id}>
                        {mayChange && (
                          <Table.Td>
                            <Checkbox
                              aria-label={t('Select {name}', { name: one.customer_id })}
                              checked={picked.includes(one.id)}
                              onChange={({ currentTarget }) =>
                                setPicked(
                                  currentTarget.checked
                                    ? [...picked, one.id]
                                    : picked.filter((id) => id !== one.id),
                                )
                              }
                            />
                          </Table.Td>
                        )}
                        <Table.Td className="wrap">
                          <Anchor component={Link} to={customerPath(one.customer_id)} size="sm">
                            <span dir="auto">{one.customer_id}</span>
                          </Anchor>
                        </Table.Td>
                        <Table.Td>
                          <CampaignLink id={one.campaign_id} />
                          {one.matched_day && (
                            <Text size="xs" c="dimmed">
                              {t('triggered on {day}', { day: day(one.matched_day) })}
                            </Text>
                          )}
                        </Table.Td>
                        <Table.Td>
                          <Text size="sm" fw={600}>
                            {t(pendingStateLabels[one.state])}
                          </Text>
                          <Text size="xs" c="dimmed">
                            {one.reason && <ApiSentence>{one.reason}</ApiSentence>}
                          </Text>
                        </Table.Td>
                        <Table.Td>
                          <RelativeTime at={one.until} />
                        </Table.Td>
                        <Table.Td>{one.channel ? t(channelLabels[one.channel]) : '–'}</Table.Td>
                        <Table.Td className="number">{number(one.attempt)}</Table.Td>
                        {mayChange && (
                          <Table.Td>
                            <Group gap={4} wrap="nowrap">
                              <Button
                                size="compact-sm"
                                variant="default"
                                disabled={!retryableStates.includes(one.state)}
                                aria-label={t('Retry {name}', { name: one.customer_id })}
                                onClick={() => running.mutate({ deed: 'retry', items: [one] })}
                              >
                                {t('Retry')}
                              </Button>
                              <Button
                                size="compact-sm"
                                variant="default"
                                disabled={!droppableStates.includes(one.state)}
                                aria-label={t('Drop {name}', { name: one.customer_id })}
                                onClick={() => setDropping([one])}
                              >
                                {t('Drop')}
                              </Button>
                            </Group>
                          </Table.Td>
                        )}
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
              <CursorPager
                cursors={filters.cursors}
                next={list.next_cursor}
                go={filters.setCursors}
              />
            </>
          )
        }}
      </QueryResult>
      {dropping && (
        <ModalDialog onClose={() => setDropping(undefined)} title={t('Drop')}>
          <Stack>
            <Text>
              {t('Customers who will never get this message: {n}. You can’t undo this.', {
                n: number(dropping.length),
              })}
            </Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setDropping(undefined)}>
                {t('Back')}
              </Button>
              <Button
                color="red.9"
                loading={running.isPending}
                onClick={() => running.mutate({ deed: 'drop', items: dropping })}
              >
                {t('Drop')}
              </Button>
            </Group>
          </Stack>
        </ModalDialog>
      )}
    </PageFrame>
  )
}
