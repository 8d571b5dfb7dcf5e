// Settings about money: what messages cost and what is left of a sale, for the reports; and from which size on a campaign needs a second person.
import { NumberInput, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { readApprovals, readCosts, replaceApprovals, replaceCosts, type Approvals, type CostSettings, type CostsView } from '../client'
import { call, callWithEtag } from '../app/api'
import { digits, msg, useWords } from '../app/i18n'
import { Card } from '../app/parts'
import { useSession } from '../app/session'
import { fromMicros, fromMinor, toMicros, toMinor } from './amounts'
import { SettingForm } from './form'

const costsOf = ({ sms_micros, email_micros, push_micros, margin_percent }: CostSettings): CostSettings => ({ sms_micros, email_micros, push_micros, margin_percent })
const prices: { field: 'sms_micros' | 'email_micros' | 'push_micros'; label: string }[] = [
  { field: 'sms_micros', label: msg('One SMS segment') }, { field: 'email_micros', label: msg('One e-mail') }, { field: 'push_micros', label: msg('One push message') },
]
const MICRO_DIGITS = 6

export function CostsForm() {
  const { t, number, language } = useWords()
  const nameOf = (type: 'currency', code: string) => { try { return new Intl.DisplayNames(language, { type }).of(code) } catch { return '' } }
  const now = useQuery({ queryKey: ['costs', 'in force'], queryFn: async ({ signal }) => (await call(readCosts({ signal }))) as CostsView })
  const inForce = now.data?.in_force
  const asDeployed = (value: number | undefined) => (value === undefined ? '' : new Intl.NumberFormat('en', { maximumFractionDigits: MICRO_DIGITS, useGrouping: false }).format(value))
  const currency = <span style={{ fontSize: 12 }}>{now.data?.currency}</span>
  return (
    <SettingForm<CostSettings> name="costs"
      read={async (signal) => { const { data, etag } = await callWithEtag(readCosts({ signal })); return { data: costsOf(data), etag } }}
      write={async (body, etag) => { const after = await callWithEtag(replaceCosts({ body, headers: { 'If-Match': etag } })); void now.refetch(); return { data: costsOf(after.data), etag: after.etag } }}>
      {({ value, set, wrong }) => (
        <>
          <Card title={t('What a message costs')}>
            <Text size="sm">{t('Reports reckon with these, at once and for all periods. Empty: as deployed, shown in grey.')}</Text>
            {prices.map(({ field, label }) => (
              <NumberInput key={field} label={t(label)} clampBehavior="none" hideControls min={0} decimalScale={MICRO_DIGITS} maw={260} rightSection={currency} rightSectionWidth={48} error={wrong(`/${field}`)}
                placeholder={asDeployed(inForce && inForce[field] / 1_000_000)} value={fromMicros(value[field])} onChange={(typed) => set({ [field]: toMicros(typed) })} />
            ))}
          </Card>
          <Card title={t('Margin')}>
            <NumberInput label={t('Of a sale at full price so much is left')} description={t('Before discounts and messages. What a campaign sold more counts so much in its profit.')} clampBehavior="none" hideControls min={0} max={100} suffix=" %" maw={360}
              placeholder={inForce && `${number(inForce.margin_percent)} %`} value={value.margin_percent ?? ''} error={wrong('/margin_percent')} onChange={(typed) => set({ margin_percent: typed === '' ? undefined : Number(typed) })} />
          </Card>
          {now.data && <Card title={t('Currency and time zone')}>
            <Table withRowBorders={false} verticalSpacing={4}><Table.Tbody>
              <Table.Tr><Table.Th scope="row" fw={500} w="38%">{t('Currency')}</Table.Th><Table.Td>{now.data.currency} <Text span size="sm" c="dimmed">{nameOf('currency', now.data.currency)}</Text></Table.Td></Table.Tr>
              <Table.Tr><Table.Th scope="row" fw={500}>{t('Time zone')}</Table.Th><Table.Td>{now.data.time_zone} <Text span size="sm" c="dimmed">{t('its days are those of the reports')}</Text></Table.Td></Table.Tr>
            </Table.Tbody></Table>
            <Text size="sm" c="dimmed">{t('Reports count by them, so they are part of the deployment. To change them, deploy with other values of the parameters {list}; amounts and days that are counted stay as they are.', { list: 'Currency, TimeZone' })}</Text>
          </Card>}
        </>
      )}
    </SettingForm>
  )
}

const approvalsOf = ({ customers, exposure }: Approvals): Approvals => ({ customers, exposure })

export function ApprovalsForm() {
  const { t } = useWords()
  const { currency } = useSession()
  const scale = digits(currency)
  return (
    <SettingForm<Approvals> name="approvals"
      read={async (signal) => { const { data, etag } = await callWithEtag(readApprovals({ signal })); return { data: approvalsOf(data), etag } }}
      write={async (body, etag) => { const after = await callWithEtag(replaceApprovals({ body, headers: { 'If-Match': etag } })); return { data: approvalsOf(after.data), etag: after.etag } }}>
      {({ value, set, wrong }) => (
        <Card title={t('When a second person has to agree')}>
          <Text size="sm">{t('Over either of these an approver who did not write the campaign has to agree before it starts. What counts are the campaign’s own caps: without a cap it is over.')}</Text>
          <NumberInput label={t('Customers')} description={t('Empty: no matter how many.')} clampBehavior="none" hideControls min={0} allowDecimal={false} thousandSeparator maw={260} value={value.customers ?? ''} error={wrong('/customers')} onChange={(typed) => set({ customers: typed === '' ? undefined : Number(typed) })} />
          <NumberInput label={t('Exposure')} description={t('What its vouchers can cost together. Empty: no matter how much.')} clampBehavior="none" hideControls min={0} decimalScale={scale} thousandSeparator maw={260} rightSection={<span style={{ fontSize: 12 }}>{currency}</span>} rightSectionWidth={48}
            value={fromMinor(value.exposure, scale)} error={wrong('/exposure')} onChange={(typed) => set({ exposure: toMinor(typed, scale) })} />
        </Card>
      )}
    </SettingForm>
  )
}
