// Offers what can be done to the campaigns that are chosen in a list, or to all that its filter finds. Each action is confirmed with how
// many campaigns it changes, and says afterwards which of them refused it, and why.
import { Button, Group, List, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { readAllPages } from '../api/csv'
import { useProblemMessage } from '../api/problem-messages'
import { callApi } from '../api/requests'
import { type CampaignListItem, listCampaigns } from '../client'
import { ModalDialog } from '../components/modal-dialog'
import { ProblemAlert } from '../components/problem-alert'
import { msg, useLocale } from '../locales/i18n'
import { allowing, type BulkAction, bulkActions, type BulkResult, runBulk } from './bulk-actions'
import { type CampaignFilter, runAction, useInvalidateCampaigns } from './campaign-queries'

const actionNames: Record<BulkAction, string> = {
  pause: msg('Pause'),
  resume: msg('Resume'),
  archive: msg('Archive'),
  delete: msg('Delete draft'),
}
const explanations: Record<BulkAction, string> = {
  pause: msg('Sending stops until you resume. Customers can still redeem their vouchers.'),
  resume: msg('Sending continues where it stopped.'),
  archive: msg('The campaign is hidden from lists. Reports keep its numbers.'),
  delete: msg('The draft is deleted permanently.'),
}

/** The most campaigns that are chosen at once: each is changed by a request of its own. */
const MAX_CHOSEN = 500
const PAGE_LIMIT = 100

export default function BulkBar({
  chosen,
  filter,
  onAll,
  onDone,
  onClear,
}: {
  chosen: CampaignListItem[]
  /** The filter of a list that has more pages. */
  filter: Pick<CampaignFilter, 'kind' | 'state' | 'owner' | 'q'> | undefined
  /** Receives all campaigns that the filter finds. */
  onAll: (campaigns: CampaignListItem[]) => void
  /** Receives the ids of the campaigns that were changed. */
  onDone: (ids: string[]) => void
  onClear: () => void
}) {
  const { t, plural, number } = useLocale()
  const [asked, setAsked] = useState<BulkAction>()
  const finding = useMutation({
    mutationFn: () =>
      readAllPages(
        (cursor) => callApi(listCampaigns({ query: { ...filter, cursor, limit: PAGE_LIMIT } })),
        undefined,
        MAX_CHOSEN,
      ),
    onSuccess: onAll,
  })
  return (
    <Group className="no-print" role="group" aria-label={t('Actions for selected campaigns')}>
      <Text role="status">
        {plural(chosen.length, '1 campaign selected', '{n} campaigns selected')}
      </Text>
      {bulkActions.map((action) => {
        const able = allowing(action, chosen)
        return (
          able.length > 0 && (
            <Button
              key={action}
              size="compact-sm"
              variant="default"
              c={action === 'delete' ? 'var(--mantine-color-error)' : undefined}
              onClick={() => setAsked(action)}
            >
              {t(actionNames[action])} ({number(able.length)})
            </Button>
          )
        )
      })}
      {filter && !finding.data && (
        <Button
          size="compact-sm"
          variant="default"
          loading={finding.isPending}
          onClick={() => finding.mutate()}
        >
          {t('Select all that match')}
        </Button>
      )}
      <Button size="compact-sm" variant="subtle" onClick={onClear}>
        {t('Clear selection')}
      </Button>
      {finding.error && <ProblemAlert error={finding.error} />}
      {asked && (
        <BulkDialog
          action={asked}
          campaigns={allowing(asked, chosen)}
          left={chosen.length - allowing(asked, chosen).length}
          onDone={onDone}
          onClose={() => setAsked(undefined)}
        />
      )}
    </Group>
  )
}

function BulkDialog({
  action,
  campaigns,
  left,
  onDone,
  onClose,
}: {
  action: BulkAction
  campaigns: CampaignListItem[]
  left: number
  onDone: (ids: string[]) => void
  onClose: () => void
}) {
  const { t, plural, number } = useLocale()
  const invalidateCampaigns = useInvalidateCampaigns()
  // What was asked for does not change with the list behind the dialog.
  const [subjects] = useState(campaigns)
  const [progress, setProgress] = useState<number>()
  const [result, setResult] = useState<BulkResult>()
  const run = async () => {
    setProgress(0)
    const found = await runBulk(
      subjects,
      ({ id, version }) => runAction(action, id, version),
      setProgress,
    )
    await invalidateCampaigns()
    if (found.refused.length === 0) {
      onClose()
      onDone(found.done)
    } else setResult(found)
  }
  const close = () => {
    onClose()
    if (result) onDone(result.done)
  }
  return (
    <ModalDialog
      title={t(actionNames[action])}
      onClose={() => {
        if (progress === undefined || result) close()
      }}
    >
      <Stack>
        {result ? (
          <BulkRefusals result={result} />
        ) : (
          <>
            <Text>
              {plural(subjects.length, 'This changes 1 campaign.', 'This changes {n} campaigns.')}{' '}
              {left > 0 &&
                plural(
                  left,
                  '1 selected campaign stays as it is: its state does not allow this.',
                  '{n} selected campaigns stay as they are: their state does not allow this.',
                )}
            </Text>
            <Text>{t(explanations[action])}</Text>
            {progress !== undefined && (
              <Text role="status">
                {t('{n} of {of} done', { n: number(progress), of: number(subjects.length) })}
              </Text>
            )}
          </>
        )}
        <Group justify="flex-end">
          <Button variant="default" disabled={progress !== undefined && !result} onClick={close}>
            {result ? t('Close') : t('Back')}
          </Button>
          {!result && (
            <Button
              loading={progress !== undefined}
              color={action === 'delete' ? 'red.9' : undefined}
              onClick={() => void run()}
            >
              {t(actionNames[action])}
            </Button>
          )}
        </Group>
      </Stack>
    </ModalDialog>
  )
}

function BulkRefusals({ result }: { result: BulkResult }) {
  const { t, plural, number } = useLocale()
  const problemMessage = useProblemMessage()
  return (
    <div role="alert">
      <Text>{t('{n} changed.', { n: number(result.done.length) })}</Text>
      <Text fw={600}>
        {plural(result.refused.length, '1 could not be changed:', '{n} could not be changed:')}
      </Text>
      <List>
        {result.refused.map(({ campaign, error }) => (
          <List.Item key={campaign.id}>
            <bdi>{campaign.name}</bdi> · {problemMessage(error)}
          </List.Item>
        ))}
      </List>
    </div>
  )
}
