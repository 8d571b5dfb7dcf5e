// Shows one campaign in four tabs: overview, definition, vouchers and history. The tab is in the
// address.
import { Alert, Anchor, Button, Group, List, Tabs, Text } from '@mantine/core'
import { Link, Navigate, useLocation, useParams } from '@tanstack/react-router'
import { WarningMessage } from '../api/api-messages'
import { searchParams, useFilters } from '../app/search-params'
import { useSession } from '../app/session'
import type { Campaign } from '../client'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { channelLabels } from '../delivery/labels'
import { useLocale } from '../locales/i18n'
import { VoucherTable } from '../voucher/voucher-table'
import { ApprovalAlert } from './approval-alert'
import { ReadinessAlert } from './readiness-alert'
import { AuditHistory } from './audit-history'
import { CampaignActions } from './campaign-actions'
import { useCampaign } from './campaign-queries'
import { DefinitionSummary } from './definition-summary'
import { OverviewTab } from './overview-tab'
import { RedeemingActions, RedeemingAlerts } from './redeeming-control'
import { StateBadge } from './state-badge'
import { UndoLaunchAlert } from './undo-launch'
import { WaitingAlert } from './waiting-alert'

const otherKind = { promotion: 'autopilot', autopilot: 'promotion' } as const

export function CampaignPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const query = useCampaign(id)
  const { pathname } = useLocation()
  return (
    <QueryResult query={query}>
      {({ campaign }) =>
        // A link from a report may not know the kind. Any other address is that of a page which is
        // about to be shown in place of this one.
        pathname === `/marketing/${otherKind[campaign.kind]}/${id}` ? (
          <Navigate to={`/marketing/${campaign.kind}/$id`} params={{ id }} replace />
        ) : (
          <CampaignDetail campaign={campaign} />
        )
      }
    </QueryResult>
  )
}

function CampaignDetail({ campaign }: { campaign: Campaign }) {
  const { t } = useLocale()
  const filters = useFilters()
  const tab = filters.text('tab') ?? 'overview'
  return (
    <PageFrame
      title={campaign.name}
      actions={
        <>
          {campaign.launched_at && (
            <Button
              variant="default"
              component={Link}
              to="/configuration/voucher-campaign/diagnostics"
              search={searchParams({ campaign: campaign.id })}
            >
              {t('Diagnostics')}
            </Button>
          )}
          <EditButton campaign={campaign} />
          <CampaignActions subject={campaign} />
          <RedeemingActions campaign={campaign} />
        </>
      }
      intro={
        <Group gap="sm" component="span">
          <Anchor component={Link} to={`/marketing/${campaign.kind}`} size="sm">
            {campaign.kind === 'promotion' ? t('All promotions') : t('All autopilots')}
          </Anchor>
          <StateBadge state={campaign.state} />
          {campaign.launched_at && (
            <span>
              {t('launched')} <RelativeTime at={campaign.launched_at} />
            </span>
          )}
          {campaign.ended_at && (
            <span>
              {t('over')} <RelativeTime at={campaign.ended_at} />
            </span>
          )}
        </Group>
      }
    >
      {campaign.description && (
        <Text className="wrap" dir="auto">
          {campaign.description}
        </Text>
      )}
      {campaign.paused_because && (
        <Alert color="yellow" variant="outline" title={t('Paused automatically')}>
          {campaign.paused_because.cause === 'bounces'
            ? t(
                'Too many messages bounced: {n} of {of} by {channel}.',
                pauseCauseValues(campaign, t),
              )
            : campaign.paused_because.cause === 'complaints'
              ? t('Too many complaints: {n} of {of} by {channel}.', pauseCauseValues(campaign, t))
              : t(
                  'A channel is failing: {n} of {of} by {channel}.',
                  pauseCauseValues(campaign, t),
                )}{' '}
          {t('Check the addresses and messages before you resume.')}
        </Alert>
      )}
      <UndoLaunchAlert campaign={campaign} />
      <WaitingAlert campaign={campaign} />
      <RedeemingAlerts campaign={campaign} />
      <ApprovalAlert campaign={campaign} />
      {!campaign.launched_at && <ReadinessAlert campaign={campaign} />}
      {campaign.warnings.length > 0 && (
        <Alert color="yellow" variant="outline" title={t('Before you continue')}>
          <List>
            {campaign.warnings.map((warning) => (
              <List.Item key={warning.code + warning.field}>
                <WarningMessage {...warning} />
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Tabs
        value={tab}
        onChange={(value) =>
          filters.set({
            tab: value === 'overview' ? undefined : (value ?? undefined),
            status: undefined,
            reason: undefined,
          })
        }
        keepMounted={false}
      >
        <Tabs.List className="no-print">
          <Tabs.Tab value="overview">{t('Overview')}</Tabs.Tab>
          <Tabs.Tab value="definition">{t('Setup')}</Tabs.Tab>
          <Tabs.Tab value="vouchers">{t('Vouchers')}</Tabs.Tab>
          <Tabs.Tab value="history">{t('History')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview" pt="lg">
          <OverviewTab campaign={campaign} />
        </Tabs.Panel>
        <Tabs.Panel value="definition" pt="lg">
          <DefinitionSummary definition={campaign} />
        </Tabs.Panel>
        <Tabs.Panel value="vouchers" pt="lg">
          <VoucherTable id={campaign.id} />
        </Tabs.Panel>
        <Tabs.Panel value="history" pt="lg">
          <AuditHistory id={campaign.id} />
        </Tabs.Panel>
      </Tabs>
    </PageFrame>
  )
}

function EditButton({ campaign }: { campaign: Campaign }) {
  const { t } = useLocale()
  const { mayChange } = useSession()
  if (!mayChange || !(campaign.state === 'draft' || campaign.allowed_actions.includes('amend')))
    return null
  return (
    <Button
      variant="default"
      component={Link}
      to={`/marketing/${campaign.kind}/${campaign.id}/edit`}
    >
      {t('Edit')}
    </Button>
  )
}

function pauseCauseValues({ paused_because: cause }: Campaign, t: (text: string) => string) {
  return {
    n: cause?.count ?? 0,
    of: cause?.of ?? 0,
    channel: t(channelLabels[cause?.channel ?? 'email']),
  }
}
