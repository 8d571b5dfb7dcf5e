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
            <CountInput
              label={t('Goodwill vouchers in 30 days, at most')}
              description={t('From all operators together.')}
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
      <CountInput
        label={t('Vouchers a day, at most')}
        value={limits.vouchers_per_day}
        error={errorAt('vouchers_per_day')}
        onChange={(vouchers_per_day) => change({ vouchers_per_day })}
      />
      <CountInput
        label={t('Latest end of a voucher, in days from now')}
        description={t('When one is extended, or issued with a last day of its own.')}
        value={limits.extension_days}
        error={errorAt('extension_days')}
        onChange={(extension_days) => change({ extension_days })}
      />
    </SectionCard>
  )
}

function CountInput({
  label,
  description,
  value,
  error,
  onChange,
}: {
  label: string
  description?: string
  value: number | undefined
  error: string | undefined
  onChange: (count: number | undefined) => void
}) {
  return (
    <NumberInput
      label={label}
      description={description}
      clampBehavior="none"
      hideControls
      required
      min={0}
      allowDecimal={false}
      maw={360}
      value={value ?? ''}
      error={error}
      onChange={(typed) => onChange(typed === '' ? undefined : Number(typed))}
    />
  )
}
