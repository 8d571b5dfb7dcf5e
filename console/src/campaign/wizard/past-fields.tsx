// Provides the inputs of conditions on attributes, samples, saved segments and the vouchers that a
// customer had.
import { Group, Select, TagsInput, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { AttributeDeclaration } from '../../client'
import { useLocale } from '../../locales/i18n'
import { attributesQuery, segmentsQuery } from '../../segments/segment-queries'
import { useDraft } from './campaign-draft'
import { DateField, NumberField, TextField } from './draft-fields'

/** Edits the days of a condition. */
export function DayFields({ at }: { at: string }) {
  const { t } = useLocale()
  return (
    <>
      <NumberField at={`${at}/days_ago_at_least`} label={t('Minimum days ago')} />
      <NumberField at={`${at}/days_ago_at_most`} label={t('Maximum days ago')} />
      <DateField at={`${at}/from`} label={t('From day')} />
      <DateField at={`${at}/until`} label={t('Until day')} />
    </>
  )
}

export function VoucherFields({ at }: { at: string }) {
  const { t } = useLocale()
  const { get, set } = useDraft()
  return (
    <Group align="flex-start">
      <Select
        label={t('Voucher')}
        w={200}
        allowDeselect={false}
        value={String(get(`${at}/stage`) ?? 'had')}
        onChange={(next) => next && set(`${at}/stage`, next)}
        data={[
          { value: 'had', label: t('had one') },
          { value: 'accepted', label: t('accepted one') },
          { value: 'redeemed', label: t('redeemed one') },
        ]}
      />
      <TextField at={`${at}/campaign`} label={t('Campaign id (optional)')} />
      <DayFields at={at} />
    </Group>
  )
}

export function SampleFields({ at }: { at: string }) {
  const { t } = useLocale()
  return (
    <Group align="flex-start">
      <TextField
        at={`${at}/name`}
        label={t('Name of the sample')}
        hint={t('The same name always selects the same customers.')}
        required
      />
      <NumberField at={`${at}/percent`} label={t('Percent')} digits={2} />
    </Group>
  )
}

export function SegmentField({ at }: { at: string }) {
  const { t } = useLocale()
  const { get, set, errorAt, leave } = useDraft()
  const found = useQuery(segmentsQuery)
  const segments = found.data?.segments ?? []
  return (
    <Select
      label={t('Segment')}
      w={320}
      searchable
      allowDeselect={false}
      error={errorAt(`${at}/id`) ?? errorAt(at)}
      value={String(get(`${at}/id`) ?? '')}
      data={segments.map(({ id, name }) => ({ value: id, label: name }))}
      nothingFoundMessage={t('No segments yet')}
      onBlur={() => leave(`${at}/id`)}
      onChange={(next) => next && set(at, { id: next })}
    />
  )
}

/** The comparison that a picked attribute begins with. */
const firstTest = (name: string, type: AttributeDeclaration['type']) => {
  switch (type) {
    case 'bool':
      return { name, is: true }
    case 'number':
      return { name, at_least: 0 }
    case 'date':
      return { name, days_ago_at_most: 30 }
    case 'text':
    case 'set':
      return { name, any_of: [] }
  }
}

function TextListField({ at }: { at: string }) {
  const { t } = useLocale()
  const { get, set, errorAt, leave } = useDraft()
  const value = get(at)
  return (
    <TagsInput
      label={t('Any of')}
      dir="auto"
      error={errorAt(at, true)}
      value={Array.isArray(value) ? value.map(String) : []}
      splitChars={[',', '\n']}
      onBlur={() => leave(at)}
      onChange={(next) => set(at, next)}
    />
  )
}

export function AttributeFields({ at }: { at: string }) {
  const { t } = useLocale()
  const { get, set, errorAt } = useDraft()
  const attributes = useQuery(attributesQuery).data?.attributes ?? []
  const name = String(get(`${at}/name`) ?? '')
  const type = attributes.find((one) => one.name === name)?.type
  return (
    <>
      <Group align="flex-start">
        <Select
          label={t('Attribute')}
          w={240}
          searchable
          allowDeselect={false}
          error={errorAt(`${at}/name`) ?? errorAt(at)}
          value={name}
          data={attributes.map((one) => one.name)}
          onChange={(next) => {
            const picked = attributes.find((one) => one.name === next)
            if (picked) set(at, firstTest(picked.name, picked.type))
          }}
        />
        {type === 'bool' && (
          <Select
            label={t('Value')}
            w={160}
            allowDeselect={false}
            value={String(get(`${at}/is`) ?? true)}
            onChange={(next) => next && set(`${at}/is`, next === 'true')}
            data={[
              { value: 'true', label: t('yes') },
              { value: 'false', label: t('no') },
            ]}
          />
        )}
        {type === 'number' && (
          <>
            <NumberField at={`${at}/at_least`} label={t('Minimum')} digits={6} />
            <NumberField at={`${at}/at_most`} label={t('Maximum')} digits={6} />
          </>
        )}
        {type === 'date' && <DayFields at={at} />}
      </Group>
      {(type === 'text' || type === 'set') && <TextListField at={`${at}/any_of`} />}
      {attributes.length === 0 && (
        <Text size="sm">
          {t('No attributes are declared. Administrators declare them in the settings.')}
        </Text>
      )}
    </>
  )
}
