// Step 1: what it is called, what fires it (autopilots), what it gives, where, and how long.
import { now } from '../app/config'
import { Group, SimpleGrid, Stack } from '@mantine/core'
import type { Kind } from '../client'
import { useWords } from '../app/i18n'
import { Card } from '../app/parts'
import { useSession } from '../app/session'
import { useDraft } from './draft'
import { EventConditions } from './event-conditions'
import { CheckAt, ListAt, MomentAt, MoneyAt, NumberAt, ShapeAt, TextAt } from './fields'

const key = (value: unknown) => (value && typeof value === 'object' ? Object.keys(value)[0] : undefined)
const DAY = 86_400_000

export function OfferStep({ kind }: { kind: Kind }) {
  const { t } = useWords()
  const { currency } = useSession()
  const { get } = useDraft()
  const benefit = key(get('/offer/benefit'))
  const validity = key(get('/validity'))
  const five = { amount: 500, currency }
  return (
    <Stack>
      <Card title={t('Name')}>
        <TextAt at="/name" label={t('Name')} hint={t('For you and your colleagues; a message can show it too.')} required maxLength={500} />
        <TextAt at="/description" label={t('Description')} long rows={2} />
      </Card>
      {kind === 'autopilot' && <TriggerCard />}
      <Card title={t('What customers get')}>
        <ShapeAt at="/offer/benefit" label={t('Benefit')} shapes={[
          { key: 'fixed_amount', label: t('A fixed amount off'), first: { amount: five } },
          { key: 'percent', label: t('A percentage off, with a most'), first: { percent: 20, cap: { amount: 1000, currency } } },
          { key: 'free_delivery', label: t('Free delivery, with a most'), first: { cap: five } },
        ]} />
        {benefit === 'fixed_amount' && <MoneyAt at="/offer/benefit/fixed_amount/amount" label={t('Amount')} required />}
        {benefit === 'percent' && <Group align="flex-start"><NumberAt at="/offer/benefit/percent/percent" label={t('Percent')} min={1} max={100} required /><MoneyAt at="/offer/benefit/percent/cap" label={t('At most')} required /></Group>}
        {benefit === 'free_delivery' && <MoneyAt at="/offer/benefit/free_delivery/cap" label={t('At most')} required />}
        <MoneyAt at="/offer/minimum_basket" label={t('Minimum basket')} hint={t('Empty: any order.')} />
        <CheckAt at="/offer/first_order_only" label={t('Only on the customer’s first order')} />
      </Card>
      <Card title={t('Where it can be used')}>
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <ListAt at="/offer/scope/verticals" label={t('Verticals')} hint={t('Empty: everywhere.')} />
          <ListAt at="/offer/scope/merchants" label={t('Merchants')} hint={t('Empty: everywhere.')} />
          <ListAt at="/offer/scope/categories" label={t('Categories')} hint={t('Empty: everywhere.')} />
        </SimpleGrid>
      </Card>
      <Card title={t('How long it is valid')}>
        <ShapeAt at="/validity" label={t('Validity')} shapes={[
          { key: 'from_acceptance', label: t('Some hours to accept, then some to use it'), first: { accept_within_hours: 168, hours: 168 } },
          { key: 'from_issue', label: t('Some hours from the moment it is issued'), first: { hours: 168 } },
          { key: 'absolute', label: t('Between two dates'), first: { from: new Date(now()).toISOString(), until: new Date(now() + 14 * DAY).toISOString() } },
        ]} />
        {validity === 'from_acceptance' && <Group align="flex-start"><NumberAt at="/validity/from_acceptance/accept_within_hours" label={t('Hours to accept')} min={1} required /><NumberAt at="/validity/from_acceptance/hours" label={t('Hours to use it')} min={1} required /></Group>}
        {validity === 'from_issue' && <NumberAt at="/validity/from_issue/hours" label={t('Hours')} min={1} required />}
        {validity === 'absolute' && <Group align="flex-start"><MomentAt at="/validity/absolute/from" label={t('From')} /><MomentAt at="/validity/absolute/until" label={t('Until')} /></Group>}
      </Card>
    </Stack>
  )
}

function TriggerCard() {
  const { t } = useWords()
  const { currency } = useSession()
  const { get } = useDraft()
  const when = key(get('/trigger/when'))
  const at = `/trigger/when/${when}`
  return (
    <Card title={t('When it fires')}>
      <ShapeAt at="/trigger/when" label={t('The moment')} shapes={[
        { key: 'inactivity', label: t('No order for some days'), first: { days: 30 } },
        { key: 'personal_date', label: t('A personal date, as a birthday'), first: { name: 'birthday', days_before: 0 } },
        { key: 'nth_order', label: t('A certain order, as the fifth'), first: { number: 5 } },
        { key: 'first_order', label: t('The first order in a vertical'), first: { vertical: '' } },
        { key: 'spend_milestone', label: t('Spending reaches an amount'), first: { amount: { amount: 50000, currency } } },
        { key: 'sign_up', label: t('They sign up'), first: {} },
        { key: 'cart_left', label: t('A cart is left'), first: { minutes: 60 } },
        { key: 'event', label: t('An event of your own app'), first: { name: '' } },
      ]} />
      {when === 'inactivity' && <Group align="flex-start"><NumberAt at={`${at}/days`} label={t('Days without an order')} min={1} required /><TextAt at={`${at}/vertical`} label={t('Vertical, if only there')} /></Group>}
      {when === 'personal_date' && <Group align="flex-start"><TextAt at={`${at}/name`} label={t('Name of the date')} hint={t('birthday, signed_up, or a date of your own')} required /><NumberAt at={`${at}/days_before`} label={t('Days before it')} min={0} max={60} /></Group>}
      {when === 'nth_order' && <NumberAt at={`${at}/number`} label={t('Order number')} min={1} required />}
      {when === 'first_order' && <TextAt at={`${at}/vertical`} label={t('Vertical')} required />}
      {when === 'spend_milestone' && <MoneyAt at={`${at}/amount`} label={t('Amount')} required />}
      {when === 'cart_left' && <NumberAt at={`${at}/minutes`} label={t('Minutes untouched')} min={1} required />}
      {when === 'event' && <><TextAt at={`${at}/name`} label={t('Event name')} required /><EventConditions at={`${at}/where`} /></>}
      <Group align="flex-start">
        <NumberAt at="/trigger/local_hour" label={t('Hour of the customer’s day')} min={0} max={23} />
        <NumberAt at="/trigger/cool_down_days" label={t('Days until it may fire again')} min={1} max={1095} required />
        <NumberAt at="/trigger/deadline_hours" label={t('Hours after which it is too late')} min={1} max={168} />
        <NumberAt at="/trigger/delay_minutes" label={t('Minutes to wait after an event')} min={0} max={43200} />
      </Group>
    </Card>
  )
}
