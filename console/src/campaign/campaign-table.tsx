// Lists the campaigns of one kind with state, audience, funnel, revenue and cost. Filter, search,
// order and page are in the address; the whole list can be downloaded as CSV.
import { Button, Group, NativeSelect, Table, Text, TextInput, VisuallyHidden } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useFilters } from '../app/search-params'
import { useSession } from '../app/session'
import type { CampaignKind, CampaignListItem, CampaignPerformance, CampaignState } from '../client'
import { CursorPager } from '../components/cursor-pager'
import { ProblemAlert } from '../components/problem-alert'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { useLocale } from '../locales/i18n'
import { type CampaignSort, useCampaigns } from './campaign-queries'
import { stateLabels } from './labels'
import { readHidden, saveHidden } from './list-columns'
import { usePerformance } from './performance-queries'
import { StateBadge } from './state-badge'

const BulkBar = lazy(() => import('./bulk-bar'))
const ColumnChoice = lazy(() => import('./column-choice'))
const RowProgress = lazy(() => import('./row-progress'))
const SavedViews = lazy(() => import('./saved-views'))

const DEBOUNCE_MS = 300

const audienceSize = ({ issued, ghost, skipped, failed }: CampaignPerformance) =>
  issued + ghost + skipped + failed
const totalCost = ({ voucher_cost, message_cost }: CampaignPerformance) =>
  voucher_cost + (message_cost ?? 0)
/** Orders of one page, by numbers of the last 90 days that the list itself does not have. */
const sortAmounts: Record<string, (counts: CampaignPerformance) => number> = {
  revenue: ({ revenue }) => revenue,
  cost: totalCost,
  audience: audienceSize,
}
/** Orders of the whole list. */
const listOrders: Record<string, CampaignSort> = {
  newest: 'created',
  name: 'name',
  state: 'state',
  starts: 'starts',
  edited: 'edited',
}
/** Campaigns that are not over and no drafts. */
const LIVE_STATES: CampaignState[] = ['scheduled', 'running', 'enabled', 'paused']

