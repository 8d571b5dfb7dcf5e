// Explains why a customer did or did not get a campaign's voucher: the answer, the rule as it
// applies to them, and what would be decided now.
import { Alert, Anchor, Badge, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { callApi } from '../../api/requests'
import { searchParams } from '../../app/search-params'
import { useCampaignFacts } from '../../campaign/campaign-link'
import { StateBadge } from '../../campaign/state-badge'
import { why, type QuestionView, type VoucherExplanation } from '../../client'
import { QueryResult } from '../../components/query-result'
import { RelativeTime } from '../../components/relative-time'
import { SectionCard } from '../../components/section-card'
import { channelLabels } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { skipLabels } from '../../voucher/labels'
import { answerMessages, decisionLabels, questionLabels } from './labels'
import { RecordTable } from './record-table'
import { RuleTree } from './rule-tree'

/** Answers for which the API's own sentence says more than the code. */
const ANSWERS_WITH_DETAIL = new Set(['got_voucher', 'skipped'])

export function WhyCard({ customer, campaign }: { customer: string; campaign: string }) {
  const query = useQuery<VoucherExplanation>({
    queryKey: ['diagnostics', customer, campaign],
    refetchInterval: ({ state }) => (state.data?.answer === 'not_reached_yet' ? 5_000 : false),
    queryFn: ({ signal }) => callApi(why({ path: { id: customer, campaign }, signal })),
  })
  return <QueryResult query={query}>{(data) => <WhyAnswer data={data} />}</QueryResult>
}

function WhyAnswer({ data }: { data: VoucherExplanation }) {
  const { t } = useLocale()
  const facts = useCampaignFacts(data.campaign_id)
  const known = answerMessages[data.answer]
  const waits =
    data.answer === 'selected_now' || data.answer === 'not_reached_yet' || data.answer === 'paused'
  return (
    <SectionCard
      title={t('Why, or why not')}
      actions={
        <Group gap="xs">
          <Anchor
            component={Link}
            to={`/marketing/${data.kind}/${data.campaign_id}`}
            className="wrap"
          >
            <span dir="auto">{data.name}</span>
          </Anchor>
          <StateBadge state={data.state} />
        </Group>
      }
    >
      <Alert
        variant="outline"
        color={known?.color ?? 'gray'}
        title={t(known?.title ?? data.answer)}
        role="status"
      >
        <Text>{known ? t(known.says) : <span lang="en">{data.says}</span>}</Text>
        {data.variant && <Text mt={4}>{t('Variant: {name}', { name: data.variant })}</Text>}
        {data.reason && (
          <Text mt={4}>
            <b>{t('Reason: {reason}', { reason: t(skipLabels[data.reason] ?? data.reason) })}</b>
          </Text>
        )}
        {known && ANSWERS_WITH_DETAIL.has(data.answer) && (
          <Text size="sm" mt={4} lang="en">
            <bdi>{data.says}</bdi>
          </Text>
        )}
        {waits && (
          <Anchor
            component={Link}
            to="/configuration/voucher-campaign/pending-triggers"
            search={searchParams({ customer: data.customer_id, campaign: data.campaign_id })}
            size="sm"
          >
            {t('What waits for them')}
          </Anchor>
        )}
      </Alert>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Stack gap="xs">
          <Text component="h3" fw={600}>
            {t('Audience conditions, as of now')}
          </Text>
          {data.audience ? (
            <RuleTree node={data.audience} definition={facts.data} />
          ) : (
            <Text>{t('This customer was erased. No data is left.')}</Text>
          )}
        </Stack>
        <Stack gap="xs">
          <Text component="h3" fw={600}>
            {t('If it were sent now')}
          </Text>
          <Text>
            {t(decisionLabels[data.decision.outcome] ?? data.decision.outcome)}{' '}
            {data.decision.channel && (
              <Badge variant="light" tt="none">
                {t(channelLabels[data.decision.channel])}
              </Badge>
            )}
            {data.decision.until && (
              <>
                {' '}
                {t('Until')} <RelativeTime at={data.decision.until} />
              </>
            )}
          </Text>
          {data.decision.reason && (
            <Text>
              {t('Reason: {reason}', {
                reason: t(skipLabels[data.decision.reason] ?? data.decision.reason),
              })}
            </Text>
          )}
          {data.fires_today != null && (
            <Text>
              {data.fires_today
                ? t('Its schedule triggers for them today.')
                : t('Its schedule does not trigger for them today.')}
            </Text>
          )}
          <Text size="sm" c="dimmed">
            {t(
              'By the rules used for sending: consent, suppressions, frequency caps, quiet hours, control group.',
            )}
          </Text>
          <AskedAgain questions={data.asked_again} />
        </Stack>
      </SimpleGrid>
      {data.records.length > 0 && <RecordTable records={data.records} />}
    </SectionCard>
  )
}

/** Shows what is asked again before every message, and what only before the first. */
function AskedAgain({ questions }: { questions: QuestionView[] }) {
  const { t } = useLocale()
  const names = (asked: QuestionView[]) =>
    asked.map(({ question }) => t(questionLabels[question] ?? question)).join('; ')
  const always = questions.filter((it) => it.first_message && it.later_messages)
  const once = questions.filter((it) => it.first_message && !it.later_messages)
  return (
    <Text size="sm" c="dimmed">
      {t('Asked again before every message: {questions}.', { questions: names(always) })}{' '}
      {t('Asked again before the first message only: {questions}.', { questions: names(once) })}
    </Text>
  )
}
