// One customer: whether and how they can be reached, what the caps leave, every voucher and every skip, and all that happened, with reasons.
import { Badge, Button, Group, Progress, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { diagnoseCustomer, type CapsInUse, type ChannelStand, type CustomerDiagnostics, type Happened, type Known } from '../client'
import { call } from '../app/api'
import { msg, useWords } from '../app/i18n'
import { Answer, Card, channelWords, When } from '../app/parts'
import { asks } from '../app/search'
import { CampaignName } from '../campaigns/name'
import { attemptWords, faultWords, skipWords } from '../campaigns/words'
import { Records } from './records'
import { happenedWords, suppressionWords } from './words'

const SHOWN = 50
const knownWords: Record<Known, [string, string]> = { active: [msg('known'), 'pine'], erased: [msg('erased'), 'gray'], unknown: [msg('unknown'), 'yellow'] }

export function CustomerPart({ id }: { id: string }) {
  const query = useQuery<CustomerDiagnostics>({ queryKey: ['diagnostics', id], queryFn: ({ signal }) => call(diagnoseCustomer({ path: { id }, signal })) })
  return <Answer query={query}>{(data) => <Stack><Facts data={data} />{data.known !== 'unknown' && <Channels stands={data.channels} />}<Wallet data={data} /><Timeline timeline={data.timeline} /></Stack>}</Answer>
}

function Facts({ data }: { data: CustomerDiagnostics }) {
  const { t, number, day } = useWords()
  const [word, color] = knownWords[data.known]
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Card title={t('Customer {id}', { id: data.customer_id })} actions={<Badge variant="light" color={color} tt="none">{t(word)}</Badge>}>
        <Text>{t('Orders: {n}', { n: number(data.orders) })}{data.last_order ? ` · ${t('the last on {day}', { day: day(data.last_order) })}` : ''}</Text>
        <Text size="sm">{t('Their hours and days go by {zone}.', { zone: data.zone ?? 'UTC' })}</Text>
        <Group><Button component={Link} to="/configuration/voucher-campaign/pending-triggers" search={asks({ customer: data.customer_id })} variant="default" size="compact-sm">{t('What waits for them')}</Button></Group>
        <Text size="xs" c="dimmed">{t('No address, phone number or name is shown here.')}</Text>
      </Card>
      <Caps caps={data.caps} />
    </SimpleGrid>
  )
}

function Caps({ caps }: { caps: CapsInUse }) {
  const { t, number } = useWords()
  const rows: [string, number, number | null | undefined][] = [
    [caps.messages_days ? t('Messages in {n} days', { n: number(caps.messages_days) }) : t('Messages'), caps.messages, caps.messages_cap],
    [t('Open offers'), caps.open_offers, caps.open_offers_cap],
  ]
  return (
    <Card title={t('Caps in use')}>
      {rows.map(([name, used, cap]) => (
        <Stack key={name} gap={4}>
          <Group justify="space-between"><Text size="sm">{name}</Text><Text size="sm" fw={600}>{cap == null ? t('{n}, without a cap', { n: number(used) }) : t('{n} of {cap}', { n: number(used), cap: number(cap) })}</Text></Group>
          {cap != null && <Progress value={Math.min(100, (used / Math.max(1, cap)) * 100)} color={used >= cap ? 'red.8' : undefined} aria-label={name} />}
          {cap != null && used >= cap && <Text size="sm" c="var(--mantine-color-error)">{t('Used up: the next one is skipped, or waits.')}</Text>}
        </Stack>
      ))}
    </Card>
  )
}

