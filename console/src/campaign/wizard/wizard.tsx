// Runs the wizard: five steps over one draft. The draft is kept in this browser tab until it is
// saved, so neither a reload, an ended session nor an API that is down loses it. The API's
// complaints lead to their step and input; a change by someone else is shown beside the operator's
// own.
import { Alert, Button, Group, List, Stack, Stepper, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useBlocker, useNavigate, useParams } from '@tanstack/react-router'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useFieldMessage } from '../../api/api-messages'
import { ApiProblem, callApiWithEtag, newIdempotencyKey } from '../../api/requests'
import { useFilters } from '../../app/search-params'
import { useSession } from '../../app/session'
import {
  type Campaign,
  type CampaignDefinition,
  changeCampaign,
  createCampaign,
  type CampaignKind,
  type FieldProblem,
  readCampaign,
  replaceCampaign,
} from '../../client'
import { ModalDialog } from '../../components/modal-dialog'
import { PageFrame } from '../../components/page-frame'
import { ProblemAlert } from '../../components/problem-alert'
import { QueryResult } from '../../components/query-result'
import { msg, useLocale } from '../../locales/i18n'
import { CampaignActions } from '../campaign-actions'
import { useCampaign, useInvalidateCampaigns } from '../campaign-queries'
import { AmendForm } from './amend-form'
import { AudienceStep } from './audience-step'
import { DraftProvider, useDraft } from './campaign-draft'
import { ConflictDialog } from './conflict-dialog'
import { amendmentOf, newDefinition, pickDefinition } from './definition'
import { definitionPartNames } from './definition-part-names'
import { MessagesStep } from './messages-step'
import { OfferStep } from './offer-step'
import { removeWithUndo } from './remove-with-undo'
import { ReviewStep } from './review-step'
import { ScheduleStep } from './schedule-step'
import { draftStorageKey, readStoredDraft, type SaveBase, type StoredDraft } from './stored-draft'

const wizardSteps = [
  {
    key: 'offer',
    name: msg('Offer'),
    holds: /^\/(name|description|kind|offer|validity|accept_by|trigger|reversal|variants)/,
  },
  { key: 'audience', name: msg('Audience'), holds: /^\/audience/ },
  { key: 'messages', name: msg('Messages'), holds: /^\/(channels|messages|reminder)/ },
  {
    key: 'schedule',
    name: msg('Schedule & limits'),
    holds: /^\/(schedule|caps|holdout_percent|pressure)/,
  },
  { key: 'review', name: msg('Review'), holds: /^$/ },
]

function ViewOnlyAlert() {
  const { t } = useLocale()
  return (
    <Alert variant="outline" color="yellow" title={t('View only')}>
      {t(
        'Your group can’t create campaigns. Ask an administrator to add you to the marketer group.',
      )}
    </Alert>
  )
}

export function NewCampaignWizard({ kind }: { kind: CampaignKind }) {
  const { currency, mayChange } = useSession()
  if (!mayChange) return <ViewOnlyAlert />
  return (
    <CampaignWizard
      kind={kind}
      server={{ definition: newDefinition(kind, currency), etag: '', key: newIdempotencyKey() }}
    />
  )
}

export function EditCampaignWizard({ kind }: { kind: CampaignKind }) {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const { mayChange } = useSession()
  const query = useCampaign(id)
  if (!mayChange) return <ViewOnlyAlert />
  return (
    <QueryResult query={query}>
      {({ campaign, etag }) => (
        <CampaignWizard
          key={campaign.id}
          kind={kind}
          campaign={campaign}
          server={{ definition: pickDefinition(campaign), etag, key: '' }}
        />
      )}
    </QueryResult>
  )
}

const PROBLEMS_ID = 'draft-problems'

/** Moves the focus to the first invalid input once it is drawn, or to the list of problems. */
const focusFirstInvalid = () => {
  window.setTimeout(
    () =>
      (
        document.querySelector<HTMLElement>('main [aria-invalid=true]') ??
        document.getElementById(PROBLEMS_ID)
      )?.focus(),
    100,
  )
}

function CampaignWizard({
  kind,
  campaign,
  server,
}: {
  kind: CampaignKind
  campaign?: Campaign
  server: StoredDraft
}) {
  const name = draftStorageKey(kind, campaign?.id)
  const [start] = useState(() => ({
    from: readStoredDraft(name) ?? server,
    restored: readStoredDraft(name) !== undefined,
  }))
  const dirty = useRef(start.restored)
  const base = useRef<SaveBase>({
    etag: start.from.etag,
    key: start.from.key || newIdempotencyKey(),
    sent: start.from.sent,
  })
  const keep = useCallback(
    (definition: CampaignDefinition) => {
      dirty.current = true
      try {
        sessionStorage.setItem(name, JSON.stringify({ definition, ...base.current }))
      } catch {
        /* The storage is full: it keeps the last state that fitted. */
      }
    },
    [name],
  )
  return (
    <DraftProvider first={start.from.definition} onChange={keep}>
      <WizardSteps
        kind={kind}
        campaign={campaign}
        server={server}
        restored={start.restored}
        dirty={dirty}
        base={base}
        name={name}
        keep={keep}
      />
    </DraftProvider>
  )
}

