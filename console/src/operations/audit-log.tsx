// Shows Configuration > Audit log: who changed what and when, over all campaigns, settings, customers
// and the rest, newest first. What is found can be exported.
import { Button, Group, NativeSelect, Table, Text, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { readAllPages, saveCsv } from '../api/csv'
import { callApi } from '../api/requests'
import { useFilters } from '../app/search-params'
import { actorName, auditKinds, auditLabels } from '../campaign/audit-labels'
import { NamedCampaign } from '../campaign/campaign-link'
import { ChangeList } from '../campaign/change-list'
import { stateLabels } from '../campaign/labels'
import { type AuditKind, type AuditLogEntry, listAuditLog, type ListAuditLogData } from '../client'
import { CursorPager } from '../components/cursor-pager'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { ProblemAlert } from '../components/problem-alert'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { ScrollTable } from '../components/scroll-table'
import { ZonedTimeInput } from '../components/zoned-time-input'
import { useLocale } from '../locales/i18n'
import { auditRows, MAX_EXPORTED } from './audit-rows'

const TYPING_MS = 300
const PAGE_SIZE = 50
const EXPORT_PAGE = 100

type AuditQuery = NonNullable<ListAuditLogData['query']>

const kinds = Object.keys(auditKinds) as AuditKind[]

export function AuditLogPage() {
  const { t } = useLocale()
  const filters = useFilters()
  const filter: AuditQuery = {
    actor: filters.text('actor'),
    kind: kinds.find((kind) => kind === filters.text('kind')),
    from: filters.text('from'),
    until: filters.text('until'),
  }
  const cursor = filters.cursors.at(-1)
  const query = useQuery({
    queryKey: ['audit-log', filter, cursor],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      callApi(listAuditLog({ query: { ...filter, limit: PAGE_SIZE, cursor }, signal })),
  })
  return (
    <PageFrame
      title={t('Audit log')}
      intro={t(
        'Who changed what and when: campaigns, settings, goodwill, suppressions, imports and the rest, newest first.',
      )}
      actions={<ExportLog filter={filter} />}
    >
      <LogFilters filter={filter} />
      <QueryResult query={query}>
        {({ items, next_cursor }) => (
          <>
            {items.length === 0 ? (
              <EmptyState title={t('Nothing found')}>
                {next_cursor
                  ? t('Nothing on this page matches. Older entries may.')
                  : t('Change the filters to find more.')}
              </EmptyState>
            ) : (
              <LogTable entries={items} />
            )}
            <CursorPager cursors={filters.cursors} next={next_cursor} go={filters.setCursors} />
          </>
        )}
      </QueryResult>
    </PageFrame>
  )
}

function LogFilters({ filter }: { filter: AuditQuery }) {
  const { t } = useLocale()
  const filters = useFilters()
  const [actor, setActor] = useState(filter.actor ?? '')
  const search = useDebouncedCallback((typed: string) => {
    filters.set({ actor: typed.trim() }, true)
  }, TYPING_MS)
  return (
    <Group align="flex-end" className="no-print" role="search">
      <TextInput
        type="search"
        label={t('Who')}
        description={t('A part of the name')}
        value={actor}
        maxLength={100}
        onChange={({ currentTarget }) => {
          setActor(currentTarget.value)
          search(currentTarget.value)
        }}
      />
      <NativeSelect
        label={t('What was changed')}
        value={filter.kind ?? ''}
        data={[
          { value: '', label: t('All') },
          ...kinds.map((kind) => ({ value: kind, label: t(auditKinds[kind]) })),
        ]}
        onChange={({ currentTarget }) => filters.set({ kind: currentTarget.value }, true)}
      />
      <ZonedTimeInput
        label={t('From')}
        value={filter.from}
        onChange={(from) => filters.set({ from }, true)}
      />
      <ZonedTimeInput
        label={t('Until')}
        value={filter.until}
        onChange={(until) => filters.set({ until }, true)}
      />
    </Group>
  )
}

function LogTable({ entries }: { entries: AuditLogEntry[] }) {
  const { t } = useLocale()
  return (
    <div className="sheet">
      <ScrollTable label={t('Audit log')} miw={820}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('When')}</Table.Th>
            <Table.Th>{t('Who')}</Table.Th>
            <Table.Th>{t('Kind')}</Table.Th>
            <Table.Th>{t('Changed item')}</Table.Th>
            <Table.Th>{t('What')}</Table.Th>
            <Table.Th>{t('Note')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => (
            <LogRow
              key={`${entry.at} ${entry.kind} ${entry.subject} ${entry.version} ${entry.voucher} ${entry.action}`}
              entry={entry}
            />
          ))}
        </Table.Tbody>
      </ScrollTable>
    </div>
  )
}

function LogRow({ entry }: { entry: AuditLogEntry }) {
  const { t } = useLocale()
  const { after, before } = entry
  const isCampaign = entry.kind === 'campaign' || entry.kind === 'customer'
  return (
    <Table.Tr>
      <Table.Td>
        <RelativeTime at={entry.at} />
      </Table.Td>
      <Table.Td className="wrap" title={entry.actor}>
        <bdi>{actorName(entry.actor)}</bdi>
      </Table.Td>
      <Table.Td>{t(auditKinds[entry.kind])}</Table.Td>
      <Table.Td className="wrap" maw={280}>
        {isCampaign ? (
          <NamedCampaign id={entry.subject} name={entry.subject_name} />
        ) : (
          <bdi lang="en">{entry.subject}</bdi>
        )}
      </Table.Td>
      <Table.Td>
        {t(auditLabels[entry.action] ?? entry.action)}
        {after && after !== before && ` → ${t(stateLabels[after])}`}
      </Table.Td>
      <Table.Td className="wrap" maw={360}>
        <bdi lang="en">{entry.note}</bdi>
        <ChangeList changes={entry.changes} />
      </Table.Td>
    </Table.Tr>
  )
}

/** Offers what the filters find, on all pages, as a file. */
function ExportLog({ filter }: { filter: AuditQuery }) {
  const { t, number } = useLocale()
  const [read, setRead] = useState(0)
  const exporting = useMutation({
    mutationFn: async () => {
      setRead(0)
      const entries = await readAllPages<AuditLogEntry>(
        (cursor) => callApi(listAuditLog({ query: { ...filter, limit: EXPORT_PAGE, cursor } })),
        setRead,
        MAX_EXPORTED,
      )
      saveCsv('audit-log.csv', auditRows(entries))
    },
  })
  return (
    <>
      <Button variant="default" loading={exporting.isPending} onClick={() => exporting.mutate()}>
        {t('Export CSV')}
      </Button>
      {exporting.isSuccess && read >= MAX_EXPORTED && (
        <Text size="sm" role="status">
          {t('The file has the latest {n} entries.', { n: number(MAX_EXPORTED) })}
        </Text>
      )}
      {exporting.error && <ProblemAlert error={exporting.error} />}
    </>
  )
}