function Channels({ stands }: { stands: ChannelStand[] }) {
  const { t } = useWords()
  return (
    <Card title={t('How they can be reached')}>
      <div className="scroll" role="group" aria-label={t('How they can be reached')} tabIndex={0}>
        <Table miw={640}>
          <Table.Thead><Table.Tr><Table.Th>{t('Channel')}</Table.Th><Table.Th>{t('Reachable')}</Table.Th><Table.Th>{t('Consent')}</Table.Th><Table.Th>{t('Suppression')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{stands.map((one) => (
            <Table.Tr key={one.channel}>
              <Table.Th scope="row" fw={500}>{t(channelWords[one.channel])}</Table.Th>
              <Table.Td><Badge variant="light" tt="none" color={one.reachable ? 'pine' : 'orange'}>{one.reachable ? t('yes') : t('no')}</Badge>{one.reason && <Text size="sm">{t(skipWords[one.reason] ?? one.reason)}</Text>}</Table.Td>
              <Table.Td>
                {one.consent ? <Choice consent={one.consent} /> : <Text size="sm">{t('never asked')}</Text>}
                {one.consent_history.length > 0 && <details><summary>{t('Before that')}</summary><Stack gap={4} mt={4}>{one.consent_history.toReversed().map((consent) => <Choice key={consent.at + consent.state} consent={consent} />)}</Stack></details>}
              </Table.Td>
              <Table.Td>{one.suppression ? <Text size="sm">{t(suppressionWords[one.suppression.reason] ?? one.suppression.reason)}, <When at={one.suppression.at} /></Text> : '–'}</Table.Td>
            </Table.Tr>
          ))}</Table.Tbody>
        </Table>
      </div>
    </Card>
  )
}

function Choice({ consent }: { consent: { state: 'granted' | 'denied'; at: string; source: string } }) {
  const { t } = useWords()
  return <Text size="sm"><b>{consent.state === 'granted' ? t('agreed') : t('said no')}</b> <When at={consent.at} /> <Text span size="xs" c="dimmed" className="wrap">{consent.source}</Text></Text>
}

function Wallet({ data }: { data: CustomerDiagnostics }) {
  const { t, number } = useWords()
  return (
    <Card title={t('Vouchers, and where there is none')}>
      {data.records.length === 0 ? <Text>{t('No campaign has chosen them yet.')}</Text> : <Records records={data.records} customer={data.customer_id} />}
      {data.records_total > data.records.length && <Text size="sm">{t('The newest {n} of {all}.', { n: number(data.records.length), all: number(data.records_total) })}</Text>}
    </Card>
  )
}

/** `failed at attempt 2: rejected`, as the API says it of an attempt, in words. */
function useSaid() {
  const { t, number } = useWords()
  return (one: Happened) => {
    if (!one.reason) return undefined
    if (one.what === 'attempt' || one.what === 'reminded') {
      const [, state = '', attempt, fault] = /^(\w+)(?: at attempt (\d+))?(?:: (.*))?$/.exec(one.reason) ?? []
      return [t(attemptWords[state] ?? one.reason), attempt && t('attempt {n}', { n: number(Number(attempt)) }), fault && t(faultWords[fault] ?? fault)].filter(Boolean).join(', ')
    }
    if (one.what === 'suppressed') return t(suppressionWords[one.reason] ?? one.reason)
    return t(skipWords[one.reason] ?? one.reason)
  }
}

function Timeline({ timeline }: { timeline: Happened[] }) {
  const { t, number } = useWords()
  const said = useSaid()
  const [shown, setShown] = useState(SHOWN)
  if (timeline.length === 0) return null
  return (
    <Card title={t('Timeline')}>
      <ol className="timeline" aria-label={t('Timeline')}>
        {timeline.slice(0, shown).map((one, place) => (
          <li key={`${one.at} ${one.what} ${place}`} data-what={one.what}>
            <Text size="sm" c="dimmed" className="timeline-when"><When at={one.at} /></Text>
            <div>
              <Text span fw={600}>{t(happenedWords[one.what] ?? one.what)}</Text>
              {one.channel && <> <Badge variant="light" color="gray" tt="none" size="sm">{t(channelWords[one.channel])}</Badge></>}
              {said(one) && <Text size="sm" className="wrap"><bdi>{said(one)}</bdi></Text>}
              {one.campaign_id && <Text size="sm"><CampaignName id={one.campaign_id} /></Text>}
            </div>
          </li>
        ))}
      </ol>
      {timeline.length > shown && <Group><Button variant="default" onClick={() => setShown(shown + SHOWN)}>{t('Show more')}</Button><Text size="sm">{t('{n} of {cap}', { n: number(shown), cap: number(timeline.length) })}</Text></Group>}
    </Card>
  )
}
