// Edits what SMS say about leaving: a reply, a link or nothing, in general and by country.
import { Button, Group, Select, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { callApiWithEtag } from '../../api/requests'
import { readSmsWayOut, replaceSmsWayOut, type SmsWayOut, type WayOutRule } from '../../client'
import { SectionCard } from '../../components/section-card'
import { msg, useLocale } from '../../locales/i18n'
import { SettingForm } from './setting-form'

const pickRule = ({ default: fallback, countries }: SmsWayOut): SmsWayOut => ({
  default: fallback,
  countries,
})

const kindLabels = {
  reply: msg('Reply with a word'),
  link: msg('Short link'),
  none: msg('None, with a reason'),
}
type Kind = keyof typeof kindLabels

const kindOf = (rule: WayOutRule): Kind =>
  'reply' in rule ? 'reply' : 'link' in rule ? 'link' : 'none'

const newRules: Record<Kind, WayOutRule> = {
  reply: { reply: {} },
  link: { link: {} },
  none: { none: { reason: '' } },
}

const countryCode = /^[A-Z]{2}$/

export function SmsWayOutForm() {
  const { t } = useLocale()
  const [added, setAdded] = useState('')
  return (
    <SettingForm<SmsWayOut>
      name="sms-way-out"
      read={async (signal) => {
        const { data, etag } = await callApiWithEtag(readSmsWayOut({ signal }))
        return { data: pickRule(data), etag }
      }}
      write={async (body, etag) => {
        const after = await callApiWithEtag(
          replaceSmsWayOut({ body, headers: { 'If-Match': etag } }),
        )
        return { data: pickRule(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt, readOnly }) => (
        <SectionCard title={t('Opt-out text of SMS')}>
          <Text size="sm">
            {t(
              'The opt-out text ends each SMS, in the language of the message, unless the message places it with {variable}.',
              { variable: '{{ way_out }}' },
            )}
          </Text>
          <RuleFields
            label={t('All countries without a rule')}
            rule={value.default}
            at="/default"
            errorAt={errorAt}
            change={(rule) => set({ default: rule })}
          />
          {Object.entries(value.countries ?? {}).map(([country, rule]) => (
            <RuleFields
              key={country}
              label={country}
              rule={rule}
              at={`/countries/${country}`}
              errorAt={errorAt}
              change={(next) => {
                const { [country]: _, ...others } = value.countries ?? {}
                set({ countries: next ? { ...others, [country]: next } : others })
              }}
            />
          ))}
          <Group align="flex-end">
            <TextInput
              label={t('Country code (two letters)')}
              maxLength={2}
              w={200}
              disabled={readOnly}
              value={added}
              onChange={({ currentTarget }) => setAdded(currentTarget.value.toUpperCase())}
            />
            <Button
              variant="default"
              disabled={readOnly || !countryCode.test(added) || added in (value.countries ?? {})}
              onClick={() => {
                set({ countries: { ...value.countries, [added]: { link: {} } } })
                setAdded('')
              }}
            >
              {t('Add a country')}
            </Button>
          </Group>
        </SectionCard>
      )}
    </SettingForm>
  )
}

/** Edits the rule of one country, or the one of all others. */
function RuleFields({
  label,
  rule,
  at,
  errorAt,
  change,
}: {
  label: string
  rule: WayOutRule | undefined
  at: string
  errorAt: (pointer: string) => string | undefined
  change: (rule: WayOutRule | undefined) => void
}) {
  const { t } = useLocale()
  return (
    <Group align="flex-start">
      <Select
        label={label}
        w={260}
        value={rule ? kindOf(rule) : ''}
        error={errorAt(at)}
        allowDeselect={false}
        onChange={(kind) => change(kind ? newRules[kind as Kind] : undefined)}
        data={[
          { value: '', label: at === '/default' ? t('Default of the deployment') : t('No rule') },
          ...Object.entries(kindLabels).map(([kind, text]) => ({ value: kind, label: t(text) })),
        ]}
      />
      {rule && 'reply' in rule && (
        <TextInput
          label={t('Number for replies')}
          description={t('Leave blank to use the number that the SMS comes from.')}
          value={rule.reply.number ?? ''}
          error={errorAt(`${at}/reply/number`)}
          onChange={({ currentTarget }) =>
            change({ reply: currentTarget.value ? { number: currentTarget.value } : {} })
          }
        />
      )}
      {rule && 'none' in rule && (
        <TextInput
          label={t('Reason')}
          w={320}
          value={rule.none.reason}
          error={errorAt(`${at}/none/reason`)}
          onChange={({ currentTarget }) => change({ none: { reason: currentTarget.value } })}
        />
      )}
    </Group>
  )
}
