// Shows Configuration > Diagnostics: one customer, one campaign, or why a customer did or did not
// get a campaign's voucher.
import { List, Stack } from '@mantine/core'
import { useFilters } from '../../app/search-params'
import { EmptyState } from '../../components/empty-state'
import { PageFrame } from '../../components/page-frame'
import { useLocale } from '../../locales/i18n'
import { CampaignPanel } from './campaign-panel'
import { CustomerPanel } from './customer-panel'
import { DiagnosticsSearch } from './diagnostics-search'
import { WhyCard } from './why-card'

export function DiagnosticsPage() {
  const { t } = useLocale()
  const filters = useFilters()
  const customer = filters.text('customer')
  const campaign = filters.text('campaign')
  return (
    <PageFrame
      title={t('Diagnostics')}
      intro={t(
        'What happened to a customer, the state of a campaign, and why a customer did or did not get it.',
      )}
    >
      <DiagnosticsSearch />
      <Stack key={`${customer} ${campaign}`}>
        {customer && campaign && <WhyCard customer={customer} campaign={campaign} />}
        {customer && <CustomerPanel id={customer} />}
        {!customer && campaign && <CampaignPanel id={campaign} />}
        {!customer && !campaign && (
          <EmptyState title={t('Look up a customer or a campaign')}>
            <List component="ul">
              <List.Item>{t('A customer: timeline, consents and frequency caps.')}</List.Item>
              <List.Item>
                {t('A campaign: its run, skips by reason, failures and examples.')}
              </List.Item>
              <List.Item>
                {t('Both: why this customer did or did not get it, condition by condition.')}
              </List.Item>
            </List>
          </EmptyState>
        )}
      </Stack>
    </PageFrame>
  )
}
