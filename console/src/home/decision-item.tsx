// Shows one thing that needs a person: what it is, why, and the page on which it is decided. Home and the
// notifications list the same.
import { Anchor, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type SearchParams, searchParams } from '../app/search-params'
import { useLocale } from '../locales/i18n'
import { causeMessages, healthLabels, nextStep } from '../operations/health-labels'
import { systemStateMessages } from '../reporting/system-alerts'
import type { Decision } from './decisions'

export function DecisionItem({ decision }: { decision: Decision }) {
  const { t, plural, number } = useLocale()
  switch (decision.kind) {
    case 'system':
      return (
        <DecisionLine
          to="/configuration/voucher-campaign/health"
          name={t(systemStateMessages[decision.state].title)}
          says={t(systemStateMessages[decision.state].says)}
        />
      )
    case 'health': {
      const { campaign, cause } = decision
      return (
        <DecisionLine
          to={`/marketing/${campaign.kind}/${campaign.campaign_id}`}
          name={campaign.name}
          isName
          why={t(causeMessages[cause]?.title ?? healthLabels[campaign.health])}
          says={t(nextStep(cause, campaign))}
        />
      )
    }
    case 'redeeming':
      return (
        <DecisionLine
          to={`/marketing/${decision.campaign.kind}/${decision.campaign.id}`}
          name={decision.campaign.name}
          isName
          why={t('Redeeming is suspended')}
          says={t('Customers can’t redeem its vouchers until you resume redeeming.')}
        />
      )
    case 'approval':
      return (
        <DecisionLine
          to={`/marketing/${decision.campaign.kind}/${decision.campaign.id}`}
          name={decision.campaign.name}
          isName
          why={t('Approval required')}
          says={t('It can’t be launched until an approver agrees.')}
        />
      )
    case 'replies':
      return (
        <DecisionLine
          to="/configuration/voucher-campaign/waiting-replies"
          name={
            decision.more
              ? t('More than {n} replies to review', { n: number(decision.waiting) })
              : plural(decision.waiting, '1 reply to review', '{n} replies to review')
          }
          says={t('Each may be a wish to stop. Say what it means.')}
        />
      )
  }
}

export function DecisionLine({
  to,
  search,
  name,
  isName = false,
  why,
  says,
}: {
  to: string
  search?: SearchParams
  name: string
  isName?: boolean
  why?: string
  says: string
}) {
  return (
    <li>
      <Text>
        <Anchor component={Link} to={to} search={search && searchParams(search)} className="wrap">
          {isName ? <bdi>{name}</bdi> : name}
        </Anchor>
        {why && (
          <>
            {' · '}
            <b>{why}</b>
          </>
        )}
      </Text>
      <Text size="sm" c="dimmed">
        {says}
      </Text>
    </li>
  )
}
