// Shows whether a campaign needs a second person's approval and who gave it, with the button for
// approvers.
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { callApi } from '../api/requests'
import { useSession } from '../app/session'
import { approveCampaign, type Campaign, type CampaignApproval } from '../client'
import { ProblemAlert } from '../components/problem-alert'
import { RelativeTime } from '../components/relative-time'
import { msg, useLocale } from '../locales/i18n'
import { useInvalidateCampaigns } from './campaign-queries'

const approvalReasons: Record<CampaignApproval['reasons'][number], string> = {
  customers: msg('It may reach more customers than the approval threshold.'),
  exposure: msg('Its possible cost is above the approval threshold.'),
}

/** Shows nothing where no approval is needed. */
export function ApprovalAlert({
  campaign,
}: {
  campaign: Pick<Campaign, 'id' | 'version' | 'approval' | 'launched_at'>
}) {
  const { t } = useLocale()
  const { approval } = campaign
  if (!approval.required && !approval.approved_by) return null
  if (approval.approved_by) {
    return (
      <Text size="sm">
        {t('Approved by {name}', { name: approval.approved_by })}{' '}
        {approval.approved_at && <RelativeTime at={approval.approved_at} />}
      </Text>
    )
  }
  if (campaign.launched_at) return null
  return (
    <Alert color="yellow" variant="outline" title={t('Approval required')}>
      <Stack gap="xs">
        {approval.reasons.map((reason) => (
          <Text key={reason} size="sm">
            {t(approvalReasons[reason])}
          </Text>
        ))}
        <Text size="sm">
          {t(
            'An approver who did not write it approves it here. Any edit needs a new approval. Below the threshold, no approval is needed.',
          )}
        </Text>
        <ApproveButton campaign={campaign} />
      </Stack>
    </Alert>
  )
}

function ApproveButton({ campaign }: { campaign: Pick<Campaign, 'id' | 'version'> }) {
  const { t } = useLocale()
  const { mayApprove } = useSession()
  const invalidateCampaigns = useInvalidateCampaigns()
  const approving = useMutation({
    mutationFn: () =>
      callApi(
        approveCampaign({
          path: { id: campaign.id },
          headers: { 'If-Match': `"${campaign.version}"` },
        }),
      ),
    onSuccess: async () => {
      await invalidateCampaigns(campaign.id)
      notifications.show({ message: t('Approved. It can start now.') })
    },
  })
  if (!mayApprove)
    return (
      <Text size="sm" c="dimmed">
        {t('Ask someone in the approver group.')}
      </Text>
    )
  return (
    <>
      <Group>
        <Button size="xs" loading={approving.isPending} onClick={() => approving.mutate()}>
          {t('Approve')}
        </Button>
      </Group>
      {approving.error && <ProblemAlert error={approving.error} />}
    </>
  )
}
