// What the properties of an app's own event must be: conditions on one property each, in groups that can be nested, as an audience's are.
import { Button, Group, NumberInput, Paper, Select, Stack, Text, TextInput } from '@mantine/core'
import { msg, useWords } from '../app/i18n'
import type { Json } from '../app/pointer'
import { useDraft } from './draft'
import { undoable } from './undo'

interface Property { name: string; equals?: Json; at_least?: number; at_most?: number }
type Kind = 'property' | 'all' | 'any' | 'not'
type How = 'there' | 'equals' | 'number'
const kinds: [Kind, string][] = [['property', msg('a property')], ['all', msg('a group: all of these')], ['any', msg('a group: any of these')], ['not', msg('not')]]
const MAX_DEPTH = 8
const FRESH = { property: { name: '' } }

/** `12` is a number, `true` a truth value, all else a text: also `1.` on the way to `1.5`. */
export const typed = (text: string): Json => (text === 'true' || text === 'false' ? text === 'true' : String(Number(text)) === text ? Number(text) : text)

export const kindOf = (node: Json | undefined): Kind => kinds.map(([kind]) => kind).find((kind) => typeof node === 'object' && node !== null && kind in node) ?? 'property'

/** The condition as another kind: a group keeps what is in it, and a single condition moves into the group around it. */
export function reshaped(node: Json, next: Kind): Json {
  const kind = kindOf(node)
  if (kind === next) return node
  const inside = (node as Record<Kind, Json>)[kind]
  const grouped = kind === 'all' || kind === 'any'
  switch (next) {
    case 'all': case 'any': return { [next]: grouped ? inside : [node] }
    case 'not': return { not: node }
    case 'property': return kind === 'not' && kindOf(inside) === 'property' ? inside : FRESH
  }
}

export const howOf = ({ equals, at_least, at_most }: Property): How => (equals !== undefined ? 'equals' : at_least !== undefined || at_most !== undefined ? 'number' : 'there')

export function EventConditions({ at }: { at: string }) {
  const { t } = useWords()
  const { get, set } = useDraft()
  const where = get(at)
  return (
    <Stack gap="xs" role="group" aria-label={t('Only if')}>
      <Text size="sm" fw={500}>{t('Only if')}</Text>
      {where === undefined
        ? <Group><Button variant="light" size="xs" onClick={() => set(at, { all: [FRESH] })}>{t('Add a condition')}</Button></Group>
        : <Node at={at} depth={1} remove={() => set(at, undefined)} />}
    </Stack>
  )
}

function Node({ at, depth, remove }: { at: string; depth: number; remove?: () => void }) {
  const { t } = useWords()
  const draft = useDraft()
  const { get, set, wrong } = draft
  const node = get(at) ?? FRESH
  const kind = kindOf(node)
  const head = (
    <Group align="flex-end" gap="xs">
      <Select aria-label={t('Condition')} w={210} allowDeselect={false} value={kind} error={wrong(at) ?? wrong(`${at}/${kind}`)} data={kinds.filter(([one]) => depth < MAX_DEPTH || one === 'property').map(([value, label]) => ({ value, label: t(label) }))}
        onChange={(next) => next && set(at, reshaped(node, next as Kind))} />
      {remove && <Button variant="subtle" c="var(--mantine-color-text)" onClick={() => undoable(draft, t, remove)}>{t('Remove')}</Button>}
    </Group>
  )
  if (kind === 'all' || kind === 'any') {
    const below = `${at}/${kind}`
    const inside = (get(below) ?? []) as Json[]
    return (
      <Stack gap="xs" className="rule-group">
        {head}
        {inside.map((_, place) => <Node key={place} at={`${below}/${place}`} depth={depth + 1} remove={() => set(`${below}/${place}`, undefined)} />)}
        <Group><Button variant="light" size="xs" onClick={() => set(`${below}/${inside.length}`, FRESH)}>{t('Add a condition')}</Button></Group>
      </Stack>
    )
  }
  if (kind === 'not') return <Stack gap="xs" className="rule-group">{head}<Node at={`${at}/not`} depth={depth + 1} /></Stack>
  return <Paper withBorder p="sm"><Stack gap="xs">{head}<PropertyAt at={`${at}/property`} /></Stack></Paper>
}

function PropertyAt({ at }: { at: string }) {
  const { t } = useWords()
  const { get, set, wrong } = useDraft()
  const one = (get(at) ?? { name: '' }) as unknown as Property
  const how = howOf(one)
  const bound = (name: 'at_least' | 'at_most', label: string) => (
    <NumberInput label={label} w={130} hideControls value={one[name] ?? ''} error={wrong(`${at}/${name}`)} onChange={(next) => set(`${at}/${name}`, next === '' ? undefined : Number(next))} />
  )
  const first: Record<How, Json> = { there: { name: one.name }, equals: { name: one.name, equals: '' }, number: { name: one.name, at_least: 0 } }
  return (
    <Group align="flex-start">
      <TextInput label={t('Property')} w={170} dir="ltr" value={one.name} error={wrong(`${at}/name`)} onChange={({ currentTarget }) => set(`${at}/name`, currentTarget.value)} />
      <Select label={t('How')} w={170} allowDeselect={false} value={how} data={[{ value: 'there', label: t('is there') }, { value: 'equals', label: t('is') }, { value: 'number', label: t('is a number') }]}
        onChange={(next) => next && next !== how && set(at, first[next as How])} />
      {one.equals !== undefined && <TextInput label={t('Value')} w={150} dir="ltr" value={String(one.equals)} error={wrong(`${at}/equals`)} onChange={({ currentTarget }) => set(`${at}/equals`, typed(currentTarget.value))} />}
      {(how === 'number' || one.at_least !== undefined || one.at_most !== undefined) && <>{bound('at_least', t('at least'))}{bound('at_most', t('at most'))}</>}
    </Group>
  )
}
