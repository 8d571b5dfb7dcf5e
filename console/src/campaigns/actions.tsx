// What can be done with a campaign, as its state and the operator's group allow; what cannot be taken back is asked first.
import { Button, Group, Radio, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Campaign, CampaignSummary, Revoke, State } from '../client'
import { ApiProblem } from '../app/api'
import { Dialog } from '../app/dialog'
import { msg, useWords } from '../app/i18n'
import { ProblemNote, stateWords, useProblemText } from '../app/parts'
import { useSession } from '../app/session'
import { act, useForget, type Action } from './queries'

type Subject = Pick<Campaign | CampaignSummary, 'id' | 'name' | 'kind' | 'state' | 'version' | 'allowed_actions'>
const order: Action[] = ['launch', 'pause', 'resume', 'clone', 'cancel', 'archive', 'delete']

const titles: Record<Action, [promotion: string, autopilot: string]> = {
  launch: [msg('Launch'), msg('Enable')], pause: [msg('Pause'), msg('Pause')], resume: [msg('Resume'), msg('Resume')],
  cancel: [msg('Cancel campaign'), msg('End autopilot')], archive: [msg('Archive'), msg('Archive')], clone: [msg('Clone'), msg('Clone')],
  delete: [msg('Delete draft'), msg('Delete draft')],
}
const explanations: Record<Action, string> = {
  launch: msg('Offer, audience and trigger are fixed from now on. Messages go out as soon as the schedule allows.'),
  pause: msg('Nothing more is sent until you resume. Vouchers that customers have stay usable.'),
  resume: msg('What was waiting goes on.'),
  cancel: msg('Nothing more is sent, and this cannot be taken back. What becomes of the vouchers that were issued?'),
  archive: msg('It disappears from everyday lists. Its numbers stay.'),
  clone: msg('A new draft with the same offer, audience and messages. Everything can be changed in it.'),
  delete: msg('The draft is gone for good.'),
}
const revokes: { value: Revoke; label: string; hint: string }[] = [
  { value: 'none', label: msg('Keep them all'), hint: msg('Every customer can still use theirs until it ends.') },
  { value: 'unaccepted', label: msg('Take back what nobody accepted'), hint: msg('Who accepted keeps the voucher.') },
  { value: 'all', label: msg('Take back all that are not redeemed'), hint: msg('Also from customers who accepted. Expect questions.') },
]

/** `allowed_actions` of the API, and what it leaves to us: everything can be cloned, drafts can be deleted. */
export function actionsOf(subject: Subject, mayChange: boolean): Action[] {
  if (!mayChange) return []
  const allowed = new Set<string>([...subject.allowed_actions, 'clone'])
  return order.filter((action) => allowed.has(action))
}

type Shown = { campaign: Campaign; etag: string }

/** The state that a pause or a resume leads to: both can be taken back. */
const soon = (action: Action, { kind }: Subject): State | undefined => (action === 'pause' ? 'paused' : action === 'resume' ? (kind === 'autopilot' ? 'enabled' : 'running') : undefined)

export function Actions({ subject, only }: { subject: Subject; only?: Action[] }) {
  const { t } = useWords()
  const session = useSession()
  const [asked, setAsked] = useState<Action | null>(null)
  const actions = actionsOf(subject, session.mayChange).filter((action) => !only || only.includes(action))
  const title = (action: Action) => t(titles[action][subject.kind === 'autopilot' ? 1 : 0])
  return (
    <>
      {actions.map((action) => (
        <Button key={action} onClick={() => setAsked(action)} variant={action === 'launch' || action === 'resume' ? 'filled' : 'default'}
          c={action === 'cancel' || action === 'delete' ? 'var(--mantine-color-error)' : undefined}>{title(action)}</Button>
      ))}
      {asked && <Ask key={asked} action={asked} title={title(asked)} subject={subject} close={() => setAsked(null)} />}
    </>
  )
}

function Ask({ action, title, subject, close }: { action: Action; title: string; subject: Subject; close: () => void }) {
  const { t } = useWords()
  const forget = useForget()
  const navigate = useNavigate()
  const data = useQueryClient()
  const [revoke, setRevoke] = useState<Revoke>('none')
  const [name, setName] = useState(t('{name} (copy)', { name: subject.name }).slice(0, 120))
  const text = useProblemText()
  const queryKey = ['campaign', subject.id]
  const doing = useMutation({
    // what can be taken back at once is shown at once, and taken back if the API refuses
    onMutate: async () => {
      const then = soon(action, subject)
      if (!then) return undefined
      await data.cancelQueries({ queryKey, exact: true })
      const before = data.getQueryData<Shown>(queryKey)
      data.setQueryData<Shown>(queryKey, (old) => old && { ...old, campaign: { ...old.campaign, state: then, allowed_actions: [] } })
      close()
      return before
    },
    mutationFn: () => act(action, subject.id, subject.version, { revoke, name }),
    onSuccess: async (after) => {
      // what the answer says is shown at once, before it is read anew
      if (after && action !== 'clone') data.setQueryData(['campaign', after.id], { campaign: after, etag: `"${after.version}"` })
      await forget(action === 'delete' ? undefined : subject.id)
      // what was shown at once is closed already, and another question may stand there now
      if (!soon(action, subject)) close()
      const to = `/marketing/${subject.kind}` as const
      if (action === 'delete') {
        notifications.show({ message: t('The draft is deleted.') })
        await navigate({ to })
      } else if (action === 'clone' && after) {
        notifications.show({ message: t('The copy is a draft: change it, then launch it.') })
        await navigate({ to: `${to}/$id`, params: { id: after.id } })
      } else if (after) {
        // from the wizard on to where it can be watched
        if (action === 'launch') await navigate({ to: `${to}/$id`, params: { id: after.id } })
        notifications.show({ message: t('{name}: {state}', { name: after.name, state: t(stateWords[after.state]) }) })
      }
    },
    onError: (error, _, before) => {
      if (before) {
        data.setQueryData(queryKey, before)
        notifications.show({ color: 'red', autoClose: false, title: title, message: text(error) })
      }
      if (error instanceof ApiProblem && (error.status === 409 || error.status === 412)) void forget(subject.id)
    },
  })
  return (
    <Dialog onClose={close} title={title}>
      <Stack>
        <Text fw={600} className="wrap">{subject.name}</Text>
        <Text>{t(explanations[action])}</Text>
        {action === 'cancel' && (
          <Radio.Group value={revoke} onChange={(value) => setRevoke(value as Revoke)} label={t('Issued vouchers')}>
            <Stack gap="xs" mt="xs">{revokes.map(({ value, label, hint }) => <Radio key={value} value={value} label={t(label)} description={t(hint)} />)}</Stack>
          </Radio.Group>
        )}
        {action === 'clone' && <TextInput label={t('Name')} value={name} maxLength={120} onChange={({ currentTarget }) => setName(currentTarget.value)} />}
        {doing.error && <ProblemNote error={doing.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>{t('Back')}</Button>
          <Button loading={doing.isPending} onClick={() => doing.mutate()} color={action === 'cancel' || action === 'delete' ? 'red.9' : undefined}>{title}</Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
