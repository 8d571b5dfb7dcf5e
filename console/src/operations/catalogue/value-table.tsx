// Lists verticals, categories or cities, each with its names and with how many have it.
import { Anchor, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { useFilters } from '../../app/search-params'
import { useSession } from '../../app/session'
import type { OccurringValue } from '../../client'
import { valueName } from '../../campaign/wizard/known-values'
import { writePoint } from '../../campaign/wizard/points'
import { CursorPager } from '../../components/cursor-pager'
import { EmptyState } from '../../components/empty-state'
import { QueryResult } from '../../components/query-result'
import { ScrollTable } from '../../components/scroll-table'
import { msg, useLocale } from '../../locales/i18n'
import { type NamedPart, partLabels, useValues } from './catalogue-queries'
import { NamesDialog } from './names-dialog'

/** Digits of a city's centre: about a kilometre. */
const CENTRE_DIGITS = 2

const emptyTexts: Record<NamedPart | 'cities', [title: string, text: string]> = {
  verticals: [
    msg('No verticals yet'),
    msg('Verticals appear with your first orders. You can name them before that.'),
  ],
  categories: [
    msg('No categories yet'),
    msg('Categories appear with your first orders. You can name them before that.'),
  ],
  cities: [
    msg('No cities yet'),
    msg(
      'Cities appear as soon as customers have a city. Import customers or let your app send them.',
    ),
  ],
}

export function ValueTable({
  part,
  asked,
}: {
  part: NamedPart | 'cities'
  asked: { q: string; sort: string | undefined; cursor: string | undefined }
}) {
  const { t } = useLocale()
  const filters = useFilters()
  const query = useValues(part, asked)
  const [open, setOpen] = useState<string>()
  const [title, text] = emptyTexts[part]
  return (
    <QueryResult query={query}>
      {(list) =>
        list.items.length === 0 && filters.cursors.length === 0 ? (
          asked.q ? (
            <Text>{t('Nothing has this name.')}</Text>
          ) : (
            <EmptyState title={t(title)}>{t(text)}</EmptyState>
          )
        ) : (
          <>
            <div className="sheet">
              <ScrollTable label={t(partLabels[part])} miw={560}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('Name')}</Table.Th>
                    {part === 'cities' && <Table.Th>{t('Centre')}</Table.Th>}
                    <Table.Th className="number">
                      {list.counts === 'orders' ? t('Orders') : t('Customers')}
                    </Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {list.items.map((item) => (
                    <ValueRow key={item.value} part={part} item={item} open={setOpen} />
                  ))}
                </Table.Tbody>
              </ScrollTable>
            </div>
            <CursorPager
              cursors={filters.cursors}
              next={list.next_cursor}
              go={filters.setCursors}
            />
            {open !== undefined && part !== 'cities' && (
              <NamesDialog part={part} known={open} close={() => setOpen(undefined)} />
            )}
          </>
        )
      }
    </QueryResult>
  )
}

function ValueRow({
  part,
  item,
  open,
}: {
  part: NamedPart | 'cities'
  item: OccurringValue
  open: (value: string) => void
}) {
  const { language, number } = useLocale()
  const { mayChange } = useSession()
  const name = valueName(item, language)
  const centre = item.centre
  const rounded = (degrees: number) => Number(degrees.toFixed(CENTRE_DIGITS))
  return (
    <Table.Tr>
      <Table.Th scope="row" className="wrap">
        {part === 'cities' || !mayChange ? (
          <bdi>{name}</bdi>
        ) : (
          <Anchor
            component="button"
            type="button"
            className="row-link"
            onClick={() => open(item.value)}
          >
            <bdi>{name}</bdi>
          </Anchor>
        )}
        {name !== item.value && (
          <Text size="xs" c="dimmed">
            <bdi>{item.value}</bdi>
          </Text>
        )}
      </Table.Th>
      {part === 'cities' && (
        <Table.Td>
          <bdi dir="ltr">
            {centre ? writePoint({ lat: rounded(centre.lat), lon: rounded(centre.lon) }) : '–'}
          </bdi>
        </Table.Td>
      )}
      <Table.Td className="number">{number(item.count ?? 0)}</Table.Td>
    </Table.Tr>
  )
}
