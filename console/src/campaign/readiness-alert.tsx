// Says in front of a launch what of the AWS account is in its way: the same findings for which the
// API would refuse it. Shows nothing while the account is ready, was never checked, or is not needed.
import { Alert, Anchor, List, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AccountPart, Campaign, Channel, ReadinessView } from '../client'
import { useLocale } from '../locales/i18n'
import { readinessQuery } from '../operations/readiness-query'

const partOfChannel: Record<Channel, AccountPart> = { sms: 'sms', email: 'email', push: 'push' }

/** Returns the findings that refuse to launch a campaign with these channels and this cap. */
export function findingsInTheWay(
  report: Pick<ReadinessView, 'findings' | 'trial_customers'>,
  ladder: Channel[],
  vouchers: number | null | undefined,
) {
  if (vouchers != null && vouchers <= report.trial_customers) return []
  const parts: AccountPart[] = ['platform', 'operations', ...ladder.map((it) => partOfChannel[it])]
  return (report.findings ?? []).filter((it) => it.level === 'red' && parts.includes(it.part))
}

export function ReadinessAlert({ campaign }: { campaign: Campaign }) {
  const { t, number } = useLocale()
  const { data } = useQuery(readinessQuery)
  if (!data || campaign.launched_at) return null
  const { channels, caps } = campaign
  const findings = findingsInTheWay(data.data, channels.ladder, caps?.vouchers)
  if (findings.length === 0) return null
  return (
    <Alert color="red" variant="outline" title={t('The AWS account isn’t ready for this campaign')}>
      <Text size="sm">
        {t(
          'It can’t be launched above {n} customers until this is mended and the account is checked again.',
          { n: number(data.data.trial_customers) },
        )}{' '}
        <Anchor component={Link} to="/configuration/voucher-campaign/readiness" size="sm">
          {t('Readiness')}
        </Anchor>
      </Text>
      <List size="sm" mt="xs" lang="en">
        {findings.map((finding) => (
          <List.Item key={`${finding.check} ${finding.measured}`}>
            <bdi>
              {finding.check}: {finding.measured}
            </bdi>
          </List.Item>
        ))}
      </List>
    </Alert>
  )
}
