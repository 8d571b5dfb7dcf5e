// Sending oneself a test of what is saved: to addresses that an administrator listed. Who may not see the list writes the address, and the API knows it.
import { Button, Checkbox, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { createTestSend, readTestAddresses, readTestSend, type Channel, type SampleState, type TestAddress } from '../client'
import { ApiProblem, call, idempotencyKey } from '../app/api'
import { msg, useWords } from '../app/i18n'
import { Card, channelWords, ProblemNote } from '../app/parts'
import { useFieldText } from '../app/said'
import { useSession } from '../app/session'
import { useDraft } from './draft'

const sampleWords: Record<SampleState, string> = { waiting: msg('waiting'), sending: msg('being sent'), sent: msg('sent'), refused: msg('refused'), unknown: msg('no answer') }

export function TestSendCard({ saved, locale }: { saved: string | undefined; locale: string }) {
  const { t } = useWords()
  const { definition } = useDraft()
  const { mayAdminister } = useSession()
  const ladder = definition.channels.ladder
  const addresses = useQuery({ queryKey: ['test-addresses'], enabled: mayAdminister, queryFn: ({ signal }) => call(readTestAddresses({ signal })) })
  const listed = (addresses.data?.addresses ?? []).filter(({ channel }) => ladder.includes(channel))
  const [chosen, setChosen] = useState<string[]>([])
  const [typed, setTyped] = useState<TestAddress>({ channel: ladder[0] ?? 'email', address: '' })
  const wanted = mayAdminister ? listed.filter(({ address }) => chosen.includes(address)) : typed.address.trim() ? [{ ...typed, address: typed.address.trim() }] : []
  const sent = useRef({ text: '', key: idempotencyKey() })
  const sending = useMutation({
    mutationFn: () => {
      const body = { to: wanted.map(({ channel, address }) => ({ channel, address, locale })) }
      return call(createTestSend({ path: { id: saved! }, headers: { 'Idempotency-Key': sent.current.key }, body }))
    },
    // only a repeat of what got no answer is the same test
    onSettled: (_, error) => { if (!(error instanceof ApiProblem && error.status === 0)) sent.current.key = idempotencyKey() },
  })
  const id = sending.data?.id
  const outcome = useQuery({
    queryKey: ['test-send', saved, id], enabled: Boolean(id),
    queryFn: ({ signal }) => call(readTestSend({ path: { id: saved!, test_send: id! }, signal })),
    refetchInterval: ({ state }) => (state.data?.messages.every(({ state: one }) => one !== 'waiting' && one !== 'sending') ? false : 1_500),
  })
  const say = useFieldText()
  const fields = sending.error instanceof ApiProblem ? sending.error.fields : []
  return (
    <Card title={t('Send yourself a test')}>
      {!saved && <Text>{t('Save the draft first; a test is sent from what is saved.')}</Text>}
      {saved && mayAdminister && addresses.error && <ProblemNote error={addresses.error} retry={() => void addresses.refetch()} />}
      {saved && addresses.data && listed.length === 0 && <Text>{t('No test address is listed yet. An administrator lists them in the settings.')}</Text>}
      {saved && (
        <>
          {listed.length > 0 && <Checkbox.Group value={chosen} onChange={setChosen} label={t('To')}><Stack gap={4} mt={4}>{listed.map(({ address, channel, label }) => <Checkbox key={channel + address} value={address} label={`${label ? `${label}: ` : ''}${address} (${t(channelWords[channel])})`} />)}</Stack></Checkbox.Group>}
          {!mayAdminister && (
            <Group align="flex-start">
              <Select label={t('Channel')} w={130} allowDeselect={false} value={typed.channel} data={ladder.map((one) => ({ value: one, label: t(channelWords[one]) }))} onChange={(channel) => channel && setTyped({ ...typed, channel: channel as Channel })} />
              <TextInput label={t('Address')} description={t('One that an administrator has listed as a test address.')} inputWrapperOrder={['label', 'input', 'description', 'error']} w={320} dir="ltr" value={typed.address} error={fields[0] && say(fields[0])} onChange={({ currentTarget }) => setTyped({ ...typed, address: currentTarget.value })} />
            </Group>
          )}
          {(!mayAdminister || listed.length > 0) && <Group><Button variant="default" disabled={wanted.length === 0} loading={sending.isPending} onClick={() => sending.mutate()}>{t('Send the test')}</Button></Group>}
        </>
      )}
      {sending.error && <ProblemNote error={sending.error} />}
      <div aria-live="polite">{(outcome.data ?? sending.data)?.messages.map((message, place) => <Text key={place} size="sm">{t(channelWords[message.channel])}: {t(sampleWords[message.state])}{message.reason ? ` (${message.reason})` : ''}</Text>)}</div>
    </Card>
  )
}
