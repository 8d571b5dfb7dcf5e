// Marketing > Promotion: campaigns that are sent once.
import type { State } from '../client'
import { useWords } from '../app/i18n'
import { Empty, Page as Frame } from '../app/parts'
import { CampaignTable } from './list'

const states: State[] = ['draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled', 'failed', 'archived']

export function Page() {
  const { t } = useWords()
  return (
    <Frame title={t('Promotion')} intro={t('Sent once: choose an offer and who gets it; each customer gets a voucher of their own.')}>
      <CampaignTable kind="promotion" states={states} empty={(
        <Empty title={t('No promotion yet')}>
          {t('A promotion gives one offer to the customers you choose: those who never tried a vertical, the best spenders, everyone near a new shop.')}
        </Empty>
      )} />
    </Frame>
  )
}
