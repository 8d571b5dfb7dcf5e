// Picks the places of a distance condition by the names of cities. Coordinates of any other place
// can be written under “Advanced”.
import { MultiSelect, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { JsonValue } from '../../api/json-pointer'
import { useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'
import { PointListField } from './draft-fields'
import { useKnownValues } from './known-values'
import { pickPlaces, placeName, type GeoPoint } from './points'
import { ValueOption } from './value-fields'

export function PlaceField({ at, label }: { at: string; label: string }) {
  const { t } = useLocale()
  const { get, set, errorAt, leave } = useDraft()
  const points = (get(at) ?? []) as GeoPoint[]
  const chosen = points.map(placeName)
  const [typed, setTyped] = useState('')
  const [picks, setPicks] = useState(0)
  const known = useKnownValues('city', typed)
  const offered = known.map(({ value }) => value)
  const hasCoordinates = points.some(({ name }) => name === undefined)
  return (
    <Stack gap="xs">
      <MultiSelect
        label={label}
        description={t('Cities where your customers are. Type to search.')}
        error={errorAt(at, true)}
        value={chosen}
        data={[...new Set([...offered, ...chosen])].map((value) => ({
          value,
          label: value,
          disabled: !chosen.includes(value) && !known.find((it) => it.value === value)?.centre,
        }))}
        data-at={at}
        searchable
        hidePickedOptions
        searchValue={typed}
        onSearchChange={setTyped}
        filter={({ options }) =>
          options.filter((option) => 'value' in option && offered.includes(option.value))
        }
        nothingFoundMessage={t('No customer is in a city with this name.')}
        renderOption={({ option }) => {
          const item = known.find(({ value }) => value === option.value)
          return item ? <ValueOption of="city" item={item} /> : option.label
        }}
        maxDropdownHeight={320}
        onBlur={() => leave(at)}
        onChange={(names) => {
          setPicks(picks + 1)
          set(at, pickPlaces(names, points, known) as unknown as JsonValue)
        }}
      />
      <details open={hasCoordinates}>
        <summary>{t('Advanced: coordinates')}</summary>
        <Text size="sm" mb={4}>
          {t('Add places that are not in the list of cities.')}
        </Text>
        <PointListField
          key={picks}
          at={at}
          label={t('Coordinates')}
          hint={t('One per line: latitude, longitude')}
        />
      </details>
    </Stack>
  )
}
