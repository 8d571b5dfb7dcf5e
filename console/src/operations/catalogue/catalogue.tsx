// Shows Configuration > Catalogue: merchants with their places, the names of verticals and categories
// by language, and the cities of the customers. Each part is searched, sorted and read page by page.
import { Button, Group, Select, Tabs, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { searchParams, useFilters } from '../../app/search-params'
import { useSession } from '../../app/session'
import { PageFrame } from '../../components/page-frame'
import { msg, useLocale } from '../../locales/i18n'
import { importsPath } from '../imports/import-queries'
import { type CataloguePart, partLabels } from './catalogue-queries'
import { MerchantDialog } from './merchant-dialog'
import { MerchantList } from './merchant-list'
import { NamesDialog } from './names-dialog'
import { ValueTable } from './value-table'

const sorts: Record<CataloguePart, [sort: string, label: string][]> = {
  merchants: [
    ['orders', msg('Most orders')],
    ['name', msg('Name')],
    ['opened_on', msg('Opened last')],
  ],
  verticals: [
    ['count', msg('Most customers')],
    ['name', msg('Name')],
  ],
  categories: [
    ['count', msg('Most orders')],
    ['name', msg('Name')],
  ],
  cities: [
    ['count', msg('Most customers')],
    ['name', msg('Name')],
  ],
}

const partOf = (text: string | undefined): CataloguePart =>
  text && text in partLabels ? (text as CataloguePart) : 'merchants'

export function CataloguePage() {
  const { t } = useLocale()
  const { mayChange } = useSession()
  const filters = useFilters()
  const [adding, setAdding] = useState(false)
  const part = partOf(filters.text('part'))
  const q = filters.text('q') ?? ''
  const sort = sorts[part].find(([known]) => known === filters.text('sort'))?.[0]
  const asked = { q, sort, cursor: filters.cursors.at(-1) }
  const mayAdd = mayChange && part !== 'cities'
  return (
    <PageFrame
      title={t('Catalogue')}
      intro={t(
        'The merchants, verticals and categories that campaigns are aimed by, with the names that people know. What is missing here follows from your orders.',
      )}
      actions={
        mayAdd && (
          <Group>
            <Button
              variant="default"
              component={Link}
              to={importsPath}
              search={searchParams({ new: 'yes', kind: part })}
            >
              {t('Import a file')}
            </Button>
            <Button onClick={() => setAdding(true)}>
              {part === 'merchants' ? t('Add a merchant') : t('Add names')}
            </Button>
          </Group>
        )
      }
    >
      <Tabs
        value={part}
        onChange={(next) =>
          filters.set({
            part: next === 'merchants' ? undefined : (next ?? undefined),
            q: undefined,
            sort: undefined,
          })
        }
      >
        <Tabs.List mb="md">
          {Object.entries(partLabels).map(([value, label]) => (
            <Tabs.Tab key={value} value={value}>
              {t(label)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={part}>
          <Group align="flex-end" mb="md">
            <TextInput
              label={t('Search')}
              w={280}
              dir="auto"
              value={q}
              onChange={({ currentTarget }) => filters.set({ q: currentTarget.value }, true)}
            />
            <Select
              label={t('Sort by')}
              w={200}
              allowDeselect={false}
              value={sort ?? sorts[part][0]![0]}
              data={sorts[part].map(([value, label]) => ({ value, label: t(label) }))}
              onChange={(next) => next && filters.set({ sort: next })}
            />
          </Group>
          {part === 'merchants' ? (
            <MerchantList asked={asked} />
          ) : (
            <ValueTable key={part} part={part} asked={asked} />
          )}
        </Tabs.Panel>
      </Tabs>
      {adding && part === 'merchants' && <MerchantDialog close={() => setAdding(false)} />}
      {adding && (part === 'verticals' || part === 'categories') && (
        <NamesDialog part={part} close={() => setAdding(false)} />
      )}
    </PageFrame>
  )
}
