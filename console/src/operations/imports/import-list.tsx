// Lists imports, the newest first, each with its state, its progress and its counts.
import { Anchor, Badge, Progress, Stack, Table, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { searchParams, useFilters } from '../../app/search-params'
import type { ImportSummary } from '../../client'
import { CursorPager } from '../../components/cursor-pager'
import { EmptyState } from '../../components/empty-state'
import { QueryResult } from '../../components/query-result'
import { RelativeTime } from '../../components/relative-time'
import { ScrollTable } from '../../components/scroll-table'
import { useLocale } from '../../locales/i18n'
import { importsPath, isWorking, useImports } from './import-queries'
import { fileSize, kindLabels, stateColours, stateLabels } from './labels'

export function ImportList() {
  const { t } = useLocale()
  const filters = useFilters()
  const query = useImports(filters.cursors.at(-1))
  return (
    <QueryResult query={query}>
      {(list) =>
        list.items.length === 0 && filters.cursors.length === 0 ? (
          <EmptyState title={t('No imports yet')}>
            {t(
              'Export your customers as CSV from your shop or mailing system and upload the file here. Exports of Shopify, WooCommerce, Klaviyo, Mailchimp, Braze, HubSpot, listmonk, Magento and Stripe are recognised.',
            )}
          </EmptyState>
        ) : (
          <>
            <ImportTable imports={list.items} />
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

function ImportTable({ imports }: { imports: ImportSummary[] }) {
  const { t } = useLocale()
  return (
    <div className="sheet">
      <ScrollTable label={t('Imports')} miw={900}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('File')}</Table.Th>
            <Table.Th>{t('Content')}</Table.Th>
            <Table.Th>{t('State')}</Table.Th>
            <Table.Th className="number">{t('Imported')}</Table.Th>
            <Table.Th className="number">{t('Unchanged')}</Table.Th>
            <Table.Th className="number">{t('Refused')}</Table.Th>
            <Table.Th>{t('Since')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {imports.map((one) => (
            <ImportRow key={one.id} one={one} />
          ))}
        </Table.Tbody>
      </ScrollTable>
    </div>
  )
}

function ImportRow({ one }: { one: ImportSummary }) {
  const { t, number, region } = useLocale()
  // What a check counts is imported only when it starts.
  const isTaken = one.state === 'running' || one.state === 'done' || one.origin === 'bucket'
  return (
    <Table.Tr>
      <Table.Th scope="row" className="wrap">
        <Anchor
          component={Link}
          to={importsPath}
          search={searchParams({ import: one.id })}
          className="row-link"
        >
          <bdi>{one.file_name}</bdi>
        </Anchor>
        <Text size="xs" c="dimmed">
          {fileSize(one.bytes, region)} ·{' '}
          {one.created_by ? <bdi>{one.created_by}</bdi> : t('from the bucket')}
        </Text>
      </Table.Th>
      <Table.Td>{t(kindLabels[one.kind])}</Table.Td>
      <Table.Td>
        <Stack gap={4}>
          <ImportBadge state={one.state} />
          {isWorking(one.state) && one.progress.bytes_read > 0 && (
            <Progress
              size="sm"
              value={(one.progress.bytes_read / one.bytes) * 100}
              aria-label={t('Progress')}
            />
          )}
        </Stack>
      </Table.Td>
      <Table.Td className="number">{isTaken ? number(one.counts.taken) : '–'}</Table.Td>
      <Table.Td className="number">{isTaken ? number(one.counts.unchanged) : '–'}</Table.Td>
      <Table.Td className="number">{number(one.counts.refused)}</Table.Td>
      <Table.Td>
        <RelativeTime at={one.created_at} />
      </Table.Td>
    </Table.Tr>
  )
}

export function ImportBadge({ state }: { state: ImportSummary['state'] }) {
  const { t } = useLocale()
  return (
    <Badge variant="light" tt="none" color={stateColours[state]}>
      {t(stateLabels[state])}
    </Badge>
  )
}
