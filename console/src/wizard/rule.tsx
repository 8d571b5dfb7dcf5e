// The audience's rule as blocks: groups of conditions that can be nested, each condition with the inputs it needs.
import { Button, Group, Paper, Select, Stack } from '@mantine/core'
import { msg, useWords } from '../app/i18n'
import { useSession } from '../app/session'
import type { Json } from '../app/pointer'
import { useDraft } from './draft'
import { DayAt, IdsAt, ListAt, MoneyAt, NumberAt, PointsAt, TextAt } from './fields'
import { undoable } from './undo'

const kinds: [string, string][] = [
  ['everyone', msg('everyone')], ['ordered', msg('has ordered in a vertical')], ['never_ordered', msg('has never ordered in a vertical')], ['orders_count', msg('number of orders')],
  ['spend', msg('spent')], ['last_order', msg('last order')], ['within_km', msg('lives near a place')], ['locale', msg('language')], ['signed_up', msg('signed up')],
  ['tags', msg('tags')], ['customer_ids', msg('named customers')], ['consents_to', msg('agreed to a channel')],
  ['all', msg('a group: all of these')], ['any', msg('a group: any of these')], ['not', msg('not')],
]
const MAX_DEPTH = 8

function firstOf(kind: string, currency: string): Json {
  switch (kind) {
    case 'ordered': case 'never_ordered': return { vertical: '' }
    case 'orders_count': return { at_least: 1 }
    case 'spend': return { at_least: { amount: 10000, currency } }
    case 'last_order': case 'signed_up': return { days_ago_at_most: 30 }
    case 'within_km': return { points: [], km: 5 }
    case 'locale': case 'customer_ids': case 'tags': return { any_of: [] }
    case 'consents_to': return { channel: 'email' }
    case 'all': case 'any': return [{ ordered: { vertical: '' } }]
    case 'not': return { ordered: { vertical: '' } }
    default: return {}
  }
}

export function RuleAt({ at, remove, depth = 1 }: { at: string; remove?: () => void; depth?: number }) {
  const { t } = useWords()
  const { currency } = useSession()
  const draft = useDraft()
  const { get, set, wrong } = draft
  const node = (get(at) ?? { everyone: {} }) as Record<string, Json>
  const kind = Object.keys(node)[0] ?? 'everyone'
  const below = `${at}/${kind}`
  const head = (
    <Group align="flex-end" gap="xs">
      <Select aria-label={t('Condition')} value={kind} allowDeselect={false} w={250} error={wrong(at) ?? wrong(below)} maxDropdownHeight={360}
        data={kinds.filter(([one]) => depth < MAX_DEPTH || !['all', 'any', 'not'].includes(one)).map(([value, label]) => ({ value, label: t(label) }))}
        onChange={(next) => {
          if (!next) return
          const grouped = next === 'all' || next === 'any'
          // what is inside a group stays when only its word changes, and a single condition moves into the group around it
          const kept = grouped ? (kind === 'all' || kind === 'any' ? node[kind]! : kind === 'everyone' ? firstOf(next, currency) : [node]) : next === 'not' && kind !== 'everyone' ? node : firstOf(next, currency)
          set(at, { [next]: kept })
        }} />
      {remove && <Button variant="subtle" color="gray" c="var(--mantine-color-text)" onClick={() => undoable(draft, t, remove)}>{t('Remove')}</Button>}
    </Group>
  )
  if (kind === 'all' || kind === 'any') {
    const inside = (node[kind] as Json[] | undefined) ?? []
    return (
      <Stack gap="xs" className="rule-group">
        {head}
        {inside.map((_, place) => <RuleAt key={place} at={`${below}/${place}`} depth={depth + 1} remove={() => set(`${below}/${place}`, undefined)} />)}
        <Group><Button variant="light" size="xs" onClick={() => set(`${below}/${inside.length}`, { ordered: { vertical: '' } })}>{t('Add a condition')}</Button></Group>
      </Stack>
    )
  }
  if (kind === 'not') return <Stack gap="xs" className="rule-group">{head}<RuleAt at={below} depth={depth + 1} /></Stack>
  return <Paper withBorder p="sm"><Stack gap="xs">{head}<Condition kind={kind} at={below} /></Stack></Paper>
}

function Condition({ kind, at }: { kind: string; at: string }) {
  const { t } = useWords()
  const { get, set } = useDraft()
  const vertical = <TextAt at={`${at}/vertical`} label={t('Vertical, if only there')} hint={t('as your orders name it: food, pharmacy')} />
  switch (kind) {
    case 'ordered': case 'never_ordered': return <TextAt at={`${at}/vertical`} label={t('Vertical')} hint={t('as your orders name it: food, pharmacy')} required />
    case 'orders_count': return <Group align="flex-start"><NumberAt at={`${at}/at_least`} label={t('At least')} min={0} /><NumberAt at={`${at}/at_most`} label={t('At most')} min={0} />{vertical}</Group>
    case 'spend': return <Group align="flex-start"><MoneyAt at={`${at}/at_least`} label={t('At least')} /><MoneyAt at={`${at}/at_most`} label={t('At most')} />{vertical}</Group>
    case 'last_order': case 'signed_up': return (
      <Group align="flex-start">
        <NumberAt at={`${at}/days_ago_at_least`} label={t('Days ago, at least')} min={0} /><NumberAt at={`${at}/days_ago_at_most`} label={t('Days ago, at most')} min={0} />
        <DayAt at={`${at}/from`} label={t('From day')} /><DayAt at={`${at}/until`} label={t('Until day')} />{kind === 'last_order' && vertical}
      </Group>
    )
    case 'within_km': return <><PointsAt at={`${at}/points`} label={t('Places')} hint={t('one a line: latitude, longitude')} /><NumberAt at={`${at}/km`} label={t('Kilometres')} min={0} /></>
    case 'locale': return <ListAt at={`${at}/any_of`} label={t('Languages')} hint={t('en, es-ES, ar; Enter after each')} />
    case 'customer_ids': return <IdsAt at={`${at}/any_of`} label={t('Customer ids')} hint={t('One a line, or paste a list; at most 1,000.')} />
    case 'tags': return <><ListAt at={`${at}/any_of`} label={t('Any of')} /><ListAt at={`${at}/all_of`} label={t('All of')} /><ListAt at={`${at}/none_of`} label={t('None of')} /></>
    case 'consents_to': return <Select label={t('Channel')} w={200} allowDeselect={false} value={String(get(`${at}/channel`) ?? 'email')} onChange={(next) => next && set(`${at}/channel`, next)}
      data={[{ value: 'sms', label: t('SMS') }, { value: 'email', label: t('E-mail') }, { value: 'push', label: t('Push') }]} />
    default: return null
  }
}
