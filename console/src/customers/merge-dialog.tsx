// Merges another record of the same person into a customer: finds it by its id, shows both and what will
// come of it, and asks for a reason. Also says which records were merged, and undoes a merge.
import { Badge, Button, Group, Stack, Table, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useFieldErrorAt } from '../api/api-messages'
import { callApi } from '../api/requests'
import { useSession } from '../app/session'
import {
  type CustomerProfile,
  type CustomerRow,
  type MergedCustomer,
  type MergedRecordView,
  listCustomers,
  mergeCustomers,
  unmergeCustomer,
} from '../client'
import { ModalDialog } from '../components/modal-dialog'
import { ProblemAlert } from '../components/problem-alert'
import { isReasonComplete, ReasonField } from '../components/reason-field'
import { RelativeTime } from '../components/relative-time'
import { ScrollTable } from '../components/scroll-table'
import { SectionCard } from '../components/section-card'
import { channelLabels, channelOrder } from '../delivery/labels'
import { useLocale } from '../locales/i18n'
import { customerName } from './customer-name'

const MAX_ID_LETTERS = 64

/** What a preview shows: the two records as they are, and the customer as they would be. */
interface Comparison {
  own: CustomerRow
  other: CustomerRow
  merged: MergedCustomer
}

export function MergeButton({ profile }: { profile: CustomerProfile }) {
  const { t } = useLocale()
  const { mayGiveGoodwill } = useSession()
  const [open, setOpen] = useState(false)
  if (!mayGiveGoodwill || profile.diagnostics.known !== 'active') return null
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={() => setOpen(true)}>
        {t('Merge a record')}
      </Button>
      {open && <MergeDialog customer={profile.customer_id} close={() => setOpen(false)} />}
    </>
  )
}

/** Reads one customer's row by id; the answer may also find others by a name. */
async function readRow(id: string): Promise<CustomerRow | undefined> {
  const page = await callApi(listCustomers({ body: { q: id, limit: 1 } }))
  return page.items[0]
}

async function compare(customer: string, from: string, reason: string): Promise<Comparison> {
  const merged = await callApi(
    mergeCustomers({ path: { customer }, body: { from, reason, preview: true } }),
  )
  const [own, other] = await Promise.all([readRow(customer), readRow(from)])
  return { own: own ?? merged.customer, other: other ?? merged.customer, merged }
}

