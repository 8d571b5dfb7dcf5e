// Takes what applies to records whose cells do not say it: country, currency and time zone, and of
// orders the vertical and the merchant.
import { SimpleGrid, TextInput } from '@mantine/core'
import type { ImportDefaultValues, ImportFileKind } from '../../client'
import { useLocale } from '../../locales/i18n'

export type Defaults = Record<'country' | 'currency' | 'zone' | 'vertical' | 'merchant', string>

export const noDefaults: Defaults = {
  country: '',
  currency: '',
  zone: '',
  vertical: '',
  merchant: '',
}

/** Returns the inputs of what an import states. */
export const shownDefaults = (stated: ImportDefaultValues): Defaults => ({
  country: stated.country ?? '',
  currency: stated.currency ?? '',
  zone: stated.zone ?? '',
  vertical: stated.vertical ?? '',
  merchant: stated.merchant ?? '',
})

/** Returns what the inputs of a kind state; what is blank is not stated. */
export function statedDefaults(kind: ImportFileKind, typed: Defaults): ImportDefaultValues {
  const text = (value: string) => (value.trim() === '' ? null : value.trim())
  const isOrder = kind === 'orders'
  return {
    country: text(typed.country)?.toUpperCase() ?? null,
    currency: text(typed.currency)?.toUpperCase() ?? null,
    zone: text(typed.zone),
    vertical: isOrder ? text(typed.vertical) : null,
    merchant: isOrder ? text(typed.merchant) : null,
  }
}

export function DefaultsFields({
  kind,
  value,
  disabled,
  errorAt,
  onChange,
}: {
  kind: ImportFileKind
  value: Defaults
  disabled?: boolean
  errorAt: (pointer: string) => string | undefined
  onChange: (value: Defaults) => void
}) {
  const { t } = useLocale()
  const input = (name: keyof Defaults) => ({
    value: value[name],
    disabled,
    error: errorAt(`/defaults/${name}`),
    dir: 'ltr' as const,
    autoComplete: 'off',
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) =>
      onChange({ ...value, [name]: currentTarget.value }),
  })
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
      <TextInput
        {...input('country')}
        label={t('Country of phone numbers (optional)')}
        description={t('For numbers without a country code. Two letters, for example ES.')}
        maxLength={2}
      />
      <TextInput
        {...input('currency')}
        label={t('Currency of amounts (optional)')}
        description={t('For amounts without a currency. Three letters, for example EUR.')}
        maxLength={3}
      />
      <TextInput
        {...input('zone')}
        label={t('Time zone of the file (optional)')}
        description={t('For times without a zone, for example Europe/Madrid. Leave blank for UTC.')}
        maxLength={64}
      />
      {kind === 'orders' && (
        <>
          <TextInput
            {...input('vertical')}
            label={t('Vertical of the orders (optional)')}
            description={t('As your orders name it. Leave blank to use “imported”.')}
            maxLength={64}
          />
          <TextInput
            {...input('merchant')}
            label={t('Merchant of the orders (optional)')}
            description={t('As your orders name it. Leave blank to use “imported”.')}
            maxLength={64}
          />
        </>
      )}
    </SimpleGrid>
  )
}
