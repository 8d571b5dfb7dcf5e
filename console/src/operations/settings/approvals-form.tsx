// Edits the thresholds above which a campaign needs a second person's approval.
import { Checkbox, Text } from '@mantine/core'
import { callApiWithEtag } from '../../api/requests'
import { useSession } from '../../app/session'
import { type ApprovalThresholds, readApprovals, replaceApprovals } from '../../client'
import { SectionCard } from '../../components/section-card'
import { TypedMoneyInput, TypedNumberInput } from '../../components/typed-number-input'
import { currencyDigits, useLocale } from '../../locales/i18n'
import { SettingForm } from './setting-form'

const pickApprovals = ({
  customers,
  exposure,
  by_rehearsal,
}: ApprovalThresholds): ApprovalThresholds => ({
  customers,
  exposure,
  by_rehearsal,
})

export function ApprovalsForm() {
  const { t } = useLocale()
  const { currency } = useSession()
  return (
    <SettingForm<ApprovalThresholds>
      name="approvals"
      read={async (signal) => {
        const { data, etag } = await callApiWithEtag(readApprovals({ signal }))
        return { data: pickApprovals(data), etag }
      }}
      write={async (body, etag) => {
        const after = await callApiWithEtag(
          replaceApprovals({ body, headers: { 'If-Match': etag } }),
        )
        return { data: pickApprovals(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt }) => (
        <SectionCard title={t('When approval is required')}>
          <Text size="sm">
            {t(
              'Above either threshold, an approver who did not write the campaign must approve it before it starts. The campaign’s own limits count: without a limit it needs approval.',
            )}
          </Text>
          <TypedNumberInput
            label={t('Customers')}
            description={t('Leave blank for no threshold.')}
            maw={260}
            value={value.customers}
            error={errorAt('/customers')}
            onChange={(customers) => set({ customers })}
          />
          <TypedMoneyInput
            label={t('Exposure')}
            description={t(
              'The most that its vouchers can cost together. Leave blank for no threshold.',
            )}
            maw={260}
            currency={currency}
            scale={currencyDigits(currency)}
            value={value.exposure}
            error={errorAt('/exposure')}
            onChange={(exposure) => set({ exposure })}
          />
          <Checkbox
            label={t('A rehearsal less than a day old can stand for a limit')}
            description={t(
              'A launch that it counted at or under a threshold needs no approval for it.',
            )}
            checked={value.by_rehearsal ?? false}
            onChange={({ currentTarget }) => set({ by_rehearsal: currentTarget.checked })}
          />
        </SectionCard>
      )}
    </SettingForm>
  )
}
