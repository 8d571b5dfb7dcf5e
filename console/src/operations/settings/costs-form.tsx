// Edits what messages cost and which margin is left of a sale, for the reports; shows currency and
// time zone.
import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { callApi, callApiWithEtag } from '../../api/requests'
import { type CostSettings, type CostsView, readCosts, replaceCosts } from '../../client'
import { SectionCard } from '../../components/section-card'
import { stylesOf, TypedNumberInput } from '../../components/typed-number-input'
import { msg, useLocale } from '../../locales/i18n'
import { writeNumber } from '../../locales/typed-number'
import { fromMicros, toMicros } from './amounts'
import { SettingForm } from './setting-form'

const pickCosts = ({
  sms_micros,
  email_micros,
  push_micros,
  margin_percent,
}: CostSettings): CostSettings => ({ sms_micros, email_micros, push_micros, margin_percent })
const priceFields: { field: 'sms_micros' | 'email_micros' | 'push_micros'; label: string }[] = [
  { field: 'sms_micros', label: msg('One SMS segment') },
  { field: 'email_micros', label: msg('One e-mail') },
  { field: 'push_micros', label: msg('One push message') },
]
const MICRO_DIGITS = 6

export function CostsForm() {
  const { t, number, language, region } = useLocale()
  const nameOf = (type: 'currency', code: string) => {
    try {
      return new Intl.DisplayNames(language, { type }).of(code)
    } catch {
      return ''
    }
  }
  const now = useQuery({
    queryKey: ['costs', 'in force'],
    queryFn: async ({ signal }) => (await callApi(readCosts({ signal }))) as CostsView,
  })
  const inForce = now.data?.in_force
  const asDeployed = (price: number | undefined) =>
    writeNumber(price, { digits: MICRO_DIGITS }, region, stylesOf(region))
  return (
    <SettingForm<CostSettings>
      name="costs"
      read={async (signal) => {
        const { data, etag } = await callApiWithEtag(readCosts({ signal }))
        return { data: pickCosts(data), etag }
      }}
      write={async (body, etag) => {
        const after = await callApiWithEtag(replaceCosts({ body, headers: { 'If-Match': etag } }))
        void now.refetch()
        return { data: pickCosts(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt }) => (
        <>
          <SectionCard title={t('What a message costs')}>
            <Text size="sm">
              {t(
                'Used for every report, including past periods. Leave blank for the default (shown in grey).',
              )}
            </Text>
            {priceFields.map(({ field, label }) => (
              <TypedNumberInput
                key={field}
                label={t(label)}
                digits={MICRO_DIGITS}
                maw={260}
                unit={now.data?.currency}
                error={errorAt(`/${field}`)}
                placeholder={asDeployed(fromMicros(inForce?.[field]))}
                value={fromMicros(value[field])}
                onChange={(price) => set({ [field]: toMicros(price) })}
              />
            ))}
          </SectionCard>
          <SectionCard title={t('Margin')}>
            <TypedNumberInput
              label={t('Gross margin (%)')}
              description={t(
                'Before discounts and message costs. Used to compute the profit of additional sales.',
              )}
              unit="%"
              maw={360}
              placeholder={inForce && number(inForce.margin_percent)}
              value={value.margin_percent}
              error={errorAt('/margin_percent')}
              onChange={(margin_percent) => set({ margin_percent })}
            />
          </SectionCard>
          {now.data && (
            <SectionCard title={t('Currency and time zone')}>
              <Table withRowBorders={false} verticalSpacing={4}>
                <Table.Tbody>
                  <Table.Tr>
                    <Table.Th scope="row" fw={500} w="38%">
                      {t('Currency')}
                    </Table.Th>
                    <Table.Td>
                      {now.data.currency}{' '}
                      <Text span size="sm" c="dimmed">
                        {nameOf('currency', now.data.currency)}
                      </Text>
                    </Table.Td>
                  </Table.Tr>
                  <Table.Tr>
                    <Table.Th scope="row" fw={500}>
                      {t('Time zone')}
                    </Table.Th>
                    <Table.Td>
                      {now.data.time_zone}{' '}
                      <Text span size="sm" c="dimmed">
                        {t('its days are those of the reports')}
                      </Text>
                    </Table.Td>
                  </Table.Tr>
                </Table.Tbody>
              </Table>
              <Text size="sm" c="dimmed">
                {t(
                  'Reports count by them, so they are part of the deployment. To change them, deploy with other values of the parameters {list}; amounts and days that are counted stay as they are.',
                  { list: 'Currency, TimeZone' },
                )}
              </Text>
            </SectionCard>
          )}
        </>
      )}
    </SettingForm>
  )
}
