// Offers the actions that a campaign's state and the operator's groups allow. An action that cannot
// be undone asks first, and a launch says what it leads to.
import { Button, Group, Radio, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useProblemMessage } from '../api/problem-messages'
import { ApiProblem } from '../api/requests'
import { fitText, textLimits } from '../api/text-limits'
import { useSession } from '../app/session'
import type {
  Campaign,
  CampaignListItem,
  CampaignPerformance,
  CampaignState,
  RevokeScope,
} from '../client'
import { CountedTextInput } from '../components/counted-text'
import { LoadingSkeleton } from '../components/loading'
import { ModalDialog } from '../components/modal-dialog'
import { ProblemAlert } from '../components/problem-alert'
import { msg, useLocale } from '../locales/i18n'
import {
  type CampaignAction,
  runAction,
  UNDO_SECONDS,
  useInvalidateCampaigns,
} from './campaign-queries'
import { stateLabels } from './labels'

const LaunchPreflight = lazy(() => import('./launch-preflight'))

type ActionSubject = Pick<
  Campaign | CampaignListItem,
  'id' | 'name' | 'kind' | 'state' | 'version' | 'allowed_actions'
>
const actionOrder: CampaignAction[] = [
  'launch',
  'pause',
  'resume',
  'clone',
  'cancel',
  'archive',
  'delete',
]

const actionTitles: Record<CampaignAction, [promotion: string, autopilot: string]> = {
  launch: [msg('Launch'), msg('Enable')],
  pause: [msg('Pause'), msg('Pause')],
  resume: [msg('Resume'), msg('Resume')],
  cancel: [msg('Cancel campaign'), msg('End autopilot')],
  archive: [msg('Archive'), msg('Archive')],
  clone: [msg('Clone'), msg('Clone')],
  delete: [msg('Delete draft'), msg('Delete draft')],
}
const actionExplanations: Record<CampaignAction, string> = {
  launch: msg(
    'You can’t change the offer, audience or trigger after this. Messages are sent as soon as the schedule allows.',
  ),
  pause: msg('Sending stops until you resume. Customers can still redeem their vouchers.'),
  resume: msg('Sending continues where it stopped.'),
  cancel: msg('Sending stops for good. What should happen to the vouchers that were issued?'),
  archive: msg('The campaign is hidden from lists. Reports keep its numbers.'),
  clone: msg(
    'Creates a draft with the same offer, audience and messages. You can change everything in it.',
  ),
  delete: msg('The draft is deleted permanently.'),
}
const revokeOptions: { value: RevokeScope; label: string; hint: string }[] = [
  {
    value: 'none',
    label: msg('Keep all vouchers'),
    hint: msg('Customers can redeem them until they expire.'),
  },
  {
    value: 'unaccepted',
    label: msg('Revoke vouchers that were not accepted'),
    hint: msg('Customers who already accepted keep their voucher.'),
  },
  {
    value: 'all',
    label: msg('Revoke all vouchers that were not redeemed'),
    hint: msg('Including accepted ones. Expect questions from customers.'),
  },
]

/**
 * Returns `allowed_actions` of the API in the console's order, and clone, which is always possible.
 */
export function availableActions(subject: ActionSubject, mayChange: boolean): CampaignAction[] {
  if (!mayChange) return []
  const allowed = new Set<string>([...subject.allowed_actions, 'clone'])
  return actionOrder.filter((action) => allowed.has(action))
}

type CachedCampaign = { campaign: Campaign; etag: string }

/**
 * Returns the state that a pause or a resume leads to. Other actions are not shown before the API
 * has answered.
 */
const expectedState = (
  action: CampaignAction,
  { kind }: ActionSubject,
): CampaignState | undefined =>
  action === 'pause'
    ? 'paused'
    : action === 'resume'
      ? kind === 'autopilot'
        ? 'enabled'
        : 'running'
      : undefined

export function CampaignActions({
  subject,
  only,
}: {
  subject: ActionSubject
  only?: CampaignAction[]
}) {
  const { t } = useLocale()
  const session = useSession()
  const [openAction, setOpenAction] = useState<CampaignAction | null>(null)
  const actions = availableActions(subject, session.mayChange).filter(
    (action) => !only || only.includes(action),
  )
  const title = (action: CampaignAction) =>
    t(actionTitles[action][subject.kind === 'autopilot' ? 1 : 0])
  return (
    <>
      {actions.map((action) => (
        <Button
          key={action}
          onClick={() => setOpenAction(action)}
          variant={action === 'launch' || action === 'resume' ? 'filled' : 'default'}
          c={action === 'cancel' || action === 'delete' ? 'var(--mantine-color-error)' : undefined}
        >
          {title(action)}
        </Button>
      ))}
      {openAction && (
        <ActionDialog
          key={openAction}
          action={openAction}
          title={title(openAction)}
          subject={subject}
          close={() => setOpenAction(null)}
        />
      )}
    </>
  )
}

