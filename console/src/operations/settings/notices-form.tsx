// Edits who is told what happens, in a chat and by e-mail, and tells them a test.
import { Button, Checkbox, Group, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { callApi, callApiWithEtag } from '../../api/requests'
import { useSession } from '../../app/session'
import {
  type NoticeKind,
  type NoticeSettings,
  readNotices,
  replaceNotices,
  testNotices,
} from '../../client'
import { EmptyState } from '../../components/empty-state'
import { ProblemAlert } from '../../components/problem-alert'
import { SectionCard } from '../../components/section-card'
import { msg, useLocale } from '../../locales/i18n'
import { SettingForm } from './setting-form'

const MAX_URL = 500

const kindLabels: Record<NoticeKind, string> = {
  approval_wanted: msg('A launch waits for an approver'),
  campaign_completed: msg('A campaign is completed'),
  campaign_paused: msg('The system paused a campaign'),
  campaign_failed: msg('A campaign missed its start'),
  lane_closed: msg('Sending on a channel has stopped'),
  readiness_red: msg('The AWS account is not ready'),
}
const kinds = Object.keys(kindLabels) as NoticeKind[]

const pickNotices = (
  settings: NoticeSettings,
): Required<Pick<NoticeSettings, 'kinds' | 'emails'>> & Pick<NoticeSettings, 'chat_url'> => ({
  chat_url: settings.chat_url ?? undefined,
  emails: settings.emails ?? [],
  kinds: settings.kinds ?? [],
})

export function NoticesForm() {
  const { t } = useLocale()
  const { mayAdminister } = useSession()
  if (!mayAdminister)
    return (
      <EmptyState title={t('Notifications outside the console')}>
        {t('Only administrators see these addresses.')}
      </EmptyState>
    )
  return (
    <Stack>
      <SettingForm<ReturnType<typeof pickNotices>>
        name="notices"
        read={async (signal) => {
          const { data, etag } = await callApiWithEtag(readNotices({ signal }))
          return { data: pickNotices(data), etag }
        }}
        write={async (body, etag) => {
          const after = await callApiWithEtag(
            replaceNotices({ body, headers: { 'If-Match': etag } }),
          )
          return { data: pickNotices(after.data), etag: after.etag }
        }}
      >
        {({ value, set, errorAt }) => (
          <SectionCard title={t('Notifications outside the console')}>
            <Text size="sm">
              {t(
                'A message is sent within a minute, once for each occurrence. What could not be sent is in the audit log.',
              )}
            </Text>
            <TextInput
              type="url"
              label={t('Incoming webhook of the chat')}
              description={t(
                'An https address, as Slack and Teams offer it. Leave blank for none.',
              )}
              maw={560}
              maxLength={MAX_URL}
              dir="ltr"
              value={value.chat_url ?? ''}
              error={errorAt('/chat_url')}
              onChange={({ currentTarget }) =>
                set({ chat_url: currentTarget.value.trim() || undefined })
              }
            />
            <EmailLines
              emails={value.emails}
              error={errorAt('/emails')}
              onChange={(emails) => set({ emails })}
            />
            <Checkbox.Group
              label={t('Notify when')}
              value={value.kinds}
              error={errorAt('/kinds')}
              onChange={(chosen) => set({ kinds: chosen as NoticeKind[] })}
            >
              <Stack gap="xs" mt="xs">
                {kinds.map((kind) => (
                  <Checkbox key={kind} value={kind} label={t(kindLabels[kind])} />
                ))}
              </Stack>
            </Checkbox.Group>
          </SectionCard>
        )}
      </SettingForm>
      <SendTest />
    </Stack>
  )
}

/** Takes e-mail addresses, one on each line. */
function EmailLines({
  emails,
  error,
  onChange,
}: {
  emails: string[]
  error: string | undefined
  onChange: (emails: string[]) => void
}) {
  const { t } = useLocale()
  const [typed, setTyped] = useState(() => emails.join('\n'))
  return (
    <Textarea
      label={t('E-mail addresses')}
      description={t('One on each line, at most 10.')}
      maw={560}
      autosize
      minRows={2}
      dir="ltr"
      value={typed}
      error={error}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value)
        onChange(
          currentTarget.value
            .split('\n')
            .map((line) => line.trim())
            .filter(Boolean),
        )
      }}
    />
  )
}

function SendTest() {
  const { t } = useLocale()
  const testing = useMutation({
    mutationFn: () => callApi(testNotices()),
    onSuccess: () => notifications.show({ message: t('The test arrives within a minute.') }),
  })
  return (
    <>
      <Group>
        <Button variant="default" loading={testing.isPending} onClick={() => testing.mutate()}>
          {t('Send a test notification')}
        </Button>
      </Group>
      {testing.error && <ProblemAlert error={testing.error} />}
    </>
  )
}
