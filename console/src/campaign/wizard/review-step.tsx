// Shows step 5 of the wizard: the whole draft, who gets it, its highest and its probable cost,
// overlapping campaigns, and the API's warnings.
import { Alert, Group, List, Stack, Text } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { WarningMessage } from '../../api/api-messages'
import type { Campaign, DefinitionWarning } from '../../client'
import { KeyFigure } from '../../components/key-figure'
import { LoadingSkeleton } from '../../components/loading'
import { ProblemAlert } from '../../components/problem-alert'
import { useLocale } from '../../locales/i18n'
import { CostForecastCard } from '../../reporting/cost-forecast-card'
import { helpTexts } from '../../reporting/help-texts'
import { OverlapCard } from '../../reporting/overlap-card'
import { ApprovalAlert } from '../approval-alert'
import { ReadinessAlert } from '../readiness-alert'
import { DefinitionSummary } from '../definition-summary'
import { isGoodwill } from '../goodwill'
import { dearestDiscount, expectedVouchers } from '../launch-numbers'
import { useDraft } from './campaign-draft'
import { useAudiencePreview } from './use-audience-preview'
import { useMessageCost } from './use-message-cost'

const RehearsalCard = lazy(() => import('../../reporting/rehearsal-card'))
const ReplayCard = lazy(() => import('../../reporting/replay-card'))

export function ReviewStep({
  warnings,
  saved,
}: {
  warnings: DefinitionWarning[]
  saved: Campaign | undefined
}) {
  const { t, number, minor } = useLocale()
  const { definition } = useDraft()
  const audience = useAudiencePreview(definition)
  const goodwill = isGoodwill(definition)
  const each = dearestDiscount(definition)
  const { treated, vouchers } = expectedVouchers(definition, audience.data?.reachable.any ?? 0)
  const messages = useMessageCost(definition, audience.data, vouchers)
  return (
    <Stack>
      {saved && <ApprovalAlert campaign={saved} />}
      {saved && <ReadinessAlert campaign={saved} />}
      {warnings.length > 0 && (
        <Alert color="yellow" variant="outline" title={t('Before you continue')}>
          <List>
            {warnings.map((warning) => (
              <List.Item key={warning.code + warning.field}>
                <WarningMessage {...warning} />
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      {definition.kind === 'promotion' &&
        (audience.error && !audience.data ? (
          <ProblemAlert error={audience.error} />
        ) : !audience.data ? (
          <LoadingSkeleton lines={3} />
        ) : !audience.data.complete ? (
          // A part of the customers says nothing of what everybody can cost: the rehearsal does.
          <Text size="sm">
            {t('There are too many customers to count here: the rehearsal counts all of them.')}
          </Text>
        ) : (
          <>
            <Group align="stretch">
              <KeyFigure label={t('Matches now')} value={number(audience.data.matched)} />
              <KeyFigure label={t('Reachable')} value={number(audience.data.reachable.any)} />
              <KeyFigure
                label={t('Estimated vouchers')}
                value={number(vouchers)}
                hint={t('after the control group and limits')}
              />
              <KeyFigure
                label={t('Maximum exposure')}
                value={minor(vouchers * each.amount, each.currency)}
                hint={t('if every voucher is redeemed in full')}
                help={t(helpTexts.exposure)}
              />
            </Group>
            <CostForecastCard
              kind={definition.kind}
              vouchers={vouchers}
              each={each}
              messages={messages}
            />
            {treated > vouchers && (
              <Text size="sm">{t('The limits are reached before everyone gets a voucher.')}</Text>
            )}
          </>
        ))}
      {definition.kind === 'promotion' &&
        (saved ? (
          <Suspense fallback={<LoadingSkeleton />}>
            <RehearsalCard campaign={saved} />
          </Suspense>
        ) : (
          <Text>{t('Save the draft to rehearse its launch on all customers.')}</Text>
        ))}
      {goodwill && (
        <Text>
          {t(
            'Nothing triggers this autopilot. Once it is enabled, support can issue its vouchers.',
          )}
        </Text>
      )}
      {definition.kind === 'autopilot' &&
        !goodwill &&
        (saved ? (
          <Suspense fallback={<LoadingSkeleton />}>
            <ReplayCard campaign={saved} />
          </Suspense>
        ) : (
          <Text>
            {t('Save the draft to replay past days and see how often it would have triggered.')}
          </Text>
        ))}
      {!goodwill && <OverlapCard id={saved?.id} kind={definition.kind} />}
      <DefinitionSummary definition={definition} />
    </Stack>
  )
}
