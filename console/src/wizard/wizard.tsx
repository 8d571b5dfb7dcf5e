// The wizard: five steps over one draft. What is typed is kept in this browser tab until it is saved, so neither a reload, an ended session nor an API
// that is down loses it; the API's complaints lead to their step and input; a change by someone else is shown beside one's own.
import { Alert, Button, Group, List, Stack, Stepper, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useBlocker, useNavigate, useParams } from '@tanstack/react-router'
import { useCallback, useRef, useState } from 'react'
import { createCampaign, readCampaign, replaceCampaign, type Campaign, type CampaignDefinition, type Kind } from '../client'
import { ApiProblem, callWithEtag, idempotencyKey } from '../app/api'
import { Differences } from '../app/differences'
import { Dialog } from '../app/dialog'
import { msg, useWords } from '../app/i18n'
import { Answer, Page as Frame, ProblemNote } from '../app/parts'
import { useFieldText } from '../app/said'
import { useFilters } from '../app/search'
import { useSession } from '../app/session'
import { Actions } from '../campaigns/actions'
import { useCampaign, useForget } from '../campaigns/queries'
import { AudienceStep } from './audience'
import { definitionOf, DraftProvider, newDefinition, useDraft } from './draft'
import { MessagesStep } from './messages'
import { partNames } from './names'
import { OfferStep } from './offer'
import { ReviewStep } from './review'
import { ScheduleStep } from './schedule'
import { undoable } from './undo'

const steps = [
  { key: 'offer', name: msg('Offer'), holds: /^\/(name|description|kind|offer|validity|accept_by|trigger|reversal)/ },
  { key: 'audience', name: msg('Audience'), holds: /^\/audience/ },
  { key: 'messages', name: msg('Messages'), holds: /^\/(channels|messages|reminder)/ },
  { key: 'schedule', name: msg('Schedule and bounds'), holds: /^\/(schedule|caps|holdout_percent|pressure)/ },
  { key: 'review', name: msg('Review'), holds: /^$/ },
]

/** `sent` is what the key went out with: a repeat of it makes nothing twice, and something else needs another key. */
interface Base { etag: string; key: string; sent?: string }
interface Kept extends Base { definition: CampaignDefinition }
const keptName = (kind: Kind, id?: string) => `console.draft.${kind}.${id ?? 'new'}`
function kept(name: string): Kept | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? 'null') as Kept | undefined ?? undefined
  } catch {
    return undefined
  }
}

function OnlyLook() {
  const { t } = useWords()
  return <Alert variant="outline" color="yellow" title={t('You can look, not change')}>{t('Your group may not make campaigns. Ask an administrator for the group marketer.')}</Alert>
}

export function New({ kind }: { kind: Kind }) {
  const { currency, mayChange } = useSession()
  if (!mayChange) return <OnlyLook />
  return <Wizard kind={kind} server={{ definition: newDefinition(kind, currency), etag: '', key: idempotencyKey() }} />
}

export function Edit({ kind }: { kind: Kind }) {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const { mayChange } = useSession()
  const query = useCampaign(id)
  if (!mayChange) return <OnlyLook />
  return <Answer query={query}>{({ campaign, etag }) => <Wizard key={campaign.id} kind={kind} campaign={campaign} server={{ definition: definitionOf(campaign), etag, key: '' }} />}</Answer>
}

/** The first input that is complained about, once it is drawn, takes the focus. */
const toFirstWrong = () => { window.setTimeout(() => document.querySelector<HTMLElement>('main [aria-invalid=true]')?.focus(), 100) }