export function CampaignTable({
  kind,
  states,
  empty,
  columns,
}: {
  kind: CampaignKind
  states: CampaignState[]
  empty: React.ReactNode
  columns?: { title: string; cell: (campaign: CampaignListItem) => React.ReactNode }[]
}) {
  const { t, minor, number } = useLocale()
  const filters = useFilters()
  const { mayChange } = useSession()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  /** Campaigns on other pages that were chosen with all that match. */
  const [others, setOthers] = useState<CampaignListItem[]>([])
  const [hidden, setHidden] = useState(() => readHidden(kind, localStorage))
  const choose = (ids: string[], isChosen: boolean) =>
    setChosen((old) => {
      const next = new Set(old)
      for (const id of ids) {
        if (isChosen) next.add(id)
        else next.delete(id)
      }
      return next
    })
  const live = LIVE_STATES.filter((one) => states.includes(one)).join()
  const state = [live, ...states].find((one) => one === filters.text('state'))
  const owner = filters.text('owner') === 'me' ? ('me' as const) : undefined
  const search = filters.text('q') ?? ''
  const sort = filters.text('sort') ?? 'newest'
  const [q] = useDebouncedValue(search, DEBOUNCE_MS)
  const list = useCampaigns({
    kind,
    state,
    cursor: filters.cursors.at(-1),
    q: q || undefined,
    owner,
    sort: listOrders[sort],
    sorted: sort in sortAmounts,
  })
  const performance = usePerformance(kind, list.data?.items)
  const [problem, setProblem] = useState<unknown>()
  const [saving, setSaving] = useState(false)
  const save = async () => {
    setSaving(true)
    setProblem(undefined)
    await import('./campaigns-csv')
      .then(({ downloadCampaigns: saveCampaigns }) => saveCampaigns({ kind, state, owner, q }))
      .catch(setProblem)
    setSaving(false)
  }
  return (
    <>
      <Group align="flex-end" className="no-print">
        <TextInput
          type="search"
          label={t('Search by name')}
          value={search}
          onChange={({ currentTarget }) => filters.set({ q: currentTarget.value }, search !== '')}
          w={240}
        />
        <NativeSelect
          label={t('State')}
          value={state ?? ''}
          w={170}
          onChange={({ currentTarget }) => filters.set({ state: currentTarget.value })}
          data={[
            { value: '', label: t('All states') },
            { value: live, label: t('Live: not over, no drafts') },
            ...states.map((one) => ({ value: one, label: t(stateLabels[one]) })),
          ]}
        />
        <NativeSelect
          label={t('Created by')}
          value={owner ?? ''}
          w={130}
          onChange={({ currentTarget }) => filters.set({ owner: currentTarget.value })}
          data={[
            { value: '', label: t('Everyone') },
            { value: 'me', label: t('Me') },
          ]}
        />
        <NativeSelect
          label={t('Sort by')}
          value={sort}
          w={200}
          onChange={({ currentTarget: { value } }) =>
            filters.set({ sort: value === 'newest' ? undefined : value })
          }
          data={[
            { value: 'newest', label: t('Newest first') },
            { value: 'name', label: t('Name') },
            { value: 'state', label: t('State') },
            { value: 'starts', label: t('Start') },
            { value: 'edited', label: t('Last edited') },
            { value: 'revenue', label: t('Revenue on this page') },
            { value: 'cost', label: t('Cost on this page') },
            { value: 'audience', label: t('Audience on this page') },
          ]}
        />
        <Button variant="default" loading={saving} onClick={() => void save()}>
          {t('Export CSV')}
        </Button>
        <Suspense fallback={null}>
          <SavedViews kind={kind} />
          <ColumnChoice
            hidden={hidden}
            onChange={(next) => {
              saveHidden(kind, next, localStorage)
              setHidden(next)
            }}
          />
        </Suspense>
      </Group>
      {problem ? <ProblemAlert error={problem} /> : null}
      <QueryResult query={list}>
        {(data) => {
          if (data.items.length === 0 && !state && !owner && !q && filters.cursors.length === 0)
            return empty
          const amount = sortAmounts[sort]
          const by = (id: string) => {
            const counts = performance.byId(id)
            return counts && amount ? amount(counts) : -1
          }
          const shown = amount
            ? data.items.toSorted((one, other) => by(other.id) - by(one.id))
            : data.items
          const selected = shown.filter(({ id }) => chosen.has(id))
          const selectedOthers = others.filter(
            ({ id }) => chosen.has(id) && !shown.some((one) => one.id === id),
          )
          return (
            <>
              {selected.length + selectedOthers.length > 0 && (
                <Suspense fallback={null}>
                  <BulkBar
                    chosen={[...selected, ...selectedOthers]}
                    filter={
                      data.next_cursor || filters.cursors.length > 0
                        ? { kind, state, owner, q: q || undefined }
                        : undefined
                    }
                    onAll={(found) => {
                      setOthers(found)
                      choose(
                        found.map(({ id }) => id),
                        true,
                      )
                    }}
                    onDone={(ids) => choose(ids, false)}
                    onClear={() => setChosen(new Set())}
                  />
                </Suspense>
              )}
              <div className="scroll sheet" role="region" aria-label={t('Campaigns')} tabIndex={0}>
                <Table highlightOnHover verticalSpacing="sm" horizontalSpacing={8} miw={760}>
                  <Table.Thead>
                    <Table.Tr>
                      {mayChange && (
                        <Table.Th w={24}>
                          <input
                            type="checkbox"
                            className="tick"
                            aria-label={t('Select all on this page')}
                            checked={shown.length > 0 && selected.length === shown.length}
                            onChange={({ currentTarget }) =>
                              choose(
                                shown.map(({ id }) => id),
                                currentTarget.checked,
                              )
                            }
                          />
                        </Table.Th>
                      )}
                      <Table.Th>{t('Name')}</Table.Th>
                      <Table.Th>{t('State')}</Table.Th>
                      {!hidden.has('audience') && (
                        <Table.Th className="number">{t('Audience')}</Table.Th>
                      )}
                      {columns?.map(({ title }) => (
                        <Table.Th key={title}>{title}</Table.Th>
                      ))}
                      {!hidden.has('funnel') && (
                        <Table.Th>{t('Issued, delivered, accepted, redeemed')}</Table.Th>
                      )}
                      {!hidden.has('revenue') && (
                        <Table.Th className="number">{t('Revenue')}</Table.Th>
                      )}
                      {!hidden.has('cost') && <Table.Th className="number">{t('Cost')}</Table.Th>}
                      {!hidden.has('edited') && <Table.Th>{t('Last edited')}</Table.Th>}
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {shown.map((campaign) => {
                      const counts = performance.byId(campaign.id)
                      return (
                        <Table.Tr key={campaign.id}>
                          {mayChange && (
                            <Table.Td>
                              <input
                                type="checkbox"
                                className="tick"
                                aria-label={t('Select {name}', { name: campaign.name })}
                                checked={chosen.has(campaign.id)}
                                onChange={({ currentTarget }) =>
                                  choose([campaign.id], currentTarget.checked)
                                }
                              />
                            </Table.Td>
                          )}
                          <Table.Td maw={320}>
                            <Link
                              className="row-link wrap"
                              to={`/marketing/${kind}/$id`}
                              params={{ id: campaign.id }}
                            >
                              <span dir="auto">{campaign.name}</span>
                            </Link>
                          </Table.Td>
                          <Table.Td>
                            <StateBadge state={campaign.state} />
                            {campaign.state === 'running' && (
                              <Suspense fallback={null}>
                                <RowProgress id={campaign.id} />
                              </Suspense>
                            )}
                          </Table.Td>
                          {!hidden.has('audience') && (
                            <Table.Td className="number">
                              {counts ? number(audienceSize(counts)) : '–'}
                            </Table.Td>
                          )}
                          {columns?.map(({ title, cell }) => (
                            <Table.Td key={title}>{cell(campaign)}</Table.Td>
                          ))}
                          {!hidden.has('funnel') && (
                            <Table.Td>
                              {counts ? (
                                <FunnelSparkline counts={counts} />
                              ) : (
                                <Text size="sm" c="dimmed">
                                  {campaign.launched_at && performance.isPending
                                    ? '…'
                                    : t('no numbers yet')}
                                </Text>
                              )}
                            </Table.Td>
                          )}
                          {!hidden.has('revenue') && (
                            <Table.Td className="number">
                              {counts ? minor(counts.revenue, counts.currency) : '–'}
                            </Table.Td>
                          )}
                          {!hidden.has('cost') && (
                            <Table.Td className="number">
                              {counts ? minor(totalCost(counts), counts.currency) : '–'}
                            </Table.Td>
                          )}
                          {!hidden.has('edited') && (
                            <Table.Td>
                              <RelativeTime at={campaign.updated_at} />
                            </Table.Td>
                          )}
                        </Table.Tr>
                      )
                    })}
                  </Table.Tbody>
                </Table>
              </div>
              {shown.length === 0 && (
                <Text role="status">
                  {search && data.next_cursor
                    ? t(
                        'No campaign found so far has “{text}” in its name. Select “Next” to search further.',
                        { text: search },
                      )
                    : search
                      ? t('No campaign has “{text}” in its name.', { text: search })
                      : t('No campaign is in this state.')}{' '}
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    onClick={() =>
                      filters.set({ q: undefined, state: undefined, owner: undefined })
                    }
                  >
                    {t('Show all')}
                  </Button>
                </Text>
              )}
              <Text size="sm" c="dimmed">
                {t(
                  'Numbers are for the last 90 days. Audience: customers selected in that time. Campaigns on this page: {n}',
                  { n: number(shown.length) },
                )}
                {data.total != null && `. ${t('{n} in total', { n: number(data.total) })}`}
              </Text>
              <CursorPager
                cursors={filters.cursors}
                next={data.next_cursor}
                go={filters.setCursors}
              />
            </>
          )
        }}
      </QueryResult>
    </>
  )
}

function FunnelSparkline({ counts }: { counts: CampaignPerformance }) {
  const { t, number } = useLocale()
  const stages = [counts.issued, counts.delivered, counts.accepted, counts.redeemed]
  const most = Math.max(1, ...stages)
  return (
    <Group gap={10} wrap="nowrap">
      <svg width="64" height="28" aria-hidden>
        {stages.map((stage, place) => (
          <rect
            key={place}
            x={place * 16}
            width={12}
            y={28 - Math.max(2, (stage / most) * 28)}
            height={Math.max(2, (stage / most) * 28)}
            rx={2}
            fill="var(--mantine-primary-color-filled)"
            opacity={1 - place * 0.15}
          />
        ))}
      </svg>
      <Text size="sm" className="number" aria-hidden>
        {stages.map(number).join(' · ')}
      </Text>
      <VisuallyHidden>
        {t('{issued} issued, {delivered} delivered, {accepted} accepted, {redeemed} redeemed', {
          issued: number(counts.issued),
          delivered: number(counts.delivered),
          accepted: number(counts.accepted),
          redeemed: number(counts.redeemed),
        })}
      </VisuallyHidden>
    </Group>
  )
}
