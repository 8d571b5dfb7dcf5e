// Shows Configuration > Waiting replies: SMS that may mean a stop or a start, the oldest first, for a
// person to read. Each is decided with one press, and a decision is not taken back here.
import { Button, Group, Table, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useProblemMessage } from '../api/problem-messages'
import { callApi } from '../api/requests'
import { useFilters } from '../app/search-params'
import { useSession } from '../app/session'
import {
  listWaitingReplies,
  type ReplyAction,
  settleWaitingReply,
  type WaitingReplyView,
} from '../client'
import { CursorPager } from '../components/cursor-pager'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { ScrollTable } from '../components/scroll-table'
import { useLocale } from '../locales/i18n'
import { Holders } from './suppressions/address-panel'
import { useInvalidateSuppressions } from './suppressions/address-queries'
import { AddressLink } from './suppressions/suppressed-list'

/** The most customers that the API names of one number. */
const MAX_CUSTOMERS = 20

export function WaitingRepliesPage() {
  const { t } = useLocale()
  const { mayChange } = useSession()
  const filters = useFilters()
  const cursor = filters.cursors.at(-1)
  const query = useQuery({
    queryKey: ['waiting-replies', cursor],
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
    queryFn: ({ signal }) => callApi(listWaitingReplies({ query: { limit: 25, cursor }, signal })),
  })
  return (
    <PageFrame
      title={t('Replies to review')}
      intro={t(
        'SMS replies that resemble a stop or start word, oldest first. Each is kept for up to 90 days; until you decide, nothing changes for the number.',
      )}
    >
      {mayChange && (
        <Text>
          {t(
            'A decision applies immediately and can’t be undone here. A stop ends all SMS to the number until a later consent, a START reply or an administrator lifts it.',
          )}
        </Text>
      )}
      <QueryResult query={query}>
        {(list) =>
          list.items.length === 0 && filters.cursors.length === 0 ? (
            <EmptyState title={t('No replies to review')}>
              {t(
                'Replies that are stop words, such as STOP, apply automatically. Replies that only resemble one, such as “I want to cancel”, are listed here.',
              )}
            </EmptyState>
          ) : (
            <>
              <ReplyTable replies={list.items} />
              <CursorPager
                cursors={filters.cursors}
                next={list.next_cursor}
                go={filters.setCursors}
              />
            </>
          )
        }
      </QueryResult>
    </PageFrame>
  )
}

function ReplyTable({ replies }: { replies: WaitingReplyView[] }) {
  const { t } = useLocale()
  const { mayChange } = useSession()
  return (
    <div className="sheet">
      <ScrollTable label={t('Replies to review')} miw={860}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Reply')}</Table.Th>
            <Table.Th>{t('Since')}</Table.Th>
            <Table.Th>{t('Number')}</Table.Th>
            {mayChange && <Table.Th>{t('Meaning')}</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {replies.map((reply) => (
            <ReplyRow key={reply.id} reply={reply} />
          ))}
        </Table.Tbody>
      </ScrollTable>
    </div>
  )
}

function ReplyRow({ reply }: { reply: WaitingReplyView }) {
  const { mayChange } = useSession()
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500} className="wrap" maw={360}>
        <bdi>{reply.text}</bdi>
      </Table.Th>
      <Table.Td>
        <RelativeTime at={reply.at} />
      </Table.Td>
      <Table.Td className="wrap">
        <AddressLink address={{ key: reply.key, channel: 'sms' }} />
        <Holders customers={reply.customers} most={MAX_CUSTOMERS} />
      </Table.Td>
      {mayChange && (
        <Table.Td>
          <ReplyActions reply={reply} />
        </Table.Td>
      )}
    </Table.Tr>
  )
}

function ReplyActions({ reply }: { reply: WaitingReplyView }) {
  const { t } = useLocale()
  const queryClient = useQueryClient()
  const invalidate = useInvalidateSuppressions()
  const problemMessage = useProblemMessage()
  const settling = useMutation({
    mutationFn: (action: ReplyAction) =>
      callApi(settleWaitingReply({ path: { id: reply.id }, body: { action } })),
    onSuccess: (_, action) => {
      notifications.show({
        message:
          action === 'opt_out'
            ? t('Nothing more is sent to this number by SMS.')
            : t('Dismissed. Nothing changes for the number.'),
      })
      if (action === 'opt_out') void invalidate()
    },
    onError: (error) => notifications.show({ color: 'red', message: problemMessage(error) }),
    // Somebody else may have decided in between: the list says what still waits.
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['waiting-replies'] }),
  })
  const button = (action: ReplyAction, label: string) => (
    <Button
      size="compact-sm"
      variant="default"
      disabled={settling.isPending || settling.isSuccess}
      loading={settling.isPending && settling.variables === action}
      aria-label={`${label}: ${reply.text}`}
      onClick={() => settling.mutate(action)}
    >
      {label}
    </Button>
  )
  return (
    <Group gap={4} wrap="nowrap">
      {button('opt_out', t('Counts as a stop'))}
      {button('dismiss', t('Means something else'))}
    </Group>
  )
}