function WizardSteps({
  kind,
  campaign,
  server,
  restored,
  dirty,
  base,
  name,
  keep,
}: {
  kind: CampaignKind
  campaign?: Campaign
  server: StoredDraft
  restored: boolean
  name: string
  keep: (definition: CampaignDefinition) => void
  dirty: React.RefObject<boolean>
  base: React.RefObject<SaveBase>
}) {
  const { t } = useLocale()
  const draft = useDraft()
  const filters = useFilters()
  const navigate = useNavigate()
  const invalidateCampaigns = useInvalidateCampaigns()
  const [restoredShown, setOffered] = useState(restored)
  const [theirs, setTheirs] = useState<{ campaign: Campaign; etag: string }>()
  const [saved, setSaved] = useState<Campaign | undefined>(campaign)
  const active = Math.max(
    0,
    wizardSteps.findIndex(({ key }) => key === filters.text('step')),
  )
  const goToStep = (step: number) => {
    filters.set({ step: wizardSteps[step]?.key })
    window.scrollTo({ top: 0 })
  }
  const frozen = campaign && campaign.state !== 'draft'

  const discardDraft = () => {
    const previous = base.current
    removeWithUndo(
      draft,
      t,
      () => {
        draft.replace(server.definition)
        base.current = { etag: server.etag, key: newIdempotencyKey() }
        clearStored()
        setOffered(false)
      },
      () => {
        base.current = previous
      },
    )
  }
  const clearStored = () => {
    dirty.current = false
    sessionStorage.removeItem(name)
  }
  const saving = useMutation({
    mutationFn: async (over?: string) => {
      const body = draft.definition
      if (!saved) {
        const sent = JSON.stringify(body)
        if (base.current.sent !== undefined && base.current.sent !== sent)
          base.current.key = newIdempotencyKey()
        base.current.sent = sent
        if (dirty.current) keep(body)
      }
      if (!saved)
        return callApiWithEtag(
          createCampaign({ body, headers: { 'Idempotency-Key': base.current.key } }),
        )
      const headers = { 'If-Match': over ?? base.current.etag }
      if (frozen)
        return callApiWithEtag(
          changeCampaign({
            path: { id: saved.id },
            body: amendmentOf(pickDefinition(saved), body),
            headers,
          }),
        )
      return callApiWithEtag(
        replaceCampaign({
          path: { id: saved.id },
          body,
          headers,
        }),
      )
    },
    onSuccess: async ({ data, etag }) => {
      clearStored()
      base.current = { ...base.current, etag }
      draft.reportProblems('save', [])
      setTheirs(undefined)
      setOffered(false)
      notifications.show({ message: t('Saved.') })
      await invalidateCampaigns(data.id)
      // The page of the saved draft takes over.
      if (!saved)
        return navigate({
          to: `/marketing/${kind}/$id/edit`,
          params: { id: data.id },
          // The step, and in it the language and the channel, stay as they are.
          search: ((old: object) => old) as never,
          replace: true,
          ignoreBlocker: true,
        })
      return setSaved(data)
    },
    onError: async (error) => {
      if (!(error instanceof ApiProblem)) return
      draft.reportProblems('save', error.fields)
      focusFirstInvalid()
      if (error.status === 412 && saved) {
        const { data, etag } = await callApiWithEtag(readCampaign({ path: { id: saved.id } }))
        setTheirs({ campaign: data, etag })
      }
    },
  })
  /** Saves, unless an input holds what cannot be read. */
  const save = (over?: string) => {
    const unread = draft.unreadProblems()
    if (unread.length === 0) return saving.mutate(over)
    draft.reportProblems('save', unread)
    return focusFirstInvalid()
  }
  /** Saves what is not saved yet, for a test of it. Returns false if that is not possible now. */
  const saveForTest = async () => {
    if (saved && !dirty.current) return true
    const unread = draft.unreadProblems()
    if (unread.length > 0) {
      draft.reportProblems('save', unread)
      focusFirstInvalid()
      return false
    }
    return saving.mutateAsync(undefined).then(
      () => true,
      () => false,
    )
  }
  const saveNow = useRef(() => {})
  saveNow.current = () => {
    if (!saving.isPending) save()
  }
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== 's') return
      event.preventDefault()
      saveNow.current()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
  const leaving = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty.current && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty.current,
    withResolver: true,
  })
  const problems = draft.problems
  const content = [
    <OfferStep key="offer" kind={kind} />,
    <AudienceStep key="audience" />,
    <MessagesStep key="messages" saved={saved?.id} save={saveForTest} />,
    <ScheduleStep key="schedule" kind={kind} />,
    <ReviewStep key="review" warnings={saved?.warnings ?? []} saved={saved} />,
  ][active]
  return (
    <PageFrame
      title={
        saved
          ? t('Edit {name}', { name: saved.name })
          : kind === 'promotion'
            ? t('New promotion')
            : t('New autopilot')
      }
      intro={
        frozen ? t('Name, description, end and caps of a launched campaign can change.') : undefined
      }
      actions={
        <Button
          variant="default"
          loading={saving.isPending}
          onClick={() => save()}
          aria-keyshortcuts="Control+S Meta+S"
        >
          {frozen ? t('Save') : t('Save draft')}
        </Button>
      }
    >
      {restoredShown && (
        <Alert variant="outline" color="blue" title={t('Your draft was restored')}>
          <Group justify="space-between">
            {t('You have unsaved changes from last time.')}
            <Button size="xs" variant="default" onClick={discardDraft}>
              {t('Discard draft')}
            </Button>
          </Group>
        </Alert>
      )}
      {!frozen && (
        <Stepper
          active={active}
          onStepClick={goToStep}
          size="sm"
          allowNextStepsSelect
          iconSize={32}
          wrap
        >
          {wizardSteps.map(({ key, name: label, holds }) => {
            const bad = draft.shownProblems.some(({ field }) => field !== '' && holds.test(field))
            return (
              <Stepper.Step
                key={key}
                label={t(label)}
                description={bad ? t('Has errors') : undefined}
                color={bad ? 'red.8' : undefined}
              />
            )
          })}
        </Stepper>
      )}
      {saving.error && !theirs && problems.length === 0 && !hasFields(saving.error) && (
        <ProblemAlert error={saving.error} title={t('Couldn’t save')} />
      )}
      {problems.length > 0 && (
        <DraftProblems
          problems={problems}
          active={frozen ? undefined : active}
          goToStep={goToStep}
        />
      )}
      {frozen && saved ? <AmendForm campaign={saved} /> : content}
      {!frozen && (
        <Group justify="space-between">
          <Button variant="default" disabled={active === 0} onClick={() => goToStep(active - 1)}>
            {t('Back')}
          </Button>
          <Group>
            {active < wizardSteps.length - 1 && (
              <Button onClick={() => goToStep(active + 1)}>{t('Next')}</Button>
            )}
            {active === wizardSteps.length - 1 &&
              (!saved || dirty.current || saving.isPending ? (
                <Button loading={saving.isPending} onClick={() => save()}>
                  {t('Save and continue')}
                </Button>
              ) : (
                <CampaignActions subject={saved} only={['launch']} />
              ))}
          </Group>
        </Group>
      )}
      {theirs && (
        <ConflictDialog
          theirs={theirs.campaign}
          close={() => setTheirs(undefined)}
          mine={() => save(theirs.etag)}
          take={() => {
            draft.replace(pickDefinition(theirs.campaign))
            base.current = { ...base.current, etag: theirs.etag }
            clearStored()
            setSaved(theirs.campaign)
            saving.reset()
            setTheirs(undefined)
          }}
        />
      )}
      {leaving.status === 'blocked' && (
        <ModalDialog onClose={leaving.reset} title={t('Leave without saving?')}>
          <Stack>
            <Text>{t('Your changes stay in this browser tab until you come back.')}</Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={leaving.proceed}>
                {t('Leave')}
              </Button>
              <Button onClick={leaving.reset}>{t('Stay')}</Button>
            </Group>
          </Stack>
        </ModalDialog>
      )}
    </PageFrame>
  )
}

