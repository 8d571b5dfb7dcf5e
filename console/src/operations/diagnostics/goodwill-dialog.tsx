// Asks for what an operator gives a customer by hand: a voucher of a goodwill campaign, more time for
// a voucher, or a voucher again that is over. Says afterwards how the customer learns of it.
import {
  Anchor,
  Button,
  type ButtonProps,
  Group,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useFieldErrorAt } from '../../api/api-messages'
import { stackTime } from '../../api/clock'
import { callApi, newIdempotencyKey } from '../../api/requests'
import { dayAt, endOfDay } from '../../api/zoned-time'
import { useSession } from '../../app/session'
import { useListedCampaign } from '../../campaign/campaign-link'
import { useInvalidateCampaigns } from '../../campaign/campaign-queries'
import { describeOffer } from '../../campaign/definition-texts'
import { readGoodwillCampaigns } from '../../campaign/goodwill'
import {
  type Campaign,
  type CustomerDiagnostics,
  type ExtendedVoucher,
  extendVoucher,
  type GoodwillVoucher,
  issueGoodwillVoucher,
  type RecordView,
  reissueVoucher,
} from '../../client'
import { ModalDialog } from '../../components/modal-dialog'
import { ProblemAlert } from '../../components/problem-alert'
import { QueryResult } from '../../components/query-result'
import { isReasonComplete, ReasonField } from '../../components/reason-field'
import { RelativeTime } from '../../components/relative-time'
import { channelLabels } from '../../delivery/labels'
import { type LocaleFormatter, msg, useLocale } from '../../locales/i18n'
import {
  actionOnVoucher,
  extendBody,
  type GoodwillAction,
  isAnswered,
  issueBody,
  reissueBody,
  type TypedGoodwill,
} from './goodwill'

type Customer = Pick<CustomerDiagnostics, 'customer_id' | 'zone'>
/** What is asked for: an action on a voucher, or a new voucher. */
type GoodwillTask = { action: 'issue' } | { action: 'extend' | 'reissue'; voucher: RecordView }

const actionTexts: Record<GoodwillAction, { title: string; says: string }> = {
  issue: {
    title: msg('Issue a voucher'),
    says: msg(
      'The customer gets a voucher of a goodwill campaign now, within the limits of your group.',
    ),
  },
  extend: {
    title: msg('Extend'),
    says: msg(
      'The voucher can be accepted and, once accepted, used until the end of that day. No message is sent.',
    ),
  },
  reissue: {
    title: msg('Reissue'),
    says: msg(
      'The customer gets another voucher of the same campaign. This can be done once for each voucher.',
    ),
  },
}

export function IssueVoucherButton({ customer }: { customer: Customer }) {
  const { mayGiveGoodwill } = useSession()
  return mayGiveGoodwill ? <TaskButton customer={customer} task={{ action: 'issue' }} /> : null
}

/** Offers what the status of a voucher allows: to extend it, or to issue it again. */
export function VoucherActionButton({
  customer,
  voucher,
}: {
  customer: Customer
  voucher: RecordView
}) {
  const { t } = useLocale()
  const facts = useListedCampaign(voucher.campaign_id)
  const action = actionOnVoucher(voucher.status)
  if (!action) return null
  return (
    <TaskButton
      customer={customer}
      task={{ action, voucher }}
      variant="default"
      aria-label={`${t(actionTexts[action].title)}: ${facts.data?.name ?? voucher.campaign_id}`}
    />
  )
}

/** Opens the dialog of a task. */
function TaskButton({
  customer,
  task,
  ...looks
}: ButtonProps & { customer: Customer; task: GoodwillTask; 'aria-label'?: string }) {
  const { t } = useLocale()
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="compact-sm" onClick={() => setOpen(true)} {...looks}>
        {t(actionTexts[task.action].title)}
      </Button>
      {open && <GoodwillDialog customer={customer} task={task} close={() => setOpen(false)} />}
    </>
  )
}

