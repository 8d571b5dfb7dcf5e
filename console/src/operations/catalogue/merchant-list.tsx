// Lists merchants: those that were told, and those that only orders mention.
import { Anchor, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { useFilters } from '../../app/search-params'
import type { ListedMerchant } from '../../client'
import { CursorPager } from '../../components/cursor-pager'
import { EmptyState } from '../../components/empty-state'
import { QueryResult } from '../../components/query-result'
import { ScrollTable } from '../../components/scroll-table'
import { useLocale } from '../../locales/i18n'
import { useMerchants } from './catalogue-queries'
import { MerchantDialog } from './merchant-dialog'

export function MerchantList({
  asked,
}: {
  asked: { q: string; sort: string | undefined; cursor: string | undefined }
}) {
  const { t } = useLocale()
  const filters = useFilters()
  const query = useMerchants(asked)
  const [open, setOpen] = useState<ListedMerchant>()
  return (
    <QueryResult query={query}>
      {(list) =>
        list.items.length === 0 && filters.cursors.length === 0 ? (
          asked.q ? (
            <Text>{t('No merchant has this name.')}</Text>
          ) : (
            <EmptyState title={t('No merchants yet')}>
              {t(
                'Import a file of your merchants, let your app send them, or add one here. Merchants that your orders mention appear by themselves.',
              )}
            </EmptyState>
          )
        ) : (
          <>
            <div className="sheet">
              <ScrollTable label={t('Merchants')} miw={820}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('Merchant')}</Table.Th>
                    <Table.Th>{t('Verticals')}</Table.Th>
                    <Table.Th>{t('Cities')}</Table.Th>
                    <Table.Th>{t('Opened on')}</Table.Th>
                    <Table.Th className="number">{t('Orders')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {list.items.map((one) => (
                    <MerchantRow key={one.id} one={one} open={() => setOpen(one)} />
                  ))}
                </Table.Tbody>
              </ScrollTable>
            </div>
            <CursorPager
              cursors={filters.cursors}
              next={list.next_cursor}
              go={filters.setCursors}
            />
            {open && <MerchantDialog one={open} close={() => setOpen(undefined)} />}
          </>
        )
      }
    </QueryResult>
  )
}

function MerchantRow({
  one: { id, merchant, orders },
  open,
}: {
  one: ListedMerchant
  open: () => void
}) {
  const { t, number, day } = useLocale()
  const cities = [...new Set((merchant?.places ?? []).flatMap(({ city }) => city ?? []))]
  return (
    <Table.Tr>
      <Table.Th scope="row" className="wrap">
        <Anchor component="button" type="button" className="row-link" onClick={open}>
          <bdi>{merchant?.name ?? id}</bdi>
        </Anchor>
        <Text size="xs" c="dimmed">
          {merchant ? <bdi>{id}</bdi> : t('known from orders only')}
        </Text>
      </Table.Th>
      <Table.Td className="wrap">
        <bdi>{(merchant?.verticals ?? []).join(', ') || '–'}</bdi>
      </Table.Td>
      <Table.Td className="wrap">
        <bdi>{cities.join(', ') || '–'}</bdi>
      </Table.Td>
      <Table.Td>{merchant?.opened_on ? day(merchant.opened_on) : '–'}</Table.Td>
      <Table.Td className="number">{number(orders)}</Table.Td>
    </Table.Tr>
  )
}
