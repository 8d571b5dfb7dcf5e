// Marketing > Promotion: campaigns that are sent once.
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { State } from '../client'
import { useWords } from '../app/i18n'
import { Empty, Page as Frame } from '../app/parts'
import { useSession } from '../app/session'
import { CampaignTable } from './list'

const states: State[] = ['draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled', 'failed', 'archived']

export function Page() {
  const { t } = useWords()
  const { mayChange } = useSession()
  const create = mayChange && <Button component={Link} to="/marketing/promotion/new">{t('New promotion')}</Button>
  return (
    <Frame title={t('Promotion')} intro={t('Sent once: choose an offer and who gets it; each customer gets a voucher of their own.')} actions={create}>
      <CampaignTable kind="promotion" states={states} empty={(
        <Empty title={t('No promotion yet')} action={create}>
          {t('A promotion gives one offer to the customers you choose: those who never tried a vertical, the best spenders, everyone near a new shop.')}
        </Empty>
      )} />
    </Frame>
  )
}
