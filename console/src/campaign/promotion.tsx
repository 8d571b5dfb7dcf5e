// Shows Marketing > Promotion: campaigns that are sent once.
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useSession } from '../app/session'
import type { CampaignState } from '../client'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { useLocale } from '../locales/i18n'
import { CampaignTable } from './campaign-table'

const promotionStates: CampaignState[] = [
  'draft',
  'scheduled',
  'running',
  'paused',
  'completed',
  'cancelled',
  'failed',
  'archived',
]

export function PromotionPage() {
  const { t } = useLocale()
  const { mayChange } = useSession()
  const create = mayChange && (
    <Button component={Link} to="/marketing/promotion/new">
      {t('New promotion')}
    </Button>
  )
  return (
    <PageFrame
      title={t('Promotion')}
      intro={t(
        'Sent once: choose an offer and who gets it; each customer gets a voucher of their own.',
      )}
      actions={create}
    >
      <CampaignTable
        kind="promotion"
        states={promotionStates}
        empty={
          <EmptyState title={t('No promotion yet')} action={create}>
            {t(
              'A promotion gives one offer to the customers you choose: those who never tried a vertical, the best spenders, everyone near a new shop.',
            )}
          </EmptyState>
        }
      />
    </PageFrame>
  )
}
