// Edits the attributes of customers that are declared: the app backend writes values of these types, and
// audiences compare them.
import { Button, Group, Select, Text, TextInput } from '@mantine/core'
import { callApiWithEtag } from '../../api/requests'
import {
  type AttributeDeclaration,
  type AttributeSettings,
  readAttributes,
  replaceAttributes,
} from '../../client'
import { SectionCard } from '../../components/section-card'
import { msg, useLocale } from '../../locales/i18n'
import { SettingForm } from './setting-form'

type Attributes = Required<Pick<AttributeSettings, 'attributes'>>

const pickAttributes = ({ attributes = [] }: AttributeSettings): Attributes => ({ attributes })
const typeLabels: Record<AttributeDeclaration['type'], string> = {
  bool: msg('yes or no'),
  number: msg('number'),
  date: msg('date'),
  text: msg('text'),
  set: msg('several texts'),
}

export function AttributesForm() {
  const { t, number } = useLocale()
  return (
    <SettingForm<Attributes>
      name="attributes"
      read={async (signal) => {
        const { data, etag } = await callApiWithEtag(readAttributes({ signal }))
        return { data: pickAttributes(data), etag }
      }}
      write={async (body, etag) => {
        const headers = { 'If-Match': etag }
        const after = await callApiWithEtag(replaceAttributes({ body, headers }))
        return { data: pickAttributes(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt, readOnly }) => {
        const change = (place: number, next: Partial<AttributeDeclaration>) =>
          set({
            attributes: value.attributes.map((one, at) =>
              at === place ? { ...one, ...next } : one,
            ),
          })
        return (
          <SectionCard title={t('Attributes')}>
            <Text size="sm">
              {t(
                'Facts about customers that your app sends with their profile, up to 40. An attribute that a campaign or a segment uses keeps its type.',
              )}
            </Text>
            {value.attributes.length === 0 && <Text>{t('None yet.')}</Text>}
            {value.attributes.map((attribute, place) => (
              <Group
                key={place}
                align="flex-end"
                role="group"
                aria-label={t('Attribute {n}', { n: number(place + 1) })}
              >
                <TextInput
                  label={t('Name')}
                  w={240}
                  dir="ltr"
                  disabled={readOnly}
                  value={attribute.name}
                  error={errorAt(`/attributes/${place}/name`)}
                  onChange={({ currentTarget }) => change(place, { name: currentTarget.value })}
                />
                <Select
                  label={t('Type')}
                  w={200}
                  allowDeselect={false}
                  disabled={readOnly}
                  value={attribute.type}
                  data={Object.entries(typeLabels).map(([type, label]) => ({
                    value: type,
                    label: t(label),
                  }))}
                  onChange={(type) =>
                    type && change(place, { type: type as AttributeDeclaration['type'] })
                  }
                />
                {!readOnly && (
                  <Button
                    variant="subtle"
                    onClick={() =>
                      set({ attributes: value.attributes.filter((_, at) => at !== place) })
                    }
                  >
                    {t('Remove')}
                  </Button>
                )}
              </Group>
            ))}
            {!readOnly && (
              <Group>
                <Button
                  variant="light"
                  onClick={() =>
                    set({ attributes: [...value.attributes, { name: '', type: 'text' }] })
                  }
                >
                  {t('Add an attribute')}
                </Button>
              </Group>
            )}
          </SectionCard>
        )
      }}
    </SettingForm>
  )
}
