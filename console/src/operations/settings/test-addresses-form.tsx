// Edits the list of addresses that test messages may go to.
import { Button, Group, Select, Text, TextInput } from '@mantine/core'
import { callApiWithEtag } from '../../api/requests'
import { textLimits } from '../../api/text-limits'
import { useSession } from '../../app/session'
import {
  type Channel,
  readTestAddresses,
  replaceTestAddresses,
  type TestAddress,
  type TestAddresses,
} from '../../client'
import { CountedTextInput } from '../../components/counted-text'
import { EmptyState } from '../../components/empty-state'
import { SectionCard } from '../../components/section-card'
import { channelLabels, channelOrder } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { SettingForm } from './setting-form'

const pickTestAddresses = ({ addresses }: TestAddresses): TestAddresses => ({ addresses })

export function TestAddressesForm() {
  const { t } = useLocale()
  const { mayAdminister } = useSession()
  if (!mayAdminister)
    return (
      <EmptyState title={t('Test addresses')}>
        {t(
          'Only administrators see the list, because it has people’s addresses. You can send a test to a listed address by typing it in the wizard.',
        )}
      </EmptyState>
    )
  return (
    <SettingForm<TestAddresses>
      name="test-addresses"
      read={async (signal) => {
        const { data, etag } = await callApiWithEtag(readTestAddresses({ signal }))
        return { data: pickTestAddresses(data), etag }
      }}
      write={async (body, etag) => {
        const after = await callApiWithEtag(
          replaceTestAddresses({ body, headers: { 'If-Match': etag } }),
        )
        return { data: pickTestAddresses(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt, readOnly: locked }) => {
        const change = (place: number, next: Partial<TestAddress>) =>
          set({
            addresses: value.addresses.map((one, at) => (at === place ? { ...one, ...next } : one)),
          })
        return (
          <SectionCard title={t('Test addresses')}>
            <Text size="sm">
              {t('Tests are sent only to these addresses, never to customers.')}
            </Text>
            {value.addresses.length === 0 && <Text>{t('None yet.')}</Text>}
            {value.addresses.map((one, place) => (
              <Group key={place} align="flex-end">
                <Select
                  label={t('Channel')}
                  w={120}
                  allowDeselect={false}
                  disabled={locked}
                  value={one.channel}
                  data={channelOrder.map((channel) => ({
                    value: channel,
                    label: t(channelLabels[channel]),
                  }))}
                  onChange={(channel) => channel && change(place, { channel: channel as Channel })}
                />
                <TextInput
                  label={t('Address')}
                  w={260}
                  dir="ltr"
                  value={one.address}
                  error={errorAt(`/addresses/${place}`)}
                  onChange={({ currentTarget }) => change(place, { address: currentTarget.value })}
                />
                <CountedTextInput
                  label={t('Label')}
                  limit={textLimits.testLabel}
                  w={160}
                  value={one.label ?? ''}
                  onChange={({ currentTarget }) =>
                    change(place, { label: currentTarget.value || undefined })
                  }
                />
                <Button
                  variant="default"
                  onClick={() =>
                    set({ addresses: value.addresses.filter((_, at) => at !== place) })
                  }
                  aria-label={t('Remove {name}', { name: one.address })}
                >
                  {t('Remove')}
                </Button>
              </Group>
            ))}
            <Group>
              <Button
                variant="light"
                onClick={() =>
                  set({ addresses: [...value.addresses, { channel: 'email', address: '' }] })
                }
              >
                {t('Add an address')}
              </Button>
            </Group>
          </SectionCard>
        )
      }}
    </SettingForm>
  )
}
