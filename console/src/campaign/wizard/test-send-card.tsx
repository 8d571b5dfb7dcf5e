// Sends a test of the draft to addresses that an administrator has listed, after saving what is not saved yet.
// Operators who may not see the list type an address, and the API checks it.
import { Anchor, Button, Checkbox, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useFieldMessage } from '../../api/api-messages'
import { ApiProblem, callApi, newIdempotencyKey } from '../../api/requests'
import { searchParams } from '../../app/search-params'
import { useSession } from '../../app/session'
import {
  type Channel,
  createTestSend,
  readTestAddresses,
  readTestSend,
  type TestSendState,
  type TestAddress,
} from '../../client'
import { ProblemAlert } from '../../components/problem-alert'
import { SectionCard } from '../../components/section-card'
import { channelLabels } from '../../delivery/labels'
import { msg, useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'

/** The most messages that one test sends. */
const MAX_MESSAGES = 10

const testSendLabels: Record<TestSendState, string> = {
  waiting: msg('waiting'),
  sending: msg('being sent'),
  sent: msg('sent'),
  refused: msg('refused'),
  unknown: msg('no answer'),
}

export function TestSendCard({
  saved,
  locale,
  save,
}: {
  saved: string | undefined
  locale: string
  /** Saves the draft as far as it is not; returns false if that was refused, which is said beside the form. */
  save: () => Promise<boolean>
}) {
  const { t, plural, number } = useLocale()
  const { definition } = useDraft()
  const { mayAdminister } = useSession()
  const ladder = definition.channels.ladder
  const addresses = useQuery({
    queryKey: ['test-addresses'],
    enabled: mayAdminister,
    queryFn: ({ signal }) => callApi(readTestAddresses({ signal })),
  })
  const listedAddresses = (addresses.data?.addresses ?? []).filter(({ channel }) =>
    ladder.includes(channel),
  )
  const [chosen, setChosen] = useState<string[]>([])
  const [typed, setTyped] = useState<TestAddress>({ channel: ladder[0] ?? 'email', address: '' })
  const recipients = mayAdminister
    ? listedAddresses.filter(({ address }) => chosen.includes(address))
    : typed.address.trim()
      ? [{ ...typed, address: typed.address.trim() }]
      : []
  const locales = Object.keys(definition.messages.locales)
  const [everyLanguage, setEveryLanguage] = useState(false)
  const languages = everyLanguage ? locales : [locale]
  const sent = useRef({ text: '', key: newIdempotencyKey() })
  const sending = useMutation({
    mutationFn: async () => {
      if (!(await save())) return undefined
      const to = languages.flatMap((language) =>
        recipients.map(({ channel, address }) => ({ channel, address, locale: language })),
      )
      return callApi(
        createTestSend({
          path: { id: saved! },
          headers: { 'Idempotency-Key': sent.current.key },
          body: { to },
        }),
      )
    },
    // Only the repeat of a request without an answer is the same test.
    onSettled: (_, error) => {
      if (!(error instanceof ApiProblem && error.status === 0))
        sent.current.key = newIdempotencyKey()
    },
  })
  const id = sending.data?.id
  const outcome = useQuery({
    queryKey: ['test-send', saved, id],
    enabled: Boolean(id),
    queryFn: ({ signal }) =>
      callApi(readTestSend({ path: { id: saved!, test_send: id! }, signal })),
    refetchInterval: ({ state }) =>
      state.data?.messages.every(({ state: one }) => one !== 'waiting' && one !== 'sending')
        ? false
        : 1_500,
  })
  const fieldMessage = useFieldMessage()
  const fields = sending.error instanceof ApiProblem ? sending.error.fields : []
  return (
    <SectionCard title={t('Send a test message')}>
      {!saved && (
        <Group>
          <Text>{t('Save the draft first. Tests use the saved version.')}</Text>
          <Button variant="default" onClick={() => void save()}>
            {t('Save the draft')}
          </Button>
        </Group>
      )}
      {saved && mayAdminister && addresses.error && (
        <ProblemAlert error={addresses.error} retry={() => void addresses.refetch()} />
      )}
      {saved && addresses.data && listedAddresses.length === 0 && (
        <Text>
          {t('There are no test addresses yet. Administrators add them in Settings.')}{' '}
          <Anchor
            component={Link}
            to="/configuration/voucher-campaign/settings"
            search={searchParams({ tab: 'tests' })}
          >
            {t('Test addresses')}
          </Anchor>
        </Text>
      )}
      {saved && (
        <>
          {listedAddresses.length > 0 && (
            <Checkbox.Group value={chosen} onChange={setChosen} label={t('To')}>
              <Stack gap={4} mt={4}>
                {listedAddresses.map(({ address, channel, label }) => (
                  <Checkbox
                    key={channel + address}
                    value={address}
                    label={`${label ? `${label}: ` : ''}${address} (${t(channelLabels[channel])})`}
                  />
                ))}
              </Stack>
            </Checkbox.Group>
          )}
          {!mayAdminister && (
            <Group align="flex-start">
              <Select
                label={t('Channel')}
                w={130}
                allowDeselect={false}
                value={typed.channel}
                data={ladder.map((one) => ({ value: one, label: t(channelLabels[one]) }))}
                onChange={(channel) =>
                  channel && setTyped({ ...typed, channel: channel as Channel })
                }
              />
              <TextInput
                label={t('Address')}
                description={t('A test address from Settings.')}
                inputWrapperOrder={['label', 'input', 'description', 'error']}
                w={320}
                dir="ltr"
                value={typed.address}
                error={fields[0] && fieldMessage(fields[0])}
                onChange={({ currentTarget }) =>
                  setTyped({ ...typed, address: currentTarget.value })
                }
              />
            </Group>
          )}
          {(!mayAdminister || listedAddresses.length > 0) && (
            <Group>
              {locales.length > 1 && (
                <Checkbox
                  label={plural(locales.length, 'In its language', 'In all {n} languages')}
                  description={t('One test sends at most {n} messages.', {
                    n: number(MAX_MESSAGES),
                  })}
                  checked={everyLanguage}
                  onChange={({ currentTarget }) => setEveryLanguage(currentTarget.checked)}
                />
              )}
              <Button
                variant="default"
                disabled={
                  recipients.length === 0 || recipients.length * languages.length > MAX_MESSAGES
                }
                loading={sending.isPending}
                onClick={() => sending.mutate()}
              >
                {t('Send test')}
              </Button>
              <Text size="sm" c="dimmed">
                {t('Changes are saved first.')}
              </Text>
            </Group>
          )}
        </>
      )}
      {sending.error && <ProblemAlert error={sending.error} />}
      <div aria-live="polite">
        {(outcome.data ?? sending.data)?.messages.map((message, place) => (
          <Text key={place} size="sm">
            {t(channelLabels[message.channel])}: {t(testSendLabels[message.state])}
            {message.reason ? ` (${message.reason})` : ''}
          </Text>
        ))}
      </div>
    </SectionCard>
  )
}
