// Provides the inputs of values that occur in the data: verticals, merchants, categories, tags,
// languages and events. They offer what exists with how many have it, take any other text as well,
// and say at once when nobody has it.
import { Autocomplete, Group, Stack, TagsInput, Text } from '@mantine/core'
import { useState } from 'react'
import type { OccurringValue } from '../../client'
import { msg, useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'
import { type ValueKind, useKnownValues, useUnseenValues, valueName } from './known-values'

interface ValueFieldProps {
  at: string
  of: ValueKind
  label: string
  hint?: string
  required?: boolean
  /** An empty list stays one, instead of being left out. */
  keepEmpty?: boolean
}

/** Says of each kind that nobody has a value. */
const unseenMessages: Record<ValueKind, string> = {
  vertical: msg('No customer has ordered in {list}.'),
  merchant: msg('No order names {list}.'),
  category: msg('No order names {list}.'),
  tag: msg('No customer has the tag {list}.'),
  locale: msg('No customer has the language {list}.'),
  city: msg('No customer is in {list}.'),
  event: msg('Your app has never sent the event {list}.'),
  event_property: msg('Your app has never sent the property {list}.'),
}

/** Edits one value. */
export function ValueField({ at, of, label, hint, required }: ValueFieldProps) {
  const { get, set, errorAt, leave } = useDraft()
  const value = get(at)
  const text = typeof value === 'string' ? value : ''
  const known = useKnownValues(of, text)
  return (
    <Stack gap={2}>
      <Autocomplete
        label={label}
        description={hint}
        required={required}
        error={errorAt(at)}
        value={text}
        dir="auto"
        data-at={at}
        data={known.map((item) => item.value)}
        filter={({ options }) => options}
        renderOption={({ option }) => <ValueOption of={of} item={find(known, option.value)} />}
        maxDropdownHeight={320}
        onBlur={() => leave(at)}
        onChange={(next) => set(at, next === '' && !required ? undefined : next)}
      />
      <UnseenNote of={of} values={text === '' ? [] : [text]} />
    </Stack>
  )
}

/** Edits a list of values. */
export function ValueListField({ at, of, label, hint, keepEmpty }: ValueFieldProps) {
  const { get, set, errorAt, leave } = useDraft()
  const value = get(at)
  const values = Array.isArray(value) ? value.map(String) : []
  const [typed, setTyped] = useState('')
  const known = useKnownValues(of, typed)
  return (
    <Stack gap={2}>
      <TagsInput
        label={label}
        description={hint}
        error={errorAt(at, true)}
        value={values}
        data-at={at}
        data={known.map((item) => item.value)}
        filter={({ options }) => options}
        renderOption={({ option }) => <ValueOption of={of} item={find(known, option.value)} />}
        maxDropdownHeight={320}
        searchValue={typed}
        onSearchChange={setTyped}
        splitChars={[',', '\n']}
        onBlur={() => leave(at)}
        onChange={(next) => set(at, next.length === 0 && !keepEmpty ? undefined : next)}
      />
      <UnseenNote of={of} values={values} />
    </Stack>
  )
}

const find = (known: OccurringValue[], value: string): OccurringValue =>
  known.find((item) => item.value === value) ?? { value, names: {}, count: null }

/** Shows a value by its name and its key, with how many have it. */
export function ValueOption({ of, item }: { of: ValueKind; item: OccurringValue }) {
  const { language, plural } = useLocale()
  const name = valueName(item, language)
  const many = item.count ?? undefined
  return (
    <Group justify="space-between" gap="xs" wrap="nowrap" w="100%">
      <span>
        <bdi>{name}</bdi>
        {name !== item.value && (
          <Text span size="sm" c="dimmed" ms={6}>
            <bdi>{item.value}</bdi>
          </Text>
        )}
      </span>
      {many !== undefined && (
        <Text span size="sm" className="number">
          {of === 'merchant' || of === 'category'
            ? plural(many, '1 order', '{n} orders')
            : plural(many, '1 customer', '{n} customers')}
        </Text>
      )}
    </Group>
  )
}

/** Says which of the values nobody has. It is no error: the first one may come tomorrow. */
function UnseenNote({ of, values }: { of: ValueKind; values: string[] }) {
  const { t } = useLocale()
  const unseen = useUnseenValues(of, values)
  return (
    <Text size="sm" role="status" hidden={unseen.length === 0} data-unseen>
      {unseen.length > 0 && t(unseenMessages[of], { list: unseen.join(', ') })}
    </Text>
  )
}