const hasFields = (error: unknown) => error instanceof ApiProblem && error.fields.length > 0

/** Lists what keeps the draft from being saved, each with the way to its step. */
function DraftProblems({
  problems,
  active,
  goToStep,
}: {
  problems: FieldProblem[]
  active: number | undefined
  goToStep: (step: number) => void
}) {
  const { plural } = useLocale()
  return (
    <Alert
      id={PROBLEMS_ID}
      tabIndex={-1}
      color="red"
      variant="outline"
      title={plural(problems.length, 'Fix 1 issue', 'Fix {n} issues')}
      role="status"
    >
      <List>
        {problems.map((problem) => (
          <ProblemItem
            key={problem.field + problem.detail}
            problem={problem}
            active={active}
            goToStep={goToStep}
          />
        ))}
      </List>
    </Alert>
  )
}

function ProblemItem({
  problem: { field, code, detail },
  active,
  goToStep,
}: {
  problem: FieldProblem
  active: number | undefined
  goToStep: (step: number) => void
}) {
  const { t } = useLocale()
  const fieldMessage = useFieldMessage()
  const part = definitionPartNames[field.split('/')[1] ?? '']
  const place = wizardSteps.findIndex(({ holds }) => field !== '' && holds.test(field))
  return (
    <List.Item>
      {part && <b>{t(part)}: </b>}
      <span dir="auto" title={field}>
        {fieldMessage({ code, detail })}
      </span>{' '}
      {active !== undefined && place >= 0 && place !== active && (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            goToStep(place)
            focusFirstInvalid()
          }}
        >
          {t('Show')}
        </Button>
      )}
    </List.Item>
  )
}