function MergeDialog({ customer, close }: { customer: string; close: () => void }) {
  const { t } = useLocale()
  const queryClient = useQueryClient()
  const [from, setFrom] = useState('')
  const [reason, setReason] = useState('')
  const preview = useMutation({ mutationFn: () => compare(customer, from.trim(), reason) })
  const merging = useMutation({
    mutationFn: () =>
      callApi(mergeCustomers({ path: { customer }, body: { from: from.trim(), reason } })),
    onSuccess: async () => {
      close()
      notifications.show({
        message: t('The records are merged. You can undo this for seven days.'),
      })
      await queryClient.invalidateQueries({ queryKey: ['diagnostics'] })
    },
  })
  const errorAt = useFieldErrorAt(merging.error ?? preview.error)
  const shown = preview.data
  const error = merging.error ?? preview.error
  return (
    <ModalDialog onClose={close} title={t('Merge a record')}>
      <Stack
        component="form"
        onSubmit={(event) => {
          event.preventDefault()
          if (shown) merging.mutate()
          else preview.mutate()
        }}
      >
        <Text>
          {t(
            'Merge the other record of the same person into this one. Vouchers and orders of both belong to this customer, and the stricter consent applies. The other ID keeps working.',
          )}
        </Text>
        <TextInput
          label={t('ID of the other record')}
          required
          dir="ltr"
          autoComplete="off"
          maxLength={MAX_ID_LETTERS}
          value={from}
          error={errorAt('/from')}
          onChange={({ currentTarget }) => {
            setFrom(currentTarget.value)
            preview.reset()
          }}
        />
        <ReasonField
          value={reason}
          {...(errorAt('/reason') ? { error: errorAt('/reason') } : {})}
          onChange={setReason}
        />
        {shown && <ComparisonTable shown={shown} />}
        {error && <ProblemAlert error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Back')}
          </Button>
          <Button
            type="submit"
            loading={preview.isPending || merging.isPending}
            disabled={from.trim() === '' || !isReasonComplete(reason)}
          >
            {shown ? t('Merge records') : t('Show the result')}
          </Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}

/** Shows the two records and the customer they become, side by side. */
function ComparisonTable({ shown: { own, other, merged } }: { shown: Comparison }) {
  const { t, number, money } = useLocale()
  const columns = [own, other, merged.customer]
  const reach = (row: CustomerRow) =>
    channelOrder
      .filter((channel) => row.reach.includes(channel))
      .map((channel) => t(channelLabels[channel]))
      .join(', ')
  const facts: [string, (row: CustomerRow) => string][] = [
    [t('Name'), customerName],
    [t('Orders'), (row) => number(row.orders)],
    [t('Spend'), (row) => money(row.spend)],
    [t('Reach'), reach],
    [t('Tags'), (row) => row.tags.join(', ')],
  ]
  return (
    <ScrollTable label={t('Result of the merge')} miw={480}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th />
          <Table.Th>{t('This record')}</Table.Th>
          <Table.Th>{t('Other record')}</Table.Th>
          <Table.Th>{t('Merged')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {facts.map(([label, value]) => (
          <Table.Tr key={label}>
            <Table.Th scope="row" fw={500}>
              {label}
            </Table.Th>
            {columns.map((row, place) => (
              <Table.Td key={place} className="wrap">
                <bdi>{value(row) || '–'}</bdi>
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}

export function MergedBadge({ profile }: { profile: CustomerProfile }) {
  const { t, number } = useLocale()
  if (profile.merged.length === 0) return null
  return (
    <Badge variant="light" color="gray" tt="none">
      {t('Merged records: {n}', { n: number(profile.merged.length) })}
    </Badge>
  )
}

/** Lists the merged records, with an undo for those that can still be separated. */
export function MergedRecordsCard({ profile }: { profile: CustomerProfile }) {
  const { t } = useLocale()
  if (profile.merged.length === 0) return null
  return (
    <SectionCard title={t('Merged records')}>
      {profile.merged.map((record) => (
        <MergedRecord key={record.customer_id} record={record} />
      ))}
    </SectionCard>
  )
}

function MergedRecord({ record }: { record: MergedRecordView }) {
  const { t, time } = useLocale()
  const { mayGiveGoodwill } = useSession()
  const [open, setOpen] = useState(false)
  return (
    <Group gap="xs" className="wrap">
      <Text size="sm" fw={500}>
        <bdi>{record.customer_id}</bdi>
      </Text>
      <RelativeTime at={record.at} />
      {record.by && (
        <Text size="sm" c="dimmed">
          <bdi>{record.by}</bdi>: <bdi>{record.reason}</bdi>
        </Text>
      )}
      {record.undo_until && mayGiveGoodwill && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => setOpen(true)}
          title={t('Possible until {until}', { until: time(record.undo_until) })}
        >
          {t('Undo merge')}
        </Button>
      )}
      {open && <UnmergeDialog record={record} close={() => setOpen(false)} />}
    </Group>
  )
}

function UnmergeDialog({ record, close }: { record: MergedRecordView; close: () => void }) {
  const { t } = useLocale()
  const queryClient = useQueryClient()
  const [reason, setReason] = useState('')
  const undoing = useMutation({
    mutationFn: () =>
      callApi(unmergeCustomer({ path: { customer: record.customer_id }, body: { reason } })),
    onSuccess: async () => {
      close()
      notifications.show({ message: t('The records are separate again.') })
      await queryClient.invalidateQueries({ queryKey: ['diagnostics'] })
    },
  })
  return (
    <ModalDialog onClose={close} title={t('Undo merge')}>
      <Stack
        component="form"
        onSubmit={(event) => {
          event.preventDefault()
          undoing.mutate()
        }}
      >
        <Text>
          {t(
            'Each record gets its data, orders and vouchers back. An opt-out given since the merge applies to both.',
          )}
        </Text>
        <ReasonField value={reason} onChange={setReason} />
        {undoing.error && <ProblemAlert error={undoing.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Back')}
          </Button>
          <Button type="submit" loading={undoing.isPending} disabled={!isReasonComplete(reason)}>
            {t('Undo merge')}
          </Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}
