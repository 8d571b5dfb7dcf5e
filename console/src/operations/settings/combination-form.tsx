// Edits the rules for several vouchers on one order: how many it takes, and in which order and of
// which prices their discounts are computed.
import { Group, Radio, Text } from '@mantine/core'
import { callApiWithEtag } from '../../api/requests'
import {
  type CombinationPolicy,
  type FirstDiscount,
  type PercentBase,
  readCombination,
  replaceCombination,
} from '../../client'
import { SectionCard } from '../../components/section-card'
import { TypedNumberInput } from '../../components/typed-number-input'
import { useLocale } from '../../locales/i18n'
import { SettingForm } from './setting-form'

const MAX_VOUCHERS_PER_ORDER = 8

const pickCombination = ({
  max_vouchers,
  first,
  percent_of,
}: CombinationPolicy): CombinationPolicy => ({ max_vouchers, first, percent_of })

export function CombinationForm() {
  const { t, number } = useLocale()
  return (
    <SettingForm<CombinationPolicy>
      name="combination"
      read={async (signal) => {
        const { data, etag } = await callApiWithEtag(readCombination({ signal }))
        return { data: pickCombination(data), etag }
      }}
      write={async (body, etag) => {
        const after = await callApiWithEtag(
          replaceCombination({ body, headers: { 'If-Match': etag } }),
        )
        return { data: pickCombination(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt }) => (
        <SectionCard title={t('Several vouchers on one order')}>
          <Text size="sm">
            {t(
              'Only vouchers of offers that combine go on the same order; each campaign says what its offer combines with.',
            )}
          </Text>
          <TypedNumberInput
            label={t('Maximum vouchers per order')}
            description={t('{low} to {high}', {
              low: number(1),
              high: number(MAX_VOUCHERS_PER_ORDER),
            })}
            required
            maw={360}
            value={value.max_vouchers}
            error={errorAt('/max_vouchers')}
            onChange={(max_vouchers) => set({ max_vouchers })}
          />
          <Radio.Group
            label={t('Applied first')}
            description={t('Free delivery always comes last.')}
            value={value.first ?? null}
            error={errorAt('/first')}
            onChange={(first) => set({ first: first as FirstDiscount })}
          >
            <Group mt="xs">
              <Radio value="percent" label={t('Percentages')} />
              <Radio value="fixed_amount" label={t('Fixed amounts')} />
            </Group>
          </Radio.Group>
          <Radio.Group
            label={t('Percentages apply to')}
            description={t('No discount takes more than the ones before it have left.')}
            value={value.percent_of ?? null}
            error={errorAt('/percent_of')}
            onChange={(base) => set({ percent_of: base as PercentBase })}
          >
            <Group mt="xs">
              <Radio value="reduced" label={t('Reduced prices')} />
              <Radio value="original" label={t('Original prices')} />
            </Group>
          </Radio.Group>
        </SectionCard>
      )}
    </SettingForm>
  )
}
