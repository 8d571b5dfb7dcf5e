// What the properties of an app's own event must be: a list of conditions that all hold. Nested ones, made by the API, are shown and kept.
import { Button, Code, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core'
import { useWords } from '../app/i18n'
import type { Json } from '../app/pointer'
import { useDraft } from './draft'

interface Property { name: string; equals?: Json; at_least?: number; at_most?: number }
type How = 'there' | 'equals' | 'at_least' | 'at_most'

/** The conditions of a plain list; nothing where it is more than that. */
export function plain(where: Json | undefined): Property[] | undefined {
  if (where === undefined) return []
  const parts = (where as { all?: Json[] }).all ?? [where]
  const found = parts.map((part) => (part as { property?: Property }).property)
  return found.every((one) => one && !(one.at_least !== undefined && one.at_most !== undefined)) ? (found as Property[]) : undefined
}

/** `12` is a number, `true` a truth value, all else a text: also `1.` on the way to `1.5`. */
export const typed = (text: string): Json => (text === 'true' || text === 'false' ? text === 'true' : String(Number(text)) === text ? Number(text) : text)

const howOf = (one: Property): How => (one.equals !== undefined ? 'equals' : one.at_least !== undefined ? 'at_least' : one.at_most !== undefined ? 'at_most' : 'there')

export function EventConditions({ at }: { at: string }) {
  const { t } = useWords()
  const { get, set, wrong } = useDraft()
  const where = get(at)
  const rows = plain(where)
  const keep = (next: Property[]) => set(at, next.length === 0 ? undefined : { all: next.map((property) => ({ property: property as unknown as Json })) })
  if (!rows) return <Stack gap={4}><Text size="sm">{t('Its conditions are nested and can be changed by the API alone; they are kept.')}</Text><Code block dir="ltr">{JSON.stringify(where, null, 1)}</Code></Stack>
  const change = (place: number, next: Property) => keep(rows.map((one, here) => (here === place ? next : one)))
  const value = (one: Property) => String(one.equals ?? one.at_least ?? one.at_most ?? '')
  const write = (name: string, how: How, text: string): Property => ({ name, ...(how === 'there' ? {} : { [how]: how === 'equals' ? typed(text) : Number(text) || 0 }) })
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>{t('Only if')}</Text>
      {rows.map((one, place) => (
        <Group key={place} align="flex-end">
          <TextInput label={t('Property')} w={170} dir="ltr" value={one.name} error={wrong(`${at}/all/${place}`, true)} onChange={({ currentTarget }) => change(place, { ...one, name: currentTarget.value })} />
          <Select aria-label={t('Condition')} w={150} allowDeselect={false} value={howOf(one)} data={[{ value: 'there', label: t('is there') }, { value: 'equals', label: t('is') }, { value: 'at_least', label: t('at least') }, { value: 'at_most', label: t('at most') }]}
            onChange={(how) => how && change(place, write(one.name, how as How, value(one)))} />
          {howOf(one) === 'equals' && <TextInput label={t('Value')} w={150} dir="ltr" value={value(one)} onChange={({ currentTarget }) => change(place, write(one.name, 'equals', currentTarget.value))} />}
          {(howOf(one) === 'at_least' || howOf(one) === 'at_most') && <NumberInput label={t('Value')} w={150} hideControls value={value(one)} onChange={(next) => change(place, write(one.name, howOf(one), String(next)))} />}
          <Button variant="subtle" c="var(--mantine-color-text)" onClick={() => keep(rows.filter((_, here) => here !== place))}>{t('Remove')}</Button>
        </Group>
      ))}
      <Group><Button variant="light" size="xs" onClick={() => keep([...rows, { name: '' }])}>{t('Add a condition')}</Button></Group>
    </Stack>
  )
}
