// Lists exports, the newest first, each with its state and its size.
import { Anchor, Badge, Table, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { searchParams, useFilters } from '../../app/search-params'
import type { ExportSummary } from '../../client'
import { CursorPager } from '../../components/cursor-pager'
import { EmptyState } from '../../components/empty-state'
import { QueryResult } from '../../components/query-result'
import { RelativeTime } from '../../components/relative-time'
import { ScrollTable } from '../../components/scroll-table'
import { useLocale } from '../../locales/i18n'
import { fileSize } from '../imports/labels'
import { exportsPath, useExports } from './export-queries'
import { formatLabels, kindLabels, stateColours, stateLabels } from './labels'

export function ExportList() {
  const { t } = useLocale()
  const filters = useFilters()
  const query = useExports(filters.cursors.at(-1))
  return (
    <QueryResult query={query}>
      {(list) =>
        list.items.length === 0 && filters.cursors.length === 0 ? (
          <EmptyState title={t('No exports yet')}>
            {t(
              'Choose “New export” to get vouchers, orders or campaigns as CSV or Parquet, with counts and checksums of each file.',
            )}
          </EmptyState>
        ) : (
          <>
            <ExportTable exports={list.items} />
            <CursorPager
              cursors={filters.cursors}
              next={list.next_cursor}
              go={filters.setCursors}
            />
          </>
        )
      }
    </QueryResult>
  )
}

function ExportTable({ exports }: { exports: ExportSummary[] }) {
  const { t, number, region } = useLocale()
  return (
    <div className="sheet">
      <ScrollTable label={t('Exports')} miw={800}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Content')}</Table.Th>
            <Table.Th>{t('Started by')}</Table.Th>
            <Table.Th>{t('State')}</Table.Th>
            <Table.Th className="number">{t('Rows')}</Table.Th>
            <Table.Th className="number">{t('Size')}</Table.Th>
            <Table.Th>{t('Since')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {exports.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Th scope="row">
                <Anchor
                  component={Link}
                  to={exportsPath}
                  search={searchParams({ export: one.id })}
                  className="row-link"
                >
                  {t(kindLabels[one.kind])}
                </Anchor>
                <Text size="xs" c="dimmed">
                  {t(formatLabels[one.format])}
                  {one.contacts && ` · ${t('with contacts')}`}
                </Text>
              </Table.Th>
              <Table.Td className="wrap">
                <bdi>{one.created_by}</bdi>
              </Table.Td>
              <Table.Td>
                <ExportBadge state={one.state} />
              </Table.Td>
              <Table.Td className="number">{number(one.counts.rows)}</Table.Td>
              <Table.Td className="number">{fileSize(one.counts.bytes, region)}</Table.Td>
              <Table.Td>
                <RelativeTime at={one.created_at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
    </div>
  )
}

export function ExportBadge({ state }: { state: ExportSummary['state'] }) {
  const { t } = useLocale()
  return (
    <Badge variant="light" tt="none" color={stateColours[state]}>
      {t(stateLabels[state])}
    </Badge>
  )
}
