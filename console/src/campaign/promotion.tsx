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
        'Sent once. Choose an offer and an audience; each customer gets a personal voucher.',
      )}
      actions={create}
    >
      <CampaignTable
        kind="promotion"
        states={promotionStates}
        empty={
          <EmptyState title={t('No promotion yet')} action={create}>
            {t(
              'A promotion gives one offer to an audience: customers who never tried a vertical, top spenders, or everyone near a new merchant.',
            )}
          </EmptyState>
        }
      />
    </PageFrame>
  )
}
