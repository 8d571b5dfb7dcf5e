// Shows if a campaign's vouchers can be redeemed and which are revoked, and offers to suspend or
// resume redeeming and to revoke vouchers, whatever the campaign's state.
import { Alert, Button, Group, List, Radio, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { callApi } from '../api/requests'
import { useSession } from '../app/session'
import {
  type Campaign,
  resumeRedeeming,
  type RevokedVouchers,
  revokeVouchers,
  type RevokeScope,
  suspendRedeeming,
} from '../client'
import { ModalDialog } from '../components/modal-dialog'
import { ProblemAlert } from '../components/problem-alert'
import { isReasonComplete, ReasonField } from '../components/reason-field'
import { RelativeTime } from '../components/relative-time'
import { msg, useLocale } from '../locales/i18n'
import { useInvalidateCampaigns } from './campaign-queries'

type VoucherAction = 'suspend_redeeming' | 'resume_redeeming' | 'revoke_vouchers'

const actionTexts: Record<VoucherAction, { title: string; says: string; done: string }> = {
  suspend_redeeming: {
    title: msg('Suspend redeeming'),
    says: msg(
      'Within two seconds, customers can no longer redeem this campaign’s vouchers, until you resume. They can still accept them, and a checkout that already holds a voucher can finish.',
    ),
    done: msg('Redeeming is suspended'),
  },
  resume_redeeming: {
    title: msg('Resume redeeming'),
    says: msg('Customers can redeem the vouchers of this campaign again.'),
    done: msg('Redeeming is resumed'),
  },
  revoke_vouchers: {
    title: msg('Revoke vouchers'),
    says: msg(
      'You can’t undo this. A running campaign keeps the vouchers that it issues from now on. A checkout that already holds a voucher can finish.',
    ),
    done: msg('The vouchers are revoked'),
  },
}
const scopeLabels: Record<RevokedVouchers, [label: string, hint: string]> = {
  unaccepted: [
    msg('Revoke vouchers that were not accepted'),
    msg('Customers who already accepted keep their voucher.'),
  ],
  all: [
    msg('Revoke all vouchers that were not redeemed'),
    msg('Including accepted ones. Expect questions from customers.'),
  ],
}
const revocationLabels: Record<RevokeScope, string> = {
  none: msg('No vouchers'),
  unaccepted: msg('Vouchers that were not accepted'),
  all: msg('All vouchers that were not redeemed'),
}

/** Shows a suspension and the revocations, if there are any. */
export function RedeemingAlerts({ campaign }: { campaign: Campaign }) {
  const { t } = useLocale()
  const { redeeming, revocations } = campaign
  return (
    <>
      {redeeming.state === 'suspended' && (
        <Alert color="red" variant="outline" title={t('Redeeming is suspended')}>
          <Text className="wrap" dir="auto">
            {redeeming.reason}
          </Text>
          <Text size="sm">
            {redeeming.suspended_by} <RelativeTime at={redeeming.suspended_at!} />
          </Text>
        </Alert>
      )}
      {revocations.length > 0 && (
        <Alert color="gray" variant="outline" title={t('Revoked vouchers')}>
          <List>
            {revocations.map(({ scope, issued_until }) => (
              <List.Item key={scope}>
                {t(revocationLabels[scope])}
                {issued_until && (
                  <>
                    {', '}
                    {t('issued until')} <RelativeTime at={issued_until} />
                  </>
                )}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </>
  )
}

/** Offers the switches that the API allows now. */
export function RedeemingActions({ campaign }: { campaign: Campaign }) {
  const { t } = useLocale()
  const session = useSession()
  const [openAction, setOpenAction] = useState<VoucherAction | null>(null)
  const actions = (Object.keys(actionTexts) as VoucherAction[]).filter(
    (action) => session.mayChange && campaign.allowed_actions.includes(action),
  )
  return (
    <>
      {actions.map((action) => (
        <Button
          key={action}
          variant={action === 'resume_redeeming' ? 'filled' : 'default'}
          c={action === 'resume_redeeming' ? undefined : 'var(--mantine-color-error)'}
          onClick={() => setOpenAction(action)}
        >
          {t(actionTexts[action].title)}
        </Button>
      ))}
      {openAction && (
        <SwitchDialog
          key={openAction}
          action={openAction}
          campaign={campaign}
          close={() => setOpenAction(null)}
        />
      )}
    </>
  )
}

function SwitchDialog({
  action,
  campaign,
  close,
}: {
  action: VoucherAction
  campaign: Campaign
  close: () => void
}) {
  const { t } = useLocale()
  const queryClient = useQueryClient()
  const invalidateCampaigns = useInvalidateCampaigns()
  const [reason, setReason] = useState('')
  const [scope, setScope] = useState<RevokedVouchers>('unaccepted')
  const texts = actionTexts[action]
  const needsReason = action !== 'resume_redeeming'
  const running = useMutation({
    mutationFn: () => runSwitch(action, campaign, { scope, reason: reason.trim() }),
    onSuccess: async (after) => {
      queryClient.setQueryData(['campaign', after.id], {
        campaign: after,
        etag: `"${after.version}"`,
      })
      await invalidateCampaigns(after.id)
      close()
      notifications.show({ message: t(texts.done) })
    },
    onError: () => void invalidateCampaigns(campaign.id),
  })
  return (
    <ModalDialog onClose={close} title={t(texts.title)}>
      <Stack>
        <Text fw={600} className="wrap">
          {campaign.name}
        </Text>
        <Text>{t(texts.says)}</Text>
        {action === 'revoke_vouchers' && <ScopeChoice scope={scope} setScope={setScope} />}
        {needsReason && <ReasonField value={reason} onChange={setReason} />}
        {running.error && <ProblemAlert error={running.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Back')}
          </Button>
          <Button
            loading={running.isPending}
            disabled={needsReason && !isReasonComplete(reason)}
            color={needsReason ? 'red.9' : undefined}
            onClick={() => running.mutate()}
          >
            {t(texts.title)}
          </Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}

function ScopeChoice({
  scope,
  setScope,
}: {
  scope: RevokedVouchers
  setScope: (scope: RevokedVouchers) => void
}) {
  const { t } = useLocale()
  return (
    <Radio.Group
      value={scope}
      onChange={(value) => setScope(value as RevokedVouchers)}
      label={t('Issued vouchers')}
    >
      <Stack gap="xs" mt="xs">
        {(Object.keys(scopeLabels) as RevokedVouchers[]).map((value) => (
          <Radio
            key={value}
            value={value}
            label={t(scopeLabels[value][0])}
            description={t(scopeLabels[value][1])}
          />
        ))}
      </Stack>
    </Radio.Group>
  )
}

function runSwitch(
  action: VoucherAction,
  { id, version }: Campaign,
  body: { scope: RevokedVouchers; reason: string },
): Promise<Campaign> {
  const request = { path: { id }, headers: { 'If-Match': `"${version}"` } }
  switch (action) {
    case 'suspend_redeeming':
      return callApi(suspendRedeeming({ ...request, body: { reason: body.reason } }))
    case 'resume_redeeming':
      return callApi(resumeRedeeming(request))
    case 'revoke_vouchers':
      return callApi(revokeVouchers({ ...request, body }))
  }
}
