// Shows step 2 of the wizard: the audience rule, beside the customers it selects now. The count
// follows each change of the rule.
import { Anchor, Grid, Group, Stack, Table, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Fragment, useEffect } from 'react'
import { WarningMessage } from '../../api/api-messages'
import { ApiProblem } from '../../api/requests'
import { searchParams } from '../../app/search-params'
import { KeyFigure } from '../../components/key-figure'
import { LoadingSkeleton } from '../../components/loading'
import { ProblemAlert } from '../../components/problem-alert'
import { SectionCard } from '../../components/section-card'
import { ExportCustomers } from '../../customers/export-customers'
import { channelLabels } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { skipLabels } from '../../voucher/labels'
import { isGoodwill } from '../goodwill'
import { useDraft } from './campaign-draft'
import { RuleEditor } from './rule-editor'
import { TopicCard } from './topic-card'
import { useAudiencePreview } from './use-audience-preview'

export function AudienceStep() {
  const { t } = useLocale()
  const { definition } = useDraft()
  if (!isGoodwill(definition)) return <RuleWithCount />
  return (
    <SectionCard title={t('Audience')}>
      <Text>{t('Support chooses each customer, so there is no audience rule.')}</Text>
    </SectionCard>
  )
}

function RuleWithCount() {
  const { t, plural, number } = useLocale()
  const { definition, reportProblems, revision } = useDraft()
  const preview = useAudiencePreview(definition)
  const invalidFields =
    preview.error instanceof ApiProblem && preview.error.status === 422
      ? preview.error.fields
      : undefined
  useEffect(() => reportProblems('audience', invalidFields ?? []), [invalidFields, reportProblems])
  const data = invalidFields ? undefined : preview.data
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <SectionCard
          title={
            definition.kind === 'autopilot'
              ? t('Only customers who match')
              : t('Customers who match')
          }
        >
          <RuleEditor key={revision} at="/audience" />
        </SectionCard>
        <TopicCard />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <div style={{ position: 'sticky', top: 16 }}>
          <SectionCard title={t('Estimated audience')}>
            <Stack gap="xs" aria-live="polite" aria-busy={preview.isFetching}>
              {invalidFields ? (
                <Text>{t('Complete the conditions to see the estimate.')}</Text>
              ) : preview.error && !data ? (
                <ProblemAlert error={preview.error} retry={() => void preview.refetch()} />
              ) : !data ? (
                <LoadingSkeleton lines={3} />
              ) : (
                <>
                  <Group align="stretch">
                    <KeyFigure
                      label={t('Matches')}
                      value={number(data.matched)}
                      hint={t('of {customers}', {
                        customers: plural(data.scanned, '1 customer', '{n} customers'),
                      })}
                    />
                    <KeyFigure label={t('Reachable')} value={number(data.reachable.any)} />
                  </Group>
                  {!data.complete && (
                    <Text size="sm">
                      {t('This counts only some of your customers; more may match.')}
                    </Text>
                  )}
                  <Table verticalSpacing={4}>
                    <Table.Tbody>
                      {definition.channels.ladder.map((channel) => (
                        <Table.Tr key={channel}>
                          <Table.Th scope="row" fw={500}>
                            {t(channelLabels[channel])}
                          </Table.Th>
                          <Table.Td className="number">{number(data.reachable[channel])}</Table.Td>
                        </Table.Tr>
                      ))}
                      {Object.entries(data.skipped)
                        .filter(([, n]) => n > 0)
                        .map(([reason, n]) => (
                          <Table.Tr key={reason}>
                            <Table.Th scope="row" fw={500}>
                              {t('Unreachable: {reason}', {
                                reason: t(skipLabels[reason] ?? reason),
                              })}
                            </Table.Th>
                            <Table.Td className="number">{number(n)}</Table.Td>
                          </Table.Tr>
                        ))}
                    </Table.Tbody>
                  </Table>
                  {data.warnings.map((warning) => (
                    <Text key={warning.field} size="sm" data-warning={warning.field}>
                      <WarningMessage {...warning} />
                    </Text>
                  ))}
                  {data.matched === 0 && (
                    <Text size="sm">
                      {t(
                        'No customers match. Remove a condition, or check its values: they must be written as your orders name them.',
                      )}
                    </Text>
                  )}
                  {data.matched > 0 && (
                    <ExportCustomers request={{ audience: definition.audience }} />
                  )}
                  {data.sample.length > 0 && (
                    <details>
                      <summary>{t('Sample customers')}</summary>
                      <Text size="sm" className="wrap">
                        {data.sample.map(({ customer_id }, place) => (
                          <Fragment key={customer_id}>
                            {place > 0 && ', '}
                            <Anchor
                              component={Link}
                              to="/configuration/voucher-campaign/diagnostics"
                              search={searchParams({ customer: customer_id })}
                              size="sm"
                            >
                              {customer_id}
                            </Anchor>
                          </Fragment>
                        ))}
                      </Text>
                    </details>
                  )}
                </>
              )}
            </Stack>
          </SectionCard>
        </div>
      </Grid.Col>
    </Grid>
  )
}
