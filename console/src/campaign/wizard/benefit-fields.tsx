// The fields of an offer's benefit, of the campaign or of one of its variants.
import { Group } from '@mantine/core'
import { useSession } from '../../app/session'
import { useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'
import { MoneyField, NumberField, ShapeSelect } from './draft-fields'

export const firstKey = (value: unknown) =>
  value && typeof value === 'object' ? Object.keys(value)[0] : undefined

/** `at` is the pointer of the offer. */
export function BenefitFields({ at }: { at: string }) {
  const { t } = useLocale()
  const { currency } = useSession()
  const { get } = useDraft()
  const benefit = firstKey(get(`${at}/benefit`))
  const five = { amount: 500, currency }
  return (
    <>
      <ShapeSelect
        at={`${at}/benefit`}
        label={t('Benefit')}
        shapes={[
          { key: 'fixed_amount', label: t('Fixed amount off'), first: { amount: five } },
          {
            key: 'percent',
            label: t('Percentage off, up to a maximum'),
            first: { percent: 20, cap: { amount: 1000, currency } },
          },
          {
            key: 'free_delivery',
            label: t('Free delivery, up to a maximum'),
            first: { cap: five },
          },
        ]}
      />
      {benefit === 'fixed_amount' && (
        <MoneyField at={`${at}/benefit/fixed_amount/amount`} label={t('Amount')} required />
      )}
      {benefit === 'percent' && (
        <Group align="flex-start">
          <NumberField
            at={`${at}/benefit/percent/percent`}
            label={t('Percent')}
            unit="%"
            required
          />
          <MoneyField at={`${at}/benefit/percent/cap`} label={t('Maximum discount')} required />
        </Group>
      )}
      {benefit === 'free_delivery' && (
        <MoneyField at={`${at}/benefit/free_delivery/cap`} label={t('Maximum discount')} required />
      )}
    </>
  )
}
