// Edits what support and marketers may give away by hand: the cost of a voucher, vouchers a day, how
// far they extend one, and how many one customer gets.
import { NumberInput, Text } from '@mantine/core'
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
import { currencyDigits, msg, useLocale } from '../../locales/i18n'
import { fromMinor, toMinor } from './amounts'
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
  ['support', msg('What support may give away')],
  ['marketer', msg('What marketers may give away')],
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
          // The API complains of a number that is missing, and the complaint lands on its input.
          replaceGoodwill({ body: body as GoodwillPolicy, headers: { 'If-Match': etag } }),
        )
        return { data: pickGoodwill(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt }) => (
        <>
          <Text size="sm">
            {t(
              'Vouchers that operators issue by hand, issue again or extend for one customer. These limits hold for each operator of the group; administrators have none.',
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
          <SectionCard title={t('What one customer gets')}>
            <NumberInput
              label={t('Goodwill vouchers in 30 days, at most')}
              description={t('From all operators together.')}
              clampBehavior="none"
              hideControls
              required
              min={0}
              allowDecimal={false}
              maw={360}
              value={value.customer_vouchers ?? ''}
              error={errorAt('/customer_vouchers')}
              onChange={(typed) => set({ customer_vouchers: toCount(typed) })}
            />
          </SectionCard>
        </>
      )}
    </SettingForm>
  )
}

const toCount = (typed: number | string) => (typed === '' ? undefined : Number(typed))

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
  const scale = currencyDigits(currency)
  return (
    <SectionCard title={title}>
      <NumberInput
        label={t('Cost of one voucher, at most')}
        description={t('The highest discount of its offer. Empty: as much as the offer gives.')}
        clampBehavior="none"
        hideControls
        min={0}
        decimalScale={scale}
        thousandSeparator
        maw={360}
        rightSection={<span style={{ fontSize: 12 }}>{currency}</span>}
        rightSectionWidth={48}
        value={fromMinor(limits.max_cost, scale)}
        error={errorAt('max_cost')}
        onChange={(typed) => change({ max_cost: toMinor(typed, scale) })}
      />
      <NumberInput
        label={t('Vouchers a day, at most')}
        clampBehavior="none"
        hideControls
        required
        min={0}
        allowDecimal={false}
        maw={360}
        value={limits.vouchers_per_day ?? ''}
        error={errorAt('vouchers_per_day')}
        onChange={(typed) => change({ vouchers_per_day: toCount(typed) })}
      />
      <NumberInput
        label={t('Days from now to which a voucher is extended, at most')}
        clampBehavior="none"
        hideControls
        required
        min={0}
        allowDecimal={false}
        maw={360}
        value={limits.extension_days ?? ''}
        error={errorAt('extension_days')}
        onChange={(typed) => change({ extension_days: toCount(typed) })}
      />
    </SectionCard>
  )
}
