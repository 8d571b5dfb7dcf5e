// Marketing > Autopilot: campaigns that stay on and fire when a customer's moment comes.
import type { State } from '../client'
import { useWords } from '../app/i18n'
import { Empty, Page as Frame } from '../app/parts'
import { CampaignTable } from '../campaigns/list'

const states: State[] = ['draft', 'scheduled', 'enabled', 'paused', 'ended', 'failed', 'archived']

export function Page() {
  const { t } = useWords()
  return (
    <Frame title={t('Autopilot')} intro={t('Stays on: fires for a customer when their moment comes, until you end it.')}>
      <CampaignTable kind="autopilot" states={states} empty={(
        <Empty title={t('No autopilot yet')}>
          {t('An autopilot waits for a moment in a customer’s life: no order for a month, a birthday, the fifth order. Start with the win-back.')}
        </Empty>
      )} />
    </Frame>
  )
}
