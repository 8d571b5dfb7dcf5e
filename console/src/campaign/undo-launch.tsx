// Says that a launched campaign has not started yet, counts down to its start, and lets operators take
// the launch back or start at once. Nothing has been selected, issued or sent until then.
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { stackTime } from '../api/clock'
import { callApi } from '../api/requests'
import { useSession } from '../app/session'
import { type Campaign, startCampaignNow, undoLaunch } from '../client'
import { ProblemAlert } from '../components/problem-alert'
import { useLocale } from '../locales/i18n'
import { useInvalidateCampaigns } from './campaign-queries'
import { secondsLeft } from './launch-numbers'

const TICK_MS = 1_000

type Launched = Pick<
  Campaign,
  'id' | 'version' | 'undo_until' | 'schedule' | 'allowed_actions' | 'state'
>

/** Shows nothing once the campaign has started, or where it is a draft. */
export function UndoLaunchAlert({ campaign }: { campaign: Launched }) {
  const { t } = useLocale()
  const { mayChange } = useSession()
  if (campaign.state !== 'scheduled') return null
  return (
    <Alert color="blue" variant="outline" title={t('Not started yet')}>
      <Stack gap="xs">
        <Text size="sm">
          <StartText campaign={campaign} />{' '}
          {mayChange && t('Until then nothing is sent, and you can undo the launch.')}
        </Text>
        {mayChange && <UndoButtons campaign={campaign} />}
      </Stack>
    </Alert>
  )
}

function StartText({ campaign }: { campaign: Launched }) {
  const { t, plural, time } = useLocale()
  const starts = campaign.schedule?.starts_at
  const left = useSecondsLeft(campaign.undo_until)
  if (starts && Date.parse(starts) > stackTime())
    return t('Sending starts: {time}.', { time: time(starts) })
  return left > 0
    ? plural(left, 'Sending starts in 1 second.', 'Sending starts in {n} seconds.')
    : t('Sending starts within a minute.')
}

/** Returns the whole seconds until a moment, counted down while the page is open. */
function useSecondsLeft(until: string | null | undefined) {
  const [now, setNow] = useState(stackTime)
  const left = secondsLeft(until, now)
  const counts = left > 0
  useEffect(() => {
    if (!counts) return undefined
    const timer = setInterval(() => setNow(stackTime()), TICK_MS)
    return () => clearInterval(timer)
  }, [counts])
  return left
}

function UndoButtons({ campaign: { id, version, allowed_actions } }: { campaign: Launched }) {
  const { t } = useLocale()
  const invalidateCampaigns = useInvalidateCampaigns()
  const request = { path: { id }, headers: { 'If-Match': `"${version}"` } }
  const undoing = useMutation({
    mutationFn: () => callApi(undoLaunch(request)),
    onSuccess: () =>
      notifications.show({ message: t('Launch undone. The campaign is a draft again.') }),
    onSettled: () => invalidateCampaigns(id),
  })
  const starting = useMutation({
    mutationFn: () => callApi(startCampaignNow(request)),
    onSettled: () => invalidateCampaigns(id),
  })
  const error = undoing.error ?? starting.error
  return (
    <>
      <Group gap="xs">
        {allowed_actions.includes('undo_launch') && (
          <Button size="xs" loading={undoing.isPending} onClick={() => undoing.mutate()}>
            {t('Undo launch')}
          </Button>
        )}
        {allowed_actions.includes('start_now') && (
          <Button
            size="xs"
            variant="default"
            loading={starting.isPending}
            onClick={() => starting.mutate()}
          >
            {t('Start sending now')}
          </Button>
        )}
      </Group>
      {error && <ProblemAlert error={error} />}
    </>
  )
}
