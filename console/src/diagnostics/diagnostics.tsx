// Configuration > Diagnostics: what happened to one customer, how a campaign stands from below, and why a customer got a campaign's voucher or not.
import { List, Stack } from '@mantine/core'
import { useWords } from '../app/i18n'
import { Empty, Page as Frame } from '../app/parts'
import { useFilters } from '../app/search'
import { CampaignPart } from './campaign'
import { CustomerPart } from './customer'
import { Find } from './find'
import { WhyCard } from './why'

export function Page() {
  const { t } = useWords()
  const filters = useFilters()
  const customer = filters.text('customer')
  const campaign = filters.text('campaign')
  return (
    <Frame title={t('Diagnostics')} intro={t('What happened to a customer and why, how a campaign stands, and why someone did or did not get it.')}>
      <Find />
      <Stack key={`${customer} ${campaign}`}>
        {customer && campaign && <WhyCard customer={customer} campaign={campaign} />}
        {customer && <CustomerPart id={customer} />}
        {!customer && campaign && <CampaignPart id={campaign} />}
        {!customer && !campaign && (
          <Empty title={t('Ask about someone, or about a campaign')}>
            <List component="ul">
              <List.Item>{t('A customer alone: all that happened to them, their choices, what the caps leave.')}</List.Item>
              <List.Item>{t('A campaign alone: its run, who was skipped and why, what failed, a few examples.')}</List.Item>
              <List.Item>{t('Both: why this customer got it, or why not, condition by condition.')}</List.Item>
            </List>
          </Empty>
        )}
      </Stack>
    </Frame>
  )
}
