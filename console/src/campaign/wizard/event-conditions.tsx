// Edits the conditions on the properties of an app's own event: one property each, in groups that
// can be nested like those of an audience.
import { Button, Group, Paper, Select, Stack, Text, TextInput } from '@mantine/core'
import type { JsonValue } from '../../api/json-pointer'
import { msg, useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'
import { NumberField } from './draft-fields'
import { removeWithUndo } from './remove-with-undo'
import { ValueField } from './value-fields'

interface PropertyCondition {
  name: string
  equals?: JsonValue
  at_least?: number
  at_most?: number
}
type ConditionKind = 'property' | 'all' | 'any' | 'not'
type ComparisonKind = 'there' | 'equals' | 'number'
const conditionKinds: [ConditionKind, string][] = [
  ['property', msg('a property')],
  ['all', msg('a group: all of these')],
  ['any', msg('a group: any of these')],
  ['not', msg('not')],
]
const MAX_DEPTH = 8
const NEW_CONDITION = { property: { name: '' } }

/**
 * Reads `12` as a number, `true` as a truth value and all else as a text, including `1.` on the way
 * to `1.5`.
 */
export const parseTypedValue = (text: string): JsonValue =>
  text === 'true' || text === 'false'
    ? text === 'true'
    : String(Number(text)) === text
      ? Number(text)
      : text

export const conditionKind = (node: JsonValue | undefined): ConditionKind =>
  conditionKinds
    .map(([kind]) => kind)
    .find((kind) => typeof node === 'object' && node !== null && kind in node) ?? 'property'

/**
 * Converts a condition to another kind: a group keeps its content, and a single condition moves
 * into the new group.
 */
export function convertCondition(node: JsonValue, next: ConditionKind): JsonValue {
  const kind = conditionKind(node)
  if (kind === next) return node
  const inside = (node as Record<ConditionKind, JsonValue>)[kind]
  const grouped = kind === 'all' || kind === 'any'
  switch (next) {
    case 'all':
    case 'any':
      return { [next]: grouped ? inside : [node] }
    case 'not':
      return { not: node }
    case 'property':
      return kind === 'not' && conditionKind(inside) === 'property' ? inside : NEW_CONDITION
  }
}

export const comparisonKind = ({ equals, at_least, at_most }: PropertyCondition): ComparisonKind =>
  equals !== undefined
    ? 'equals'
    : at_least !== undefined || at_most !== undefined
      ? 'number'
      : 'there'

export function EventConditions({ at }: { at: string }) {
  const { t } = useLocale()
  const { get, set } = useDraft()
  const where = get(at)
  return (
    <Stack gap="xs" role="group" aria-label={t('Only if')}>
      <Text size="sm" fw={500}>
        {t('Only if')}
      </Text>
      {where === undefined ? (
        <Group>
          <Button variant="light" size="xs" onClick={() => set(at, { all: [NEW_CONDITION] })}>
            {t('Add a condition')}
          </Button>
        </Group>
      ) : (
        <ConditionNode at={at} depth={1} remove={() => set(at, undefined)} />
      )}
    </Stack>
  )
}

function ConditionNode({ at, depth, remove }: { at: string; depth: number; remove?: () => void }) {
  const { t } = useLocale()
  const draft = useDraft()
  const { get, set, errorAt } = draft
  const node = get(at) ?? NEW_CONDITION
  const kind = conditionKind(node)
  const head = (
    <Group align="flex-end" gap="xs">
      <Select
        aria-label={t('Condition')}
        w={210}
        allowDeselect={false}
        value={kind}
        error={errorAt(at) ?? errorAt(`${at}/${kind}`)}
        data={conditionKinds
          .filter(([one]) => depth < MAX_DEPTH || one === 'property')
          .map(([value, label]) => ({ value, label: t(label) }))}
        onChange={(next) => next && set(at, convertCondition(node, next as ConditionKind))}
      />
      {remove && (
        <Button
          variant="subtle"
          c="var(--mantine-color-text)"
          onClick={() => removeWithUndo(draft, t, remove)}
        >
          {t('Remove')}
        </Button>
      )}
    </Group>
  )
  if (kind === 'all' || kind === 'any') {
    const below = `${at}/${kind}`
    const inside = (get(below) ?? []) as JsonValue[]
    return (
      <Stack gap="xs" className="rule-group">
        {head}
        {inside.map((_, place) => (
          <ConditionNode
            key={place}
            at={`${below}/${place}`}
            depth={depth + 1}
            remove={() => set(`${below}/${place}`, undefined)}
          />
        ))}
        <Group>
          <Button
            variant="light"
            size="xs"
            onClick={() => set(`${below}/${inside.length}`, NEW_CONDITION)}
          >
            {t('Add a condition')}
          </Button>
        </Group>
      </Stack>
    )
  }
  if (kind === 'not')
    return (
      <Stack gap="xs" className="rule-group">
        {head}
        <ConditionNode at={`${at}/not`} depth={depth + 1} />
      </Stack>
    )
  return (
    <Paper withBorder p="sm">
      <Stack gap="xs">
        {head}
        <PropertyFields at={`${at}/property`} />
      </Stack>
    </Paper>
  )
}

/** Says how a value is compared, by its type. */
const valueKinds: Record<string, string> = {
  number: msg('Compared as a number.'),
  boolean: msg('Compared as true or false.'),
  string: msg('Compared as text.'),
}

function PropertyFields({ at }: { at: string }) {
  const { t } = useLocale()
  const { get, set, errorAt, leave } = useDraft()
  const one = (get(at) ?? { name: '' }) as unknown as PropertyCondition
  const how = comparisonKind(one)
  const bound = (name: 'at_least' | 'at_most', label: string) => (
    <NumberField at={`${at}/${name}`} label={label} digits={6} />
  )
  const first: Record<ComparisonKind, JsonValue> = {
    there: { name: one.name },
    equals: { name: one.name, equals: '' },
    number: { name: one.name, at_least: 0 },
  }
  return (
    <Group align="flex-start">
      <ValueField at={`${at}/name`} of="event_property" label={t('Property')} required />
      <Select
        label={t('How')}
        w={170}
        allowDeselect={false}
        value={how}
        data={[
          { value: 'there', label: t('is there') },
          { value: 'equals', label: t('is') },
          { value: 'number', label: t('is a number') },
        ]}
        onChange={(next) => next && next !== how && set(at, first[next as ComparisonKind])}
      />
      {one.equals !== undefined && (
        <TextInput
          label={t('Value')}
          description={t(valueKinds[typeof one.equals] ?? valueKinds.string!)}
          w={190}
          dir="ltr"
          value={String(one.equals)}
          error={errorAt(`${at}/equals`)}
          onBlur={() => leave(`${at}/equals`)}
          onChange={({ currentTarget }) =>
            set(`${at}/equals`, parseTypedValue(currentTarget.value))
          }
        />
      )}
      {(how === 'number' || one.at_least !== undefined || one.at_most !== undefined) && (
        <>
          {bound('at_least', t('at least'))}
          {bound('at_most', t('at most'))}
        </>
      )}
    </Group>
  )
}
