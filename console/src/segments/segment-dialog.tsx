// Edits one saved segment: its names, its rule, and whether its customers are kept out of every
// campaign. Saving makes a new version; what is in use cannot be deleted.
import { Button, Group, Stack, Switch, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiProblem, callApi } from '../api/requests'
import { useSession } from '../app/session'
import { DraftProvider, useDraft } from '../campaign/wizard/campaign-draft'
import { RuleEditor } from '../campaign/wizard/rule-editor'
import {
  type CampaignDefinition,
  deleteSegment,
  type Rule,
  type SavedSegmentView,
  saveSegment,
} from '../client'
import { ModalDialog } from '../components/modal-dialog'
import { ProblemAlert } from '../components/problem-alert'
import { useLocale } from '../locales/i18n'
import { segmentsQuery } from './segment-queries'

const NEW_RULE: Rule = { all: [{ orders_count: { in_days: 90, at_least: 1 } }] }

export function SegmentDialog({
  segment,
  close,
}: {
  segment?: SavedSegmentView
  close: () => void
}) {
  const { t } = useLocale()
  // The rule editor edits the draft of a campaign, of which only the rule is used here.
  const first = { rule: segment?.rule ?? NEW_RULE } as unknown as CampaignDefinition
  return (
    <ModalDialog
      title={segment ? segment.name : t('New segment')}
      size="xl"
      onClose={close}
      closeOnClickOutside={false}
    >
      <DraftProvider first={first} onChange={() => undefined}>
        <SegmentFields segment={segment} close={close} />
      </DraftProvider>
    </ModalDialog>
  )
}

function SegmentFields({ segment, close }: { segment?: SavedSegmentView; close: () => void }) {
  const { t } = useLocale()
  const { mayChange, mayAdminister } = useSession()
  const draft = useDraft()
  const queries = useQueryClient()
  const [id, setId] = useState(segment?.id ?? '')
  const [name, setName] = useState(segment?.name ?? '')
  const [description, setDescription] = useState(segment?.description ?? '')
  const [excluded, setExcluded] = useState(segment?.excluded ?? false)
  const locked = !mayChange || (segment?.excluded === true && !mayAdminister)
  const done = async () => {
    await queries.invalidateQueries({ queryKey: segmentsQuery.queryKey })
    close()
  }
  const save = useMutation({
    mutationFn: () =>
      callApi(
        saveSegment({
          path: { id },
          headers: segment && { 'If-Match': `"${segment.version}"` },
          body: { name, description, excluded, rule: draft.get('/rule') as Rule },
        }),
      ),
    onSuccess: done,
    onError: (error) =>
      draft.reportProblems('save', error instanceof ApiProblem ? error.fields : []),
  })
  const remove = useMutation({
    mutationFn: () => callApi(deleteSegment({ path: { id } })),
    onSuccess: done,
  })
  const failed = save.error ?? remove.error
  return (
    <Stack>
      {failed && <ProblemAlert error={failed} />}
      <Group align="flex-start" grow>
        <TextInput
          label={t('Id')}
          required
          dir="ltr"
          disabled={segment !== undefined || locked}
          value={id}
          onChange={({ currentTarget }) => setId(currentTarget.value)}
        />
        <TextInput
          label={t('Name')}
          required
          dir="auto"
          disabled={locked}
          error={draft.errorAt('/name')}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
      </Group>
      <Textarea
        label={t('Description')}
        dir="auto"
        disabled={locked}
        error={draft.errorAt('/description')}
        value={description}
        onChange={({ currentTarget }) => setDescription(currentTarget.value)}
      />
      <RuleEditor at="/rule" />
      <Switch
        label={t('Exclude these customers from every campaign')}
        description={t(
          'For staff, test accounts and legal holds. Only administrators change this.',
        )}
        checked={excluded}
        disabled={!mayAdminister}
        onChange={({ currentTarget }) => setExcluded(currentTarget.checked)}
      />
      <Group justify="space-between">
        <Group>
          <Button
            disabled={locked || id === '' || name === ''}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            {t('Save')}
          </Button>
          <Button variant="default" onClick={close}>
            {t('Close')}
          </Button>
        </Group>
        {segment && (
          <Button
            variant="outline"
            color="red"
            disabled={locked}
            loading={remove.isPending}
            onClick={() => remove.mutate()}
          >
            {t('Delete')}
          </Button>
        )}
      </Group>
    </Stack>
  )
}
