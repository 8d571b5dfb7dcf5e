// Shows Configuration > Readiness: what the AWS account answered when somebody asked it last, what is
// in the way of a launch, and how to mend it. Administrators can give it newer answers by file.
import { Alert, Badge, Code, FileButton, Button, Group, Stack, Table, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { callApiWithEtag } from '../api/requests'
import { useSession } from '../app/session'
import { type ReadinessFinding, type ReadinessView, replaceReadiness } from '../client'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { ProblemAlert } from '../components/problem-alert'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { ScrollTable } from '../components/scroll-table'
import { SectionCard } from '../components/section-card'
import { useLocale } from '../locales/i18n'
import { levelColors, levelLabels, partLabels, partOrder, stateMessages } from './readiness-labels'
import { readinessQuery } from './readiness-query'
import { reportFromFile } from './readiness-report'

const COMMAND = 'make preflight STAGE=prod COUNTRIES=ES,PT MESSAGES=200000 STORE=1'

export function ReadinessPage() {
  const { t } = useLocale()
  const query = useQuery(readinessQuery)
  return (
    <PageFrame
      title={t('Readiness')}
      intro={t(
        'Whether the AWS account behind this system can send what a campaign needs: quotas, identities, spend limits, alarms and backups.',
      )}
    >
      <QueryResult query={query}>
        {({ data, etag }) => (
          <>
            {data.state === 'never_checked' ? (
              <EmptyState title={t('The account hasn’t been checked yet')}>
                {t(
                  'The engineer who deployed this system checks it with the command below. Until then nothing is known, and no launch is refused.',
                )}
              </EmptyState>
            ) : (
              <ReadinessResult report={data} />
            )}
            <CheckAgain etag={etag} />
          </>
        )}
      </QueryResult>
    </PageFrame>
  )
}

function ReadinessResult({ report }: { report: ReadinessView }) {
  const { t, number } = useLocale()
  const { title, says, color } = stateMessages[report.state]
  return (
    <>
      <Alert variant="outline" color={color} title={t(title)}>
        <Stack gap={4}>
          <Text>{t(says, { n: number(report.trial_customers) })}</Text>
          <Text size="sm">
            {t('Checked')}: {report.checked_at ? <RelativeTime at={report.checked_at} /> : '–'},{' '}
            <bdi lang="en">{report.account}</bdi>
          </Text>
          {report.messages ? (
            <Text size="sm">
              {t('Measured against a campaign of {n} messages.', { n: number(report.messages) })}
            </Text>
          ) : null}
        </Stack>
      </Alert>
      {partOrder.map((part) => {
        const findings = (report.findings ?? []).filter((it) => it.part === part)
        return findings.length > 0 ? (
          <SectionCard key={part} title={t(partLabels[part])}>
            <FindingTable label={t(partLabels[part])} findings={findings} />
          </SectionCard>
        ) : null
      })}
    </>
  )
}

function FindingTable({ label, findings }: { label: string; findings: ReadinessFinding[] }) {
  const { t } = useLocale()
  return (
    <ScrollTable label={label} miw={720}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w="22%">{t('Check')}</Table.Th>
          <Table.Th w="14%">{t('Result')}</Table.Th>
          <Table.Th w="24%">{t('Measured')}</Table.Th>
          <Table.Th>{t('Needed')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {findings.map((finding) => (
          <Table.Tr key={`${finding.check} ${finding.measured}`}>
            <Table.Th scope="row" fw={500} className="wrap" maw={200} lang="en">
              <bdi>{finding.check}</bdi>
            </Table.Th>
            <Table.Td>
              <Badge variant="light" color={levelColors[finding.level]} tt="none">
                {t(levelLabels[finding.level])}
              </Badge>
            </Table.Td>
            <Table.Td className="wrap" lang="en">
              <bdi>{finding.measured}</bdi>
            </Table.Td>
            <Table.Td className="wrap" maw={420} lang="en">
              <bdi>{finding.needed}</bdi>
              {finding.mend && finding.level !== 'green' ? (
                <Text size="sm" mt={4}>
                  → <bdi>{finding.mend}</bdi>
                </Text>
              ) : null}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}

function CheckAgain({ etag }: { etag: string }) {
  const { t } = useLocale()
  const { mayAdminister } = useSession()
  const queryClient = useQueryClient()
  const storing = useMutation({
    mutationFn: async (file: File) => {
      const body = reportFromFile(await file.text())
      if (!body) throw new Error(t('This file isn’t the output of make preflight JSON=1.'))
      return callApiWithEtag(replaceReadiness({ body, headers: { 'If-Match': etag } }))
    },
    onSuccess: () => notifications.show({ message: t('The new answers are stored.') }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: readinessQuery.queryKey }),
  })
  return (
    <SectionCard title={t('Check the account again')}>
      <Stack align="flex-start">
        <Text>
          {t(
            'Run this in the project’s folder with credentials for the AWS account. It changes nothing in the account.',
          )}
        </Text>
        <Code block dir="ltr" className="command">
          {COMMAND}
        </Code>
        {mayAdminister && (
          <>
            <Text>
              {t(
                'If those credentials can’t write to this system, run it with JSON=1 instead of STORE=1 and upload the output.',
              )}
            </Text>
            <Group>
              <FileButton
                accept="application/json,.json"
                onChange={(file) => file && storing.mutate(file)}
              >
                {(props) => (
                  <Button variant="default" loading={storing.isPending} {...props}>
                    {t('Upload the output')}
                  </Button>
                )}
              </FileButton>
            </Group>
            {storing.error && (
              <ProblemAlert error={storing.error} title={t('Couldn’t store the answers')} />
            )}
          </>
        )}
      </Stack>
    </SectionCard>
  )
}
