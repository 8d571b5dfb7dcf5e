// Settings > Webhooks: where the app backend is told of vouchers; secrets are shown once; dead letters are sent again.
import { Alert, Badge, Button, Code, CopyButton, Group, MultiSelect, Stack, Switch, Table, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { deleteWebhook, listWebhookDeadLetters, listWebhooks, putWebhook, redriveWebhook, rotateWebhookSecret, testWebhook, type Endpoint, type HookStanding, type What } from '../client'
import { ApiProblem, call } from '../app/api'
import { Dialog } from '../app/dialog'
import { msg, useWords } from '../app/i18n'
import { Answer, Card, Empty, ProblemNote, When } from '../app/parts'
import { useFieldText } from '../app/said'
import { useSession } from '../app/session'

const events: What[] = ['voucher.issued', 'voucher.delivered', 'voucher.accepted', 'voucher.declined', 'voucher.expiring', 'voucher.redeemed', 'voucher.reversed']
const standings: Record<HookStanding, [string, string]> = { enabled: [msg('on'), 'pine'], disabled: [msg('off'), 'gray'], gone: [msg('answered “gone”'), 'red'] }

interface Secret { secret: string; previous_secret_until?: string }

export function Webhooks() {
  const { t, time } = useWords()
  const { mayAdminister } = useSession()
  const [editing, setEditing] = useState<Endpoint | 'new'>()
  const [shown, setShown] = useState<Secret>()
  const query = useQuery({ queryKey: ['webhooks'], queryFn: ({ signal }) => call(listWebhooks({ signal })) })
  const add = mayAdminister && <Button onClick={() => setEditing('new')}>{t('Add an endpoint')}</Button>
  return (
    <Stack>
      <Answer query={query}>{(data) => data.items.length === 0
        ? <Empty title={t('Nobody is told yet')} action={add}>{t('Your app backend can be told of each voucher: issued, delivered, accepted, redeemed. Requests are signed and tried for a day.')}</Empty>
        : <>{add && <Group>{add}</Group>}{data.items.map((endpoint) => <One key={endpoint.id} endpoint={endpoint} edit={() => setEditing(endpoint)} show={setShown} />)}</>}</Answer>
      {editing && <Edit endpoint={editing === 'new' ? undefined : editing} close={() => setEditing(undefined)} show={setShown} />}
      {shown && (
        <Dialog onClose={() => setShown(undefined)} title={t('The secret, shown once')} closeOnClickOutside={false}>
          <Stack><Text>{t('Give it to the app backend now. It cannot be shown again, only changed.')}</Text><Code block dir="ltr">{shown.secret}</Code>
            {shown.previous_secret_until && <Text size="sm">{t('The old secret counts until')} {time(shown.previous_secret_until)}</Text>}
            <CopyButton value={shown.secret}>{({ copied, copy }) => <Button variant="default" onClick={copy}>{copied ? t('Copied') : t('Copy')}</Button>}</CopyButton></Stack>
        </Dialog>
      )}
    </Stack>
  )
}

function One({ endpoint, edit, show }: { endpoint: Endpoint; edit: () => void; show: (secret: Secret) => void }) {
  const { t, number } = useWords()
  const { mayAdminister } = useSession()
  const data = useQueryClient()
  const [asked, setAsked] = useState<'rotate' | 'delete'>()
  const path = { endpoint: endpoint.id }
  const letters = useQuery({ queryKey: ['webhooks', endpoint.id, 'dead-letters'], queryFn: ({ signal }) => call(listWebhookDeadLetters({ path, signal })) })
  const refresh = () => data.invalidateQueries({ queryKey: ['webhooks'] })
  const testing = useMutation({ mutationFn: () => call(testWebhook({ path })), onSuccess: () => notifications.show({ message: t('A test event is on its way.') }) })
  const redriving = useMutation({ mutationFn: () => call(redriveWebhook({ path })), onSuccess: ({ redriven }) => { notifications.show({ message: t('Sent again: {n}', { n: number(redriven) }) }); void refresh() } })
  const deed = useMutation({
    mutationFn: async () => { if (asked === 'delete') { await call(deleteWebhook({ path })); return undefined } return call(rotateWebhookSecret({ path })) },
    onSuccess: (after) => { setAsked(undefined); if (after?.secret) show({ ...after, secret: after.secret }); void refresh() },
  })
  const [word, color] = standings[endpoint.state]
  return (
    <Card title={endpoint.id} actions={<Badge variant="light" color={color} tt="none">{t(word)}</Badge>}>
      <Code dir="ltr" className="wrap">{endpoint.url}</Code>
      <Text size="sm">{endpoint.events.length === 0 ? t('Told of everything') : t('Told of {list}', { list: endpoint.events.join(', ') })} · {t('changed')} <When at={endpoint.updated_at} /></Text>
      {endpoint.secret_changed_at && <Text size="sm">{t('Its secret was changed')} <When at={endpoint.secret_changed_at} />; {t('the one before counts for a day after that.')}</Text>}
      {letters.data && letters.data.items.length > 0 && (
        <>
          <Text fw={600} size="sm">{t('Not taken')}</Text>
          <div className="scroll" role="group" aria-label={t('Not taken')} tabIndex={0}><Table miw={480}><Table.Tbody>{letters.data.items.map((letter) => <Table.Tr key={letter.event_id}><Table.Td>{letter.type}</Table.Td><Table.Td><When at={letter.given_up_at} /></Table.Td><Table.Td>{letter.last_status ?? ''} {letter.last_reason}</Table.Td></Table.Tr>)}</Table.Tbody></Table></div>
        </>
      )}
      {[testing.error, redriving.error].filter(Boolean).map((error, place) => <ProblemNote key={place} error={error} />)}
      {mayAdminister && <Group>
        <Button variant="default" size="xs" loading={testing.isPending} onClick={() => testing.mutate()}>{t('Send a test')}</Button><Button variant="default" size="xs" onClick={edit}>{t('Change')}</Button>
        <Button variant="default" size="xs" onClick={() => setAsked('rotate')}>{t('New secret')}</Button>
        {letters.data && letters.data.items.length > 0 && <Button variant="default" size="xs" loading={redriving.isPending} onClick={() => redriving.mutate()}>{t('Send again')}</Button>}
        <Button variant="default" size="xs" c="var(--mantine-color-error)" onClick={() => setAsked('delete')}>{t('Remove')}</Button>
      </Group>}
      {asked && (
        <Dialog onClose={() => setAsked(undefined)} title={asked === 'delete' ? t('Remove') : t('New secret')}>
          <Stack><Text>{asked === 'delete' ? t('It is told nothing more, and what waits for it is not sent.') : t('For a day requests are signed with the old secret as well, so that you can change it without a gap.')}</Text>{deed.error && <ProblemNote error={deed.error} />}
            <Group justify="flex-end"><Button variant="default" onClick={() => setAsked(undefined)}>{t('Back')}</Button><Button color={asked === 'delete' ? 'red.9' : undefined} loading={deed.isPending} onClick={() => deed.mutate()}>{asked === 'delete' ? t('Remove') : t('New secret')}</Button></Group></Stack>
        </Dialog>
      )}
    </Card>
  )
}

function Edit({ endpoint, close, show }: { endpoint?: Endpoint; close: () => void; show: (secret: Secret) => void }) {
  const { t } = useWords()
  const data = useQueryClient()
  const [id, setId] = useState(endpoint?.id ?? '')
  const [url, setUrl] = useState(endpoint?.url ?? '')
  const [wanted, setWanted] = useState<What[]>(endpoint?.events ?? [])
  const [enabled, setEnabled] = useState(endpoint ? endpoint.state === 'enabled' : true)
  const saving = useMutation({
    mutationFn: () => call(putWebhook({ path: { endpoint: id }, body: { url, events: wanted, enabled } })),
    onSuccess: (after) => { close(); if (after.secret) show({ ...after, secret: after.secret }); void data.invalidateQueries({ queryKey: ['webhooks'] }) },
  })
  const say = useFieldText()
  const wrong = (field: string) => {
    const found = saving.error instanceof ApiProblem ? saving.error.fields.find((one) => one.field.startsWith(field)) : undefined
    return found && say(found)
  }
  return (
    <Dialog onClose={close} title={endpoint ? t('Change {name}', { name: endpoint.id }) : t('Add an endpoint')}>
      <Stack component="form" onSubmit={(event) => { event.preventDefault(); saving.mutate() }}>
        {!endpoint && <TextInput label={t('Name')} description={t('letters, digits, . _ : -')} required maxLength={64} value={id} onChange={({ currentTarget }) => setId(currentTarget.value)} />}
        <TextInput label={t('Address')} dir="ltr" required placeholder="https://app.example.com/hooks/vouchers" value={url} error={wrong('/url')} onChange={({ currentTarget }) => setUrl(currentTarget.value)} />
        <MultiSelect label={t('Told of')} description={t('Empty: everything.')} data={events} value={wanted} onChange={(next) => setWanted(next as What[])} error={wrong('/events')} />
        <Switch label={t('On')} checked={enabled} onChange={({ currentTarget }) => setEnabled(currentTarget.checked)} />
        {endpoint?.state === 'gone' && <Alert variant="outline" color="yellow">{t('It answered that it is gone for good. Switch it on to try again.')}</Alert>}
        {saving.error && <ProblemNote error={saving.error} />}
        <Group justify="flex-end"><Button variant="default" onClick={close}>{t('Back')}</Button><Button type="submit" loading={saving.isPending} disabled={!id || !url}>{t('Save')}</Button></Group>
      </Stack>
    </Dialog>
  )
}
