// Step 5: everything at a glance, who gets it, the most it can cost and what it probably will, who else wants them, and what the API warns of.
import { Alert, Group, List, Stack, Text } from '@mantine/core'
import { lazy, Suspense } from 'react'
import type { Campaign, Warning } from '../client'
import { useWords } from '../app/i18n'
import { Bones, Figure, ProblemNote } from '../app/parts'
import { WarningText } from '../app/said'
import { ApprovalNote } from '../campaigns/approval'
import { Summary } from '../campaigns/summary'
import { useAudience } from './audience'
import { useDraft } from './draft'
import { CostCard, OverlapCard } from './forecast'

const ReplayCard = lazy(() => import('../autopilot/replay'))

const ALL = 100

/** The most one voucher costs. */
function most({ benefit }: { benefit: import('../client').Benefit }) {
  if ('fixed_amount' in benefit) return benefit.fixed_amount.amount
  return 'percent' in benefit ? benefit.percent.cap : benefit.free_delivery.cap
}

export function ReviewStep({ warnings, saved }: { warnings: Warning[]; saved: Campaign | undefined }) {
  const { t, number, minor } = useWords()
  const { definition } = useDraft()
  const audience = useAudience(definition)
  const each = most(definition.offer)
  const treated = audience.data ? Math.round(audience.data.reachable.any * (ALL - (definition.holdout_percent ?? 10)) / ALL) : 0
  const caps = [definition.caps?.vouchers, definition.caps?.exposure && each.amount > 0 ? Math.floor(definition.caps.exposure.amount / each.amount) : undefined].filter((cap) => cap !== undefined)
  const vouchers = Math.min(treated, ...caps)
  return (
    <Stack>
      {saved && <ApprovalNote campaign={saved} />}
      {warnings.length > 0 && <Alert color="yellow" variant="outline" title={t('Before you go on')}><List>{warnings.map(({ code, field, detail }) => <List.Item key={code + field}><WarningText code={code} detail={detail} /></List.Item>)}</List></Alert>}
      {definition.kind === 'promotion' && (audience.error && !audience.data ? <ProblemNote error={audience.error} /> : !audience.data ? <Bones lines={3} /> : (
        <>
          <Group align="stretch">
            <Figure label={t('Match now')} value={number(audience.data.matched)} /><Figure label={t('Can be reached')} value={number(audience.data.reachable.any)} />
            <Figure label={t('Vouchers, about')} value={number(vouchers)} hint={t('after holdout and caps')} />
            <Figure label={t('Exposure, at most')} value={minor(vouchers * each.amount, each.currency)} hint={t('if every voucher is used in full')} />
          </Group>
          <CostCard kind={definition.kind} vouchers={vouchers} each={each} />
          {caps.length > 0 && treated > Math.min(...caps) && <Text size="sm">{t('The caps are reached before everyone is served.')}</Text>}
        </>
      ))}
      {definition.kind === 'autopilot' && (saved ? <Suspense fallback={<Bones />}><ReplayCard campaign={saved} /></Suspense> : <Text>{t('Save it, then replay past days here to see how often it would fire.')}</Text>)}
      <OverlapCard id={saved?.id} />
      <Summary definition={definition} />
    </Stack>
  )
}
