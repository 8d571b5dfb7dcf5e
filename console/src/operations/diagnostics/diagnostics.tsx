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
        'What happened to a customer and why, how a campaign stands, and why someone did or did not get it.',
      )}
    >
      <DiagnosticsSearch />
      <Stack key={`${customer} ${campaign}`}>
        {customer && campaign && <WhyCard customer={customer} campaign={campaign} />}
        {customer && <CustomerPanel id={customer} />}
        {!customer && campaign && <CampaignPanel id={campaign} />}
        {!customer && !campaign && (
          <EmptyState title={t('Ask about someone, or about a campaign')}>
            <List component="ul">
              <List.Item>
                {t(
                  'A customer alone: all that happened to them, their choices, what the caps leave.',
                )}
              </List.Item>
              <List.Item>
                {t(
                  'A campaign alone: its run, who was skipped and why, what failed, a few examples.',
                )}
              </List.Item>
              <List.Item>
                {t('Both: why this customer got it, or why not, condition by condition.')}
              </List.Item>
            </List>
          </EmptyState>
        )}
      </Stack>
    </PageFrame>
  )
}