function ActionDialog({
  action,
  title,
  subject,
  close,
}: {
  action: CampaignAction
  title: string
  subject: ActionSubject
  close: () => void
}) {
  const { t } = useLocale()
  const invalidateCampaigns = useInvalidateCampaigns()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [revoke, setRevoke] = useState<RevokeScope>('none')
  const [name, setName] = useState(() =>
    fitText(subject.name, textLimits.campaignName, (original) =>
      t('{name} (copy)', { name: original }),
    ),
  )
  const [clear, setClear] = useState(action !== 'launch')
  const problemMessage = useProblemMessage()
  const queryKey = ['campaign', subject.id]
  const running = useMutation({
    // A pause or resume is shown at once, and rolled back if the API refuses it.
    onMutate: async () => {
      const nextState = expectedState(action, subject)
      if (!nextState) return undefined
      await queryClient.cancelQueries({ queryKey, exact: true })
      const before = queryClient.getQueryData<CachedCampaign>(queryKey)
      queryClient.setQueryData<CachedCampaign>(
        queryKey,
        (old) =>
          old && { ...old, campaign: { ...old.campaign, state: nextState, allowed_actions: [] } },
      )
      close()
      return before
    },
    mutationFn: () => runAction(action, subject.id, subject.version, { revoke, name }),
    onSuccess: async (after) => {
      // The answer is shown at once, before the campaign is read again.
      if (after && action !== 'clone')
        queryClient.setQueryData(['campaign', after.id], {
          campaign: after,
          etag: `"${after.version}"`,
        })
      await invalidateCampaigns(action === 'delete' ? undefined : subject.id)
      // A dialog whose action was shown at once is closed already; another one may be open by now.
      if (!expectedState(action, subject)) close()
      const to = `/marketing/${subject.kind}` as const
      if (action === 'delete') {
        notifications.show({ message: t('Draft deleted.') })
        await navigate({ to })
      } else if (action === 'clone' && after) {
        notifications.show({ message: t('Draft created. Edit it, then launch it.') })
        await navigate({ to: `${to}/$id`, params: { id: after.id } })
      } else if (after) {
        // The wizard leads on to the page where the run can be watched.
        if (action === 'launch') await navigate({ to: `${to}/$id`, params: { id: after.id } })
        notifications.show({
          message: t('{name}: {state}', { name: after.name, state: t(stateLabels[after.state]) }),
        })
      }
    },
    onError: (error, _, before) => {
      if (before) {
        queryClient.setQueryData(queryKey, before)
        notifications.show({
          color: 'red',
          autoClose: false,
          title: title,
          message: problemMessage(error),
        })
      }
      if (error instanceof ApiProblem && (error.status === 409 || error.status === 412))
        void invalidateCampaigns(subject.id)
    },
  })
  return (
    <ModalDialog onClose={close} title={title} size={action === 'launch' ? 'lg' : undefined}>
      <Stack>
        <Text fw={600} className="wrap">
          {subject.name}
        </Text>
        <Text>{t(actionExplanations[action])}</Text>
        {action === 'launch' && (
          <Text>
            {t('Nothing is sent for {n} seconds, in which you can undo the launch.', {
              n: UNDO_SECONDS,
            })}
          </Text>
        )}
        {action === 'cancel' && (
          <Radio.Group
            value={revoke}
            onChange={(value) => setRevoke(value as RevokeScope)}
            label={t('Issued vouchers')}
          >
            <Stack gap="xs" mt="xs">
              {revokeOptions.map(({ value, label, hint }) => (
                <Radio key={value} value={value} label={t(label)} description={t(hint)} />
              ))}
            </Stack>
          </Radio.Group>
        )}
        {action === 'cancel' && <RevokedAmount id={subject.id} scope={revoke} />}
        {action === 'clone' && (
          <CountedTextInput
            label={t('Name')}
            value={name}
            limit={textLimits.campaignName}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
        )}
        {action === 'launch' && (
          <Suspense fallback={<LoadingSkeleton lines={3} />}>
            <LaunchPreflight id={subject.id} onClear={setClear} />
          </Suspense>
        )}
        {running.error && <ProblemAlert error={running.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Back')}
          </Button>
          <Button
            loading={running.isPending}
            disabled={!clear}
            onClick={() => running.mutate()}
            color={action === 'cancel' || action === 'delete' ? 'red.9' : undefined}
          >
            {title}
          </Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}

/** Says what a choice takes from customers, by the report that the campaign's page shows. */
function RevokedAmount({ id, scope }: { id: string; scope: RevokeScope }) {
  const { t, minor } = useLocale()
  const queryClient = useQueryClient()
  const [report] = queryClient
    .getQueriesData<CampaignPerformance | null>({ queryKey: ['performance', 'one', id] })
    .flatMap(([, data]) => (data ? [data] : []))
  if (!report || scope === 'none') return null
  const { committed, firm } = report.exposure
  return (
    <Text size="sm" role="status">
      {t('Customers lose vouchers for up to {amount}.', {
        amount: minor(scope === 'all' ? committed + firm : committed, report.currency),
      })}
    </Text>
  )
}
