// Configuration > Settings: contact policy, brand, test addresses, costs, approvals, webhooks, and what one's own groups allow. Tabs are in the address.
import { Badge, Button, Checkbox, ColorInput, Group, NumberInput, Select, Stack, Table, Tabs, Text, Textarea, TextInput } from '@mantine/core'
import { readBrand, readContactPolicy, readTestAddresses, replaceBrand, replaceContactPolicy, replaceTestAddresses, type BrandSettings, type Channel, type ContactPolicy, type TestAddress, type TestAddresses } from '../client'
import { callWithEtag } from '../app/api'
import { msg, useWords } from '../app/i18n'
import { Card, channelWords, Empty, Page as Frame } from '../app/parts'
import { useFilters } from '../app/search'
import { useSession } from '../app/session'
import { SettingForm } from './form'
import { ApprovalsForm, CostsForm } from './money'
import { Webhooks } from './webhooks'

const channels: Channel[] = ['sms', 'email', 'push']

export function Page() {
  const { t } = useWords()
  const filters = useFilters()
  return (
    <Frame title={t('Settings')} intro={t('What holds for all campaigns.')}>
      <Tabs value={filters.text('tab') ?? 'policy'} onChange={(value) => filters.set({ tab: value === 'policy' ? undefined : value ?? undefined })} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="policy">{t('Hours and caps')}</Tabs.Tab><Tabs.Tab value="brand">{t('Brand')}</Tabs.Tab><Tabs.Tab value="tests">{t('Test addresses')}</Tabs.Tab>
          <Tabs.Tab value="costs">{t('Costs')}</Tabs.Tab><Tabs.Tab value="approvals">{t('Approvals')}</Tabs.Tab>
          <Tabs.Tab value="webhooks">{t('Webhooks')}</Tabs.Tab><Tabs.Tab value="roles">{t('Groups')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="policy" pt="lg"><Policy /></Tabs.Panel><Tabs.Panel value="brand" pt="lg"><BrandForm /></Tabs.Panel><Tabs.Panel value="tests" pt="lg"><Tests /></Tabs.Panel>
        <Tabs.Panel value="costs" pt="lg"><CostsForm /></Tabs.Panel><Tabs.Panel value="approvals" pt="lg"><ApprovalsForm /></Tabs.Panel>
        <Tabs.Panel value="webhooks" pt="lg"><Webhooks /></Tabs.Panel><Tabs.Panel value="roles" pt="lg"><Roles /></Tabs.Panel>
      </Tabs>
    </Frame>
  )
}

const policyOf = ({ quiet_hours, frequency_cap, open_offers_cap, rates }: ContactPolicy): ContactPolicy => ({ quiet_hours, frequency_cap, open_offers_cap, rates })

function Policy() {
  const { t } = useWords()
  return (
    <SettingForm<ContactPolicy> name="contact-policy"
      read={async (signal) => { const { data, etag } = await callWithEtag(readContactPolicy({ signal })); return { data: policyOf(data), etag } }}
      write={async (body, etag) => { const after = await callWithEtag(replaceContactPolicy({ body, headers: { 'If-Match': etag } })); return { data: policyOf(after.data), etag: after.etag } }}>
      {({ value, set, wrong }) => (
        <>
          <Card title={t('Quiet hours')}>
            <Text size="sm">{t('On the customer’s own clock nothing is sent in these hours.')}</Text>
            {channels.map((channel) => {
              const hours = value.quiet_hours?.[channel]
              const change = (next: { from: string; to: string } | undefined) => {
                const { [channel]: _, ...others } = value.quiet_hours ?? {}
                set({ quiet_hours: next ? { ...others, [channel]: next } : others })
              }
              return (
                <Group key={channel} align="flex-end">
                  <Checkbox w={110} mb={8} label={t(channelWords[channel])} checked={Boolean(hours)} onChange={({ currentTarget }) => change(currentTarget.checked ? { from: '21:00', to: '08:00' } : undefined)} />
                  {hours && <><TextInput type="time" label={t('From')} value={hours.from} error={wrong(`/quiet_hours/${channel}`)} onChange={({ currentTarget }) => change({ ...hours, from: currentTarget.value })} />
                    <TextInput type="time" label={t('Until')} value={hours.to} onChange={({ currentTarget }) => change({ ...hours, to: currentTarget.value })} /></>}
                </Group>
              )
            })}
          </Card>
          <Card title={t('Caps over all campaigns')}>
            <Checkbox label={t('At most so many messages to one customer')} checked={Boolean(value.frequency_cap)} onChange={({ currentTarget }) => set({ frequency_cap: currentTarget.checked ? { messages: 3, days: 7 } : undefined })} />
            {value.frequency_cap && <Group><NumberInput label={t('Messages')} clampBehavior="none" hideControls min={1} value={value.frequency_cap.messages} error={wrong('/frequency_cap/messages')} onChange={(n) => set({ frequency_cap: { ...value.frequency_cap!, messages: Number(n) } })} />
              <NumberInput label={t('in so many days')} clampBehavior="none" hideControls min={1} max={90} value={value.frequency_cap.days} error={wrong('/frequency_cap/days')} onChange={(n) => set({ frequency_cap: { ...value.frequency_cap!, days: Number(n) } })} /></Group>}
            <NumberInput label={t('Open offers of one customer, at most')} description={t('Empty: no cap.')} clampBehavior="none" hideControls min={1} max={1000} maw={360} value={value.open_offers_cap ?? ''} error={wrong('/open_offers_cap')} onChange={(n) => set({ open_offers_cap: n === '' ? undefined : Number(n) })} />
          </Card>
          <Card title={t('Messages a second')}>
            <Text size="sm">{t('Not faster than the provider lets this account. Empty: as deployed, by the parameters {list}.', { list: 'SmsRatePerSecond, EmailRatePerSecond, PushRatePerSecond' })}</Text>
            <Group>{channels.map((channel) => <NumberInput key={channel} label={t(channelWords[channel])} clampBehavior="none" hideControls min={1} max={10000} value={value.rates?.[channel] ?? ''} error={wrong(`/rates/${channel}`)}
              onChange={(n) => { const { [channel]: _, ...others } = value.rates ?? {}; set({ rates: n === '' ? others : { ...others, [channel]: Number(n) } }) }} />)}</Group>
          </Card>
        </>
      )}
    </SettingForm>
  )
}

const brandOf = ({ sender_name, reply_to, logo_url, color, postal_address, support }: BrandSettings): BrandSettings => ({ sender_name, reply_to, logo_url, color, postal_address, support })

function BrandForm() {
  const { t } = useWords()
  return (
    <SettingForm<BrandSettings> name="brand"
      read={async (signal) => { const { data, etag } = await callWithEtag(readBrand({ signal })); return { data: brandOf(data), etag } }}
      write={async (body, etag) => { const after = await callWithEtag(replaceBrand({ body, headers: { 'If-Match': etag } })); return { data: brandOf(after.data), etag: after.etag } }}>
      {({ value, set, wrong }) => {
        const text = (field: keyof BrandSettings) => ({ value: value[field] ?? '', error: wrong(`/${field}`), onChange: ({ currentTarget }: { currentTarget: { value: string } }) => set({ [field]: currentTarget.value || undefined }) })
        return (
          <Card title={t('How e-mails look')}>
            <TextInput label={t('Sender name')} maxLength={60} {...text('sender_name')} /><TextInput label={t('Answers go to')} type="email" {...text('reply_to')} />
            <TextInput label={t('Logo')} description={t('A public https address of a picture.')} dir="ltr" {...text('logo_url')} />
            <ColorInput label={t('Colour')} format="hex" value={value.color ?? ''} error={wrong('/color')} onChange={(color) => set({ color: color || undefined })} eyeDropperButtonProps={{ 'aria-label': t('Pick a colour') }} popoverProps={{ withinPortal: true }} />
            <Textarea label={t('Postal address')} description={t('At the end of every e-mail; several countries ask for it.')} autosize minRows={2} maxLength={300} {...text('postal_address')} />
            <TextInput label={t('Support')} description={t('An address or a few words at the end of every e-mail.')} maxLength={200} {...text('support')} />
          </Card>
        )
      }}
    </SettingForm>
  )
}

const testsOf = ({ addresses }: TestAddresses): TestAddresses => ({ addresses })

function Tests() {
  const { t } = useWords()
  const { mayAdminister } = useSession()
  if (!mayAdminister) return <Empty title={t('Where test messages may go')}>{t('These are addresses of people, so only administrators see them. A test can be sent to one that is listed by writing it in the wizard.')}</Empty>
  return (
    <SettingForm<TestAddresses> name="test-addresses"
      read={async (signal) => { const { data, etag } = await callWithEtag(readTestAddresses({ signal })); return { data: testsOf(data), etag } }}
      write={async (body, etag) => { const after = await callWithEtag(replaceTestAddresses({ body, headers: { 'If-Match': etag } })); return { data: testsOf(after.data), etag: after.etag } }}>
      {({ value, set, wrong, locked }) => {
        const change = (place: number, next: Partial<TestAddress>) => set({ addresses: value.addresses.map((one, at) => (at === place ? { ...one, ...next } : one)) })
        return (
          <Card title={t('Where test messages may go')}>
            <Text size="sm">{t('Tests are sent to these addresses alone, never to a customer by mistake.')}</Text>
            {value.addresses.length === 0 && <Text>{t('None yet.')}</Text>}
            {value.addresses.map((one, place) => (
              <Group key={place} align="flex-end">
                <Select label={t('Channel')} w={120} allowDeselect={false} disabled={locked} value={one.channel} data={channels.map((channel) => ({ value: channel, label: t(channelWords[channel]) }))} onChange={(channel) => channel && change(place, { channel: channel as Channel })} />
                <TextInput label={t('Address')} w={260} dir="ltr" value={one.address} error={wrong(`/addresses/${place}`)} onChange={({ currentTarget }) => change(place, { address: currentTarget.value })} />
                <TextInput label={t('Whose')} w={160} value={one.label ?? ''} onChange={({ currentTarget }) => change(place, { label: currentTarget.value || undefined })} />
                <Button variant="default" onClick={() => set({ addresses: value.addresses.filter((_, at) => at !== place) })} aria-label={t('Remove {name}', { name: one.address })}>{t('Remove')}</Button>
              </Group>
            ))}
            <Group><Button variant="light" onClick={() => set({ addresses: [...value.addresses, { channel: 'email', address: '' }] })}>{t('Add an address')}</Button></Group>
          </Card>
        )
      }}
    </SettingForm>
  )
}

/** Who may do what, by group, as the API allows it. */
const rights: [string, ('viewer' | 'marketer' | 'approver' | 'admin')[]][] = [
  [msg('Read campaigns, reports, health and diagnostics'), ['viewer', 'marketer', 'approver', 'admin']],
  [msg('Make, change, clone, launch, pause and cancel campaigns'), ['marketer', 'admin']],
  [msg('Send tests; retry and drop pending triggers'), ['marketer', 'admin']],
  [msg('Agree to campaigns over a threshold that others wrote'), ['approver', 'admin']],
  [msg('Change these settings and webhooks'), ['admin']],
  [msg('Send dead letters back; recount and repair counters'), ['admin']],
]

function Roles() {
  const { t } = useWords()
  const { name, groups } = useSession()
  const columns = ['viewer', 'marketer', 'approver', 'admin'] as const
  return (
    <Stack>
      <Card title={t('You are {name}', { name })}>
        <Group>{groups.length > 0 ? groups.map((group) => <Badge key={group} variant="light" tt="none">{group}</Badge>) : <Text>{t('You are in no group yet: ask an administrator.')}</Text>}</Group>
      </Card>
      <Card title={t('What each group may do')}>
        <div className="scroll" role="group" aria-label={t('What each group may do')} tabIndex={0}>
          <Table miw={560}>
            <Table.Thead><Table.Tr><Table.Th><span className="sr">{t('What')}</span></Table.Th>{columns.map((group) => <Table.Th key={group} ta="center" bg={groups.includes(group) ? 'var(--console-track)' : undefined}>{group}{groups.includes(group) && <span className="sr"> ({t('yours')})</span>}</Table.Th>)}</Table.Tr></Table.Thead>
            <Table.Tbody>{rights.map(([right, allowed]) => (
              <Table.Tr key={right}><Table.Th scope="row" fw={500}>{t(right)}</Table.Th>{columns.map((group) => <Table.Td key={group} ta="center" bg={groups.includes(group) ? 'var(--console-track)' : undefined}><span aria-hidden>{allowed.includes(group) ? '✓' : '–'}</span><span className="sr">{allowed.includes(group) ? t('yes') : t('no')}</span></Table.Td>)}</Table.Tr>
            ))}</Table.Tbody>
          </Table>
        </div>
        <Text size="sm" c="dimmed">{t('Groups are given where operators sign in (Cognito), not here.')}</Text>
      </Card>
    </Stack>
  )
}
