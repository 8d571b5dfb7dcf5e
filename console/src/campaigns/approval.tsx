// Whether a campaign needs a second person, who has agreed, and the button for who may.
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { approveCampaign, type Campaign, type CampaignApproval } from '../client'
import { call } from '../app/api'
import { msg, useWords } from '../app/i18n'
import { ProblemNote, When } from '../app/parts'
import { useSession } from '../app/session'
import { useForget } from './queries'

const reasonSays: Record<CampaignApproval['reasons'][number], string> = {
  customers: msg('It may reach more customers than one person decides on.'),
  exposure: msg('It may cost more than one person decides on.'),
}

/** Nothing where nobody has to agree. */
export function ApprovalNote({ campaign }: { campaign: Pick<Campaign, 'id' | 'version' | 'approval' | 'launched_at'> }) {
  const { t } = useWords()
  const { approval } = campaign
  if (!approval.required && !approval.approved_by) return null
  if (approval.approved_by) {
    return <Text size="sm">{t('Approved by {name}', { name: approval.approved_by })} {approval.approved_at && <When at={approval.approved_at} />}</Text>
  }
  if (campaign.launched_at) return null
  return (
    <Alert color="yellow" variant="outline" title={t('It needs an approval')}>
      <Stack gap="xs">
        {approval.reasons.map((reason) => <Text key={reason} size="sm">{t(reasonSays[reason])}</Text>)}
        <Text size="sm">{t('An approver who did not write it agrees here; any edit asks anew. Lower caps need nobody.')}</Text>
        <Approve campaign={campaign} />
      </Stack>
    </Alert>
  )
}

function Approve({ campaign }: { campaign: Pick<Campaign, 'id' | 'version'> }) {
  const { t } = useWords()
  const { mayApprove } = useSession()
  const forget = useForget()
  const doing = useMutation({
    mutationFn: () => call(approveCampaign({ path: { id: campaign.id }, headers: { 'If-Match': `"${campaign.version}"` } })),
    onSuccess: async () => { await forget(campaign.id); notifications.show({ message: t('Approved. It can start now.') }) },
  })
  if (!mayApprove) return <Text size="sm" c="dimmed">{t('Ask somebody of the group approver.')}</Text>
  return (
    <>
      <Group><Button size="xs" loading={doing.isPending} onClick={() => doing.mutate()}>{t('Approve')}</Button></Group>
      {doing.error && <ProblemNote error={doing.error} />}
    </>
  )
}
