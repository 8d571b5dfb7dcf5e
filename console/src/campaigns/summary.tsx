// A definition in words: what a campaign gives, to whom, by which channels, when and within which bounds. The detail page and the review show it.
import { List, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import type { CampaignDefinition, Definition, Offer, Rule, Validity } from '../client'
import { useWords, type Words } from '../app/i18n'
import { Card, channelWords } from '../app/parts'

type Any = CampaignDefinition | Definition

export function offerText(offer: Offer, { t, money, number }: Words): string {
  const { benefit } = offer
  if ('fixed_amount' in benefit) return t('{amount} off', { amount: money(benefit.fixed_amount.amount) })
  if ('percent' in benefit) return t('{percent} % off, at most {cap}', { percent: number(benefit.percent.percent), cap: money(benefit.percent.cap) })
  return t('Free delivery, at most {cap}', { cap: money(benefit.free_delivery.cap) })
}

export function validityText(validity: Validity, { t, time, number }: Words): string {
  if ('absolute' in validity) return t('from {from} until {until}', { from: time(validity.absolute.from), until: time(validity.absolute.until) })
  if ('from_issue' in validity) return t('{hours} hours from the moment it is issued', { hours: number(validity.from_issue.hours) })
  return t('to be accepted within {accept} hours, then {hours} hours to use it', {
    accept: number(validity.from_acceptance.accept_within_hours), hours: number(validity.from_acceptance.hours) })
}

export function triggerText(when: NonNullable<Any['trigger']>['when'], { t, number, money }: Words): string {
  if ('inactivity' in when) return when.inactivity.vertical
    ? t('no order in {vertical} for {days} days', { vertical: when.inactivity.vertical, days: number(when.inactivity.days) })
    : t('no order for {days} days', { days: number(when.inactivity.days) })
  if ('personal_date' in when) return t('{days} days before the customer’s {name}', { days: number(when.personal_date.days_before ?? 0), name: when.personal_date.name })
  if ('nth_order' in when) return t('order number {n}', { n: number(when.nth_order.number) })
  if ('first_order' in when) return t('the first order in {vertical}', { vertical: when.first_order.vertical })
  if ('spend_milestone' in when) return t('the order that takes their spend to {amount}', { amount: money(when.spend_milestone.amount) })
  if ('sign_up' in when) return t('they sign up')
  if ('cart_left' in when) return t('a cart left for {minutes} minutes', { minutes: number(when.cart_left.minutes) })
  return t('the app’s event “{name}”', { name: when.event.name })
}

/** One condition in words; groups are drawn as lists by `RuleText`. */
export function conditionText(rule: Rule, { t, number, money, day }: Words): string {
  const [name, raw] = Object.entries(rule)[0] ?? ['everyone', {}]
  const body = raw as Record<string, never> & { vertical?: string; at_least?: never; at_most?: never; any_of?: string[]; all_of?: string[]; none_of?: string[] }
  const where = body.vertical ? ` · ${String(body.vertical)}` : ''
  const list = (items: string[] | undefined) => (items ?? []).join(', ')
  const dates = (rest: Record<string, unknown>) => [
    rest.days_ago_at_least != null && t('at least {n} days ago', { n: number(Number(rest.days_ago_at_least)) }),
    rest.days_ago_at_most != null && t('at most {n} days ago', { n: number(Number(rest.days_ago_at_most)) }),
    rest.from != null && t('from {day}', { day: day(String(rest.from)) }), rest.until != null && t('until {day}', { day: day(String(rest.until)) }),
  ].filter(Boolean).join(', ')
  switch (name) {
    case 'everyone': return t('everyone')
    case 'ordered': return t('has ordered in {vertical}', { vertical: String(body.vertical) })
    case 'never_ordered': return t('has never ordered in {vertical}', { vertical: String(body.vertical) })
    case 'orders_count': return t('number of orders') + where + ': ' + [body.at_least != null && `≥ ${number(Number(body.at_least))}`, body.at_most != null && `≤ ${number(Number(body.at_most))}`].filter(Boolean).join(', ')
    case 'spend': return t('spent') + where + ': ' + [body.at_least && `≥ ${money(body.at_least)}`, body.at_most && `≤ ${money(body.at_most)}`].filter(Boolean).join(', ')
    case 'last_order': return t('last order') + where + ': ' + dates(body)
    case 'signed_up': return t('signed up') + ': ' + dates(body)
    case 'locale': return t('language') + ': ' + list(body.any_of)
    case 'tags': return t('tags') + ': ' + [body.any_of && t('any of {list}', { list: list(body.any_of) }), body.all_of && t('all of {list}', { list: list(body.all_of) }), body.none_of && t('none of {list}', { list: list(body.none_of) })].filter(Boolean).join('; ')
    case 'customer_ids': return t('one of {n} named customers', { n: number((body.any_of ?? []).length) })
    case 'within_km': return t('within {km} km of {n} places', { km: String((raw as { km: number }).km), n: number((raw as { points: unknown[] }).points.length) })
    case 'consents_to': return t('agreed to {channel}', { channel: String((raw as { channel: string }).channel) })
    default: return name
  }
}

export function RuleText({ rule }: { rule: Rule }) {
  const words = useWords()
  const [name, body] = Object.entries(rule)[0] ?? ['everyone', {}]
  if (name === 'all' || name === 'any') {
    return (
      <Stack gap={4}>
        <Text size="sm" fw={600}>{name === 'all' ? words.t('All of these') : words.t('Any of these')}</Text>
        <List withPadding>{(body as Rule[]).map((one, place) => <List.Item key={place}><RuleText rule={one} /></List.Item>)}</List>
      </Stack>
    )
  }
  if (name === 'not') return <Stack gap={4}><Text size="sm" fw={600}>{words.t('Not')}</Text><List withPadding><List.Item><RuleText rule={body as Rule} /></List.Item></List></Stack>
  return <Text component="span" className="wrap" dir="auto">{conditionText(rule, words)}</Text>
}

function Facts({ rows }: { rows: [string, React.ReactNode][] }) {
  return (
    <Table withRowBorders={false} verticalSpacing={4}><Table.Tbody>
      {rows.map(([name, value]) => <Table.Tr key={name}><Table.Th scope="row" fw={500} w="38%" style={{ verticalAlign: 'top' }}>{name}</Table.Th><Table.Td className="wrap">{value}</Table.Td></Table.Tr>)}
    </Table.Tbody></Table>
  )
}

export function Summary({ definition }: { definition: Any }) {
  const words = useWords()
  const { t, money, time, number } = words
  const { offer, trigger, schedule, caps, channels, messages } = definition
  const scope = [...(offer.scope?.verticals ?? []), ...(offer.scope?.merchants ?? []), ...(offer.scope?.categories ?? [])]
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Card title={t('Offer')}><Facts rows={[
        [t('Benefit'), offerText(offer, words)], [t('Minimum basket'), money(offer.minimum_basket)],
        [t('Where'), scope.length > 0 ? scope.join(', ') : t('everywhere')], [t('Valid'), validityText(definition.validity, words)],
        ...(offer.first_order_only ? [[t('Only on'), t('the customer’s first order')] as [string, React.ReactNode]] : []),
      ]} /></Card>
      <Card title={t('Audience')}>
        {trigger && <Facts rows={[
          [t('Fires on'), triggerText(trigger.when, words)], [t('Hour of their day'), number(trigger.local_hour ?? 10)],
          [t('Not again within'), trigger.cool_down_days ? t('{n} days', { n: number(trigger.cool_down_days) }) : '–'],
        ]} />}
        <RuleText rule={definition.audience} />
      </Card>
      <Card title={t('Channels and messages')}><Facts rows={[
        [t('Order'), channels.ladder.map((channel) => t(channelWords[channel])).join(channels.mode === 'all' ? ' + ' : ' → ')],
        [t('How'), channels.mode === 'all' ? t('by all of them') : t('the first that reaches the customer')],
        [t('Languages'), Object.keys(messages.locales).join(', ')], [t('Otherwise in'), messages.default_locale],
        ...(definition.reminder ? [[t('Reminder'), t('{n} hours before the end', { n: number(definition.reminder.hours_before) })] as [string, React.ReactNode]] : []),
      ]} /></Card>
      <Card title={t('Schedule and bounds')}><Facts rows={[
        [t('Starts'), schedule?.starts_at ? time(schedule.starts_at) : t('when it is launched')], [t('Ends'), schedule?.ends_at ? time(schedule.ends_at) : t('when everyone is served, or when it is ended')],
        [t('At most'), [caps?.vouchers != null && t('{n} vouchers', { n: number(caps.vouchers) }), caps?.exposure && t('{amount} exposure', { amount: money(caps.exposure) }), caps?.redeemed && t('{amount} redeemed', { amount: money(caps.redeemed) })].filter(Boolean).join(', ') || t('no cap')],
        [t('Held out'), t('{n} % of those who could be reached', { n: number(definition.holdout_percent ?? 10) })],
      ]} /></Card>
    </SimpleGrid>
  )
}