function Wizard({ kind, campaign, server }: { kind: Kind; campaign?: Campaign; server: Kept }) {
  const name = keptName(kind, campaign?.id)
  const [start] = useState(() => ({ from: kept(name) ?? server, restored: kept(name) !== undefined }))
  const dirty = useRef(start.restored)
  const base = useRef<Base>({ etag: start.from.etag, key: start.from.key || idempotencyKey(), sent: start.from.sent })
  const keep = useCallback((definition: CampaignDefinition) => {
    dirty.current = true
    try { sessionStorage.setItem(name, JSON.stringify({ definition, ...base.current })) } catch { /* a full store keeps what it has */ }
  }, [name])
  return (
    <DraftProvider first={start.from.definition} onChange={keep}>
      <Steps kind={kind} campaign={campaign} server={server} restored={start.restored} dirty={dirty} base={base} name={name} keep={keep} />
    </DraftProvider>
  )
}

function Steps({ kind, campaign, server, restored, dirty, base, name, keep }: {
  kind: Kind; campaign?: Campaign; server: Kept; restored: boolean; name: string; keep: (definition: CampaignDefinition) => void
  dirty: React.RefObject<boolean>; base: React.RefObject<Base>
}) {
  const { t } = useWords()
  const draft = useDraft()
  const filters = useFilters()
  const navigate = useNavigate()
  const forget = useForget()
  const [offered, setOffered] = useState(restored)
  const [theirs, setTheirs] = useState<{ campaign: Campaign; etag: string }>()
  const [saved, setSaved] = useState<Campaign | undefined>(campaign)
  const active = Math.max(0, steps.findIndex(({ key }) => key === filters.text('step')))
  const go = (step: number) => { filters.set({ step: steps[step]?.key }); window.scrollTo({ top: 0 }) }
  const frozen = campaign && campaign.state !== 'draft'

  const throwAway = () => {
    const was = base.current
    undoable(draft, t, () => { draft.replace(server.definition); base.current = { etag: server.etag, key: idempotencyKey() }; clean(); setOffered(false) }, () => { base.current = was })
  }
  const clean = () => { dirty.current = false; sessionStorage.removeItem(name) }
  const saving = useMutation({
    mutationFn: async (over?: string) => {
      const body = draft.definition
      if (!saved) {
        const sent = JSON.stringify(body)
        if (base.current.sent !== undefined && base.current.sent !== sent) base.current.key = idempotencyKey()
        base.current.sent = sent
        if (dirty.current) keep(body)
      }
      if (!saved) return callWithEtag(createCampaign({ body, headers: { 'Idempotency-Key': base.current.key } }))
      return callWithEtag(replaceCampaign({ path: { id: saved.id }, body, headers: { 'If-Match': over ?? base.current.etag } }))
    },
    onSuccess: async ({ data, etag }) => {
      clean()
      base.current = { ...base.current, etag }
      draft.report('save', [])
      setTheirs(undefined)
      setOffered(false)
      notifications.show({ message: t('Saved.') })
      await forget(data.id)
      // the page of the saved draft takes over
      if (!saved) return navigate({ to: `/marketing/${kind}/$id/edit`, params: { id: data.id }, search: { step: steps[active]?.key } as never, replace: true, ignoreBlocker: true })
      return setSaved(data)
    },
    onError: async (error) => {
      if (!(error instanceof ApiProblem)) return
      draft.report('save', error.fields)
      toFirstWrong()
      if (error.status === 412 && saved) {
        const { data, etag } = await callWithEtag(readCampaign({ path: { id: saved.id } }))
        setTheirs({ campaign: data, etag })
      }
    },
  })
  const leaving = useBlocker({ shouldBlockFn: ({ current, next }) => dirty.current && current.pathname !== next.pathname, enableBeforeUnload: () => dirty.current, withResolver: true })
  const complaints = draft.problems
  const say = useFieldText()
  const content = [<OfferStep key="offer" kind={kind} />, <AudienceStep key="audience" />, <MessagesStep key="messages" saved={saved?.id} />, <ScheduleStep key="schedule" kind={kind} />, <ReviewStep key="review" warnings={saved?.warnings ?? []} saved={saved} />][active]
  return (
    <Frame title={saved ? t('Change {name}', { name: saved.name }) : kind === 'promotion' ? t('New promotion') : t('New autopilot')}
      intro={frozen ? t('It was launched: name, description, end and caps can change; the rest is fixed.') : undefined}
      actions={<Button variant="default" loading={saving.isPending} onClick={() => saving.mutate(undefined)}>{frozen ? t('Save') : t('Save draft')}</Button>}>
      {offered && (
        <Alert variant="outline" color="blue" title={t('What you typed is back')}>
          <Group justify="space-between">{t('It was not saved last time.')}
            <Button size="xs" variant="default" onClick={throwAway}>{t('Throw it away')}</Button></Group>
        </Alert>
      )}
      <Stepper active={active} onStepClick={go} size="sm" allowNextStepsSelect iconSize={32} wrap>
        {steps.map(({ key, name: label, holds }) => {
          const bad = complaints.some(({ field }) => field !== '' && holds.test(field))
          return <Stepper.Step key={key} label={t(label)} description={bad ? t('needs another look') : undefined} color={bad ? 'red.8' : undefined} />
        })}
      </Stepper>
      {saving.error && !theirs && <ProblemNote error={saving.error} />}
      {complaints.length > 0 && (
        <Alert color="red" variant="outline" title={t('To put right')} role="status">
          <List>{complaints.map(({ field, code, detail }) => {
            const place = steps.findIndex(({ holds }) => field !== '' && holds.test(field))
            return <List.Item key={field + detail}>{partNames[field.split('/')[1] ?? ''] && <b>{t(partNames[field.split('/')[1] ?? '']!)}: </b>}<span dir="auto" title={field}>{say({ code, detail })}</span>{' '}
              {place >= 0 && place !== active && <Button size="compact-xs" variant="default" onClick={() => { go(place); toFirstWrong() }}>{t('Show')}</Button>}</List.Item>
          })}</List>
        </Alert>
      )}
      {content}
      <Group justify="space-between">
        <Button variant="default" disabled={active === 0} onClick={() => go(active - 1)}>{t('Back')}</Button>
        <Group>
          {active < steps.length - 1 && <Button onClick={() => go(active + 1)}>{t('Next')}</Button>}
          {active === steps.length - 1 && (!saved || dirty.current || saving.isPending
            ? <Button loading={saving.isPending} onClick={() => saving.mutate(undefined)}>{t('Save and go on')}</Button>
            : <Actions subject={saved} only={['launch']} />)}
        </Group>
      </Group>
      {theirs && <Conflict theirs={theirs.campaign} close={() => setTheirs(undefined)}
        mine={() => saving.mutate(theirs.etag)} take={() => { draft.replace(definitionOf(theirs.campaign)); base.current = { ...base.current, etag: theirs.etag }; clean(); setSaved(theirs.campaign); saving.reset(); setTheirs(undefined) }} />}
      {leaving.status === 'blocked' && (
        <Dialog onClose={leaving.reset} title={t('Leave without saving?')}>
          <Stack><Text>{t('What you typed stays in this browser tab until you come back.')}</Text>
            <Group justify="flex-end"><Button variant="default" onClick={leaving.proceed}>{t('Leave')}</Button><Button onClick={leaving.reset}>{t('Stay')}</Button></Group></Stack>
        </Dialog>
      )}
    </Frame>
  )
}

/** Both versions of what differs, and the choice. */
function Conflict({ theirs, mine, take, close }: { theirs: Campaign; mine: () => void; take: () => void; close: () => void }) {
  const { t, ago } = useWords()
  const { definition } = useDraft()
  return (
    <Dialog onClose={close} size="xl" title={t('Someone changed this since you opened it')}>
      <Stack>
        <Text>{t('Saved {when}. This differs from what you have here:', { when: ago(theirs.updated_at) })}</Text>
        <Differences mine={definition} theirs={definitionOf(theirs)} names={partNames} />
        <Group justify="flex-end"><Button variant="default" onClick={take}>{t('Take theirs')}</Button><Button onClick={mine}>{t('Keep mine')}</Button></Group>
      </Stack>
    </Dialog>
  )
}