function GoodwillDialog({
  customer,
  task,
  close,
}: {
  customer: Customer
  task: GoodwillTask
  close: () => void
}) {
  const locale = useLocale()
  const { t } = locale
  const zone = customer.zone ?? 'UTC'
  const queryClient = useQueryClient()
  const invalidateCampaigns = useInvalidateCampaigns()
  const [typed, setTyped] = useState<TypedGoodwill>({ campaign: '', reason: '', day: '' })
  // One dialog issues one voucher: a repeat after an answer that was lost has the same id.
  const [request] = useState(newIdempotencyKey)
  const change = (next: Partial<TypedGoodwill>) => setTyped((old) => ({ ...old, ...next }))
  const giving = useMutation({
    mutationFn: (asked: TypedGoodwill) => runTask(task, customer.customer_id, asked, request, zone),
    onSuccess: async (given, asked) => {
      close()
      notifications.show({
        message:
          'message' in given ? issuedText(given, locale) : extendedText(given, asked, zone, locale),
      })
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ['diagnostics', customer.customer_id] }),
        invalidateCampaigns(given.campaign_id),
      ])
    },
  })
  const errorAt = useFieldErrorAt(giving.error)
  const { title, says } = actionTexts[task.action]
  return (
    <ModalDialog onClose={close} title={t(title)}>
      <Stack
        component="form"
        onSubmit={(event) => {
          event.preventDefault()
          giving.mutate(typed)
        }}
      >
        <Text>{t(says)}</Text>
        {task.action === 'issue' ? (
          <CampaignChoice
            value={typed.campaign}
            error={errorAt('/campaign_id')}
            onChange={(campaign) => change({ campaign })}
          />
        ) : (
          <VoucherFacts voucher={task.voucher} />
        )}
        <ReasonField
          value={typed.reason}
          error={errorAt('/reason')}
          onChange={(reason) => change({ reason })}
        />
        <TextInput
          type="date"
          label={t('Last day')}
          description={
            task.action === 'extend'
              ? t('In the customer’s time zone: {zone}.', { zone })
              : t(
                  'In the customer’s time zone: {zone}. Leave blank to use the campaign’s validity.',
                  { zone },
                )
          }
          required={task.action === 'extend'}
          min={dayAt(stackTime(), zone)}
          maw={260}
          value={typed.day}
          error={errorAt('/until')}
          onChange={({ currentTarget }) => change({ day: currentTarget.value })}
        />
        {giving.error && <ProblemAlert error={giving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Back')}
          </Button>
          <Button
            type="submit"
            loading={giving.isPending}
            disabled={!isAnswered(task.action, typed) || !isReasonComplete(typed.reason)}
          >
            {t(title)}
          </Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}

function VoucherFacts({ voucher }: { voucher: RecordView }) {
  const { t } = useLocale()
  const facts = useListedCampaign(voucher.campaign_id)
  return (
    <Text className="wrap">
      <b dir="auto">{facts.data?.name ?? voucher.campaign_id}</b>{' '}
      <Text span size="sm">
        {t('Until')} <RelativeTime at={voucher.until} />
      </Text>
    </Text>
  )
}

function CampaignChoice({
  value,
  error,
  onChange,
}: {
  value: string
  error: string | undefined
  onChange: (campaign: string) => void
}) {
  const query = useQuery({
    queryKey: ['campaigns', 'goodwill'],
    queryFn: ({ signal }) => readGoodwillCampaigns(signal),
  })
  return (
    <QueryResult query={query}>
      {(campaigns) =>
        campaigns.length === 0 ? (
          <NoCampaign />
        ) : (
          <CampaignSelect campaigns={campaigns} value={value} error={error} onChange={onChange} />
        )
      }
    </QueryResult>
  )
}

/** Chooses one of the campaigns; the only one is chosen already. */
function CampaignSelect({
  campaigns,
  value,
  error,
  onChange,
}: {
  campaigns: Campaign[]
  value: string
  error: string | undefined
  onChange: (campaign: string) => void
}) {
  const locale = useLocale()
  const chosen = campaigns.find(({ id }) => id === value)
  const only = campaigns.length === 1 ? campaigns[0]!.id : undefined
  useEffect(() => {
    if (only && only !== value) onChange(only)
  }, [only, value, onChange])
  return (
    <Select
      label={locale.t('Campaign')}
      description={chosen && describeOffer(chosen.offer, locale)}
      required
      searchable
      allowDeselect={false}
      value={chosen ? value : null}
      error={error}
      data={campaigns.map(({ id, name }) => ({ value: id, label: name }))}
      onChange={(id) => onChange(id ?? '')}
    />
  )
}

function NoCampaign() {
  const { t } = useLocale()
  const { mayChange } = useSession()
  return (
    <Text>
      {t('No goodwill campaign is enabled. It is an autopilot with the trigger “Goodwill”.')}{' '}
      {mayChange ? (
        <Anchor component={Link} to="/marketing/autopilot/new">
          {t('New autopilot')}
        </Anchor>
      ) : (
        t('A marketer can create one.')
      )}
    </Text>
  )
}

function runTask(
  task: GoodwillTask,
  customer: string,
  typed: TypedGoodwill,
  request: string,
  zone: string,
): Promise<GoodwillVoucher | ExtendedVoucher> {
  if (task.action === 'issue')
    return callApi(
      issueGoodwillVoucher({ path: { customer }, body: issueBody(typed, request, zone) }),
    )
  const path = { customer, voucher: task.voucher.voucher_id }
  return task.action === 'extend'
    ? callApi(extendVoucher({ path, body: extendBody(typed, zone) }))
    : callApi(reissueVoucher({ path, body: reissueBody(typed, zone) }))
}

/**
 * Says until when a voucher lasts now. It is the end that was asked for: which of its two ends that
 * is depends on whether the voucher is accepted.
 */
function extendedText(
  { repeat }: ExtendedVoucher,
  { day }: TypedGoodwill,
  zone: string,
  { t, time }: LocaleFormatter,
) {
  const until = time(endOfDay(day, zone))
  return repeat
    ? t('The voucher is already valid until {until}.', { until })
    : t('The voucher is now valid until {until}.', { until })
}

function issuedText({ repeat, message }: GoodwillVoucher, { t }: LocaleFormatter) {
  if (repeat) return t('This voucher was already issued. Nothing is issued twice.')
  return message
    ? t('Voucher issued. The customer is notified by {channel}.', {
        channel: t(channelLabels[message]),
      })
    : t('Voucher issued. No message is sent; it is in the customer’s wallet.')
}
