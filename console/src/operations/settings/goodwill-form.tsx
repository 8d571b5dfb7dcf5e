// Edits what support and marketers may give away by hand: the cost of a voucher, vouchers a day, how
// far they extend one, and how many one customer gets.
import { Text } from '@mantine/core'
import {
  type GoodwillLimits,
  type GoodwillPolicy,
  type GoodwillSettings,
  readGoodwill,
  replaceGoodwill,
} from '../../client'
import { callApiWithEtag } from '../../api/requests'
import { useSession } from '../../app/session'
import { SectionCard } from '../../components/section-card'
import { TypedMoneyInput, TypedNumberInput } from '../../components/typed-number-input'
import { currencyDigits, msg, useLocale } from '../../locales/i18n'
import { SettingForm } from './setting-form'

/** A policy as it is typed: an input that was emptied has no number. */
type TypedLimits = { [name in keyof GoodwillLimits]?: number }
interface TypedPolicy {
  support?: TypedLimits
  marketer?: TypedLimits
  customer_vouchers?: number
}

const pickGoodwill = ({ support, marketer, customer_vouchers }: GoodwillSettings): TypedPolicy => ({
  support,
  marketer,
  customer_vouchers,
})
const roleTitles: ['support' | 'marketer', string][] = [
  ['support', msg('Limits for support')],
  ['marketer', msg('Limits for marketers')],
]

export function GoodwillForm() {
  const { t } = useLocale()
  return (
    <SettingForm<TypedPolicy>
      name="goodwill"
      read={async (signal) => {
        const { data, etag } = await callApiWithEtag(readGoodwill({ signal }))
        return { data: pickGoodwill(data), etag }
      }}
      write={async (body, etag) => {
        const after = await callApiWithEtag(
          // Only a form without an empty input is saved: all of its counts are required.
          replaceGoodwill({ body: body as GoodwillPolicy, headers: { 'If-Match': etag } }),
        )
        return { data: pickGoodwill(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt }) => (
        <>
          <Text size="sm">
            {t(
              'Limits on vouchers that operators issue manually, reissue or extend for one customer. They apply to each operator of the group; administrators have no limits.',
            )}
          </Text>
          {roleTitles.map(([role, title]) => (
            <LimitsCard
              key={role}
              title={t(title)}
              limits={value[role] ?? {}}
              change={(next) => set({ [role]: { ...value[role], ...next } })}
              errorAt={(name) => errorAt(`/${role}/${name}`)}
            />
          ))}
          <SectionCard title={t('Limits per customer')}>
            <TypedNumberInput
              required
              maw={360}
              label={t('Maximum goodwill vouchers in 30 days')}
              description={t('Counts the vouchers of all operators.')}
              value={value.customer_vouchers}
              error={errorAt('/customer_vouchers')}
              onChange={(customer_vouchers) => set({ customer_vouchers })}
            />
          </SectionCard>
        </>
      )}
    </SettingForm>
  )
}

function LimitsCard({
  title,
  limits,
  change,
  errorAt,
}: {
  title: string
  limits: TypedLimits
  change: (next: TypedLimits) => void
  errorAt: (name: keyof GoodwillLimits) => string | undefined
}) {
  const { t } = useLocale()
  const { currency } = useSession()
  return (
    <SectionCard title={title}>
      <TypedMoneyInput
        label={t('Maximum cost of a voucher')}
        description={t('The highest discount of its offer. Leave blank for no limit.')}
        maw={360}
        currency={currency}
        scale={currencyDigits(currency)}
        value={limits.max_cost}
        error={errorAt('max_cost')}
        onChange={(max_cost) => change({ max_cost })}
      />
      <TypedNumberInput
        required
        maw={360}
        label={t('Maximum vouchers per day')}
        value={limits.vouchers_per_day}
        error={errorAt('vouchers_per_day')}
        onChange={(vouchers_per_day) => change({ vouchers_per_day })}
      />
      <TypedNumberInput
        required
        maw={360}
        label={t('Maximum validity (days from today)')}
        description={t('Applies when a voucher is extended or issued with its own last day.')}
        value={limits.extension_days}
        error={errorAt('extension_days')}
        onChange={(extension_days) => change({ extension_days })}
      />
    </SectionCard>
  )
}
