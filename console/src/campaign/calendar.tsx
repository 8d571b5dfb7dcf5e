// Shows Marketing > Calendar: which campaigns are on in a month, from when to when, and how many there
// are on each day. The month is in the address.
import { Button, Group, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { isoDay, stackTime } from '../api/clock'
import { callApi } from '../api/requests'
import { useFilters } from '../app/search-params'
import { type CampaignList, listCampaigns } from '../client'
import { ChartCard } from '../components/chart-card'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { useContactPolicy } from '../components/zoned-time-input'
import { useLocale } from '../locales/i18n'
import {
  calendarEntries,
  type CalendarEntry,
  campaignsByDay,
  entryBar,
  isMonth,
  monthBounds,
  shiftMonth,
} from './calendar-month'
import { kindLabels } from './labels'
import { StateBadge } from './state-badge'

const PAGE_LIMIT = 100
/** The most pages of the list that the calendar reads, newest campaigns first. */
const MAX_PAGES = 20

async function readCalendar(signal: AbortSignal) {
  const items: CampaignList['items'] = []
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const found: CampaignList = await callApi(
      listCampaigns({ query: { limit: PAGE_LIMIT, cursor }, signal }),
    )
    items.push(...found.items)
    cursor = found.next_cursor ?? undefined
    if (!cursor) break
  }
  return { items, complete: !cursor }
}

export function CalendarPage() {
  const { t, number, language } = useLocale()
  const filters = useFilters()
  const zone = useContactPolicy().data?.tenant_zone ?? 'UTC'
  const asked = filters.text('month')
  const thisMonth = isoDay(stackTime()).slice(0, 7)
  const month = isMonth(asked) ? asked : thisMonth
  const { first, last } = monthBounds(month)
  const query = useQuery({
    queryKey: ['campaigns', 'calendar'],
    queryFn: ({ signal }) => readCalendar(signal),
  })
  const name = new Intl.DateTimeFormat(language, {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${first}T00:00:00Z`))
  const go = (to: string) => filters.set({ month: to === thisMonth ? undefined : to })
  return (
    <PageFrame
      title={t('Calendar')}
      intro={t('Which campaigns are on, from when to when, and how many on each day.')}
    >
      <Group className="no-print" role="group" aria-label={t('Month')}>
        <Button variant="default" onClick={() => go(shiftMonth(month, -1))}>
          {t('Previous month')}
        </Button>
        <Text fw={600} miw={150} ta="center" role="status">
          {name}
        </Text>
        <Button variant="default" onClick={() => go(shiftMonth(month, 1))}>
          {t('Next month')}
        </Button>
        {month !== thisMonth && (
          <Button variant="subtle" onClick={() => go(thisMonth)}>
            {t('Go to this month')}
          </Button>
        )}
      </Group>
      <QueryResult query={query}>
        {({ items, complete }) => {
          const entries = calendarEntries(items, month, zone)
          return (
            <>
              {entries.length === 0 ? (
                <EmptyState title={t('No campaign in this month')}>
                  {t(
                    'A campaign appears here once it is launched, or a draft once it has a start.',
                  )}
                </EmptyState>
              ) : (
                <>
                  <CalendarTable entries={entries} month={month} name={name} />
                  <ChartCard
                    title={t('Campaigns on each day')}
                    unit={t('Campaigns')}
                    hasTotal={false}
                    from={first}
                    to={last}
                    series={[
                      { name: t('Campaigns'), values: campaignsByDay(entries), tone: 'dark' },
                    ]}
                  />
                </>
              )}
              <Text size="sm" c="dimmed">
                {t('Days are those of {zone}.', { zone })}{' '}
                {!complete &&
                  t('Only the newest {n} campaigns are shown.', { n: number(items.length) })}
              </Text>
            </>
          )
        }}
      </QueryResult>
    </PageFrame>
  )
}

function CalendarTable({
  entries,
  month,
  name,
}: {
  entries: CalendarEntry[]
  month: string
  name: string
}) {
  const { t, day } = useLocale()
  const dates = ({ from, to, startsBefore, endsAfter, campaign }: CalendarEntry) =>
    startsBefore && endsAfter
      ? t('the whole month')
      : startsBefore
        ? t('until {day}', { day: day(to) })
        : endsAfter
          ? campaign.ends_at || campaign.ended_at
            ? t('from {day}, into the next month', { day: day(from) })
            : t('from {day}, without an end', { day: day(from) })
          : from === to
            ? day(from)
            : `${day(from)} – ${day(to)}`
  return (
    <div className="scroll sheet" role="region" aria-label={name} tabIndex={0}>
      <Table verticalSpacing="xs" miw={640}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Campaign')}</Table.Th>
            <Table.Th>{t('State')}</Table.Th>
            <Table.Th w="50%">{t('Days')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => {
            const { id, kind, state, name: campaignName } = entry.campaign
            const bar = entryBar(entry, month)
            return (
              <Table.Tr key={id}>
                <Table.Td maw={280}>
                  <Link className="row-link wrap" to={`/marketing/${kind}/$id`} params={{ id }}>
                    <bdi>{campaignName}</bdi>
                  </Link>
                  <Text size="xs" c="dimmed">
                    {t(kindLabels[kind])}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <StateBadge state={state} />
                </Table.Td>
                <Table.Td>
                  <Stack gap={4}>
                    <div className="bar-track" aria-hidden>
                      <div
                        className="bar"
                        style={{ marginInlineStart: `${bar.start}%`, width: `${bar.width}%` }}
                      />
                    </div>
                    <Text size="sm">{dates(entry)}</Text>
                  </Stack>
                </Table.Td>
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
    </div>
  )
}
