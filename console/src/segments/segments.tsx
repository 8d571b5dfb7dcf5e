// Shows Marketing > Segments: the saved segments with who uses them and which are kept out of every
// campaign. A segment is edited in a dialog, with the rule editor of the wizard.
import { Badge, Button, Group, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useSession } from '../app/session'
import type { SavedSegmentView } from '../client'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { ScrollTable } from '../components/scroll-table'
import { useLocale } from '../locales/i18n'
import { SegmentDialog } from './segment-dialog'
import { segmentsQuery } from './segment-queries'

export function SegmentsPage() {
  const { t } = useLocale()
  const { mayChange } = useSession()
  const query = useQuery(segmentsQuery)
  const [edited, setEdited] = useState<SavedSegmentView | 'new'>()
  return (
    <PageFrame
      title={t('Segments')}
      intro={t(
        'Saved audiences. Drafts use the newest version of a segment; a launched campaign keeps the version it was launched with.',
      )}
      actions={mayChange && <Button onClick={() => setEdited('new')}>{t('New segment')}</Button>}
    >
      <QueryResult query={query}>
        {({ segments }) =>
          segments.length === 0 ? (
            <EmptyState title={t('No segments yet')}>
              {t('Save an audience once and use it in many campaigns.')}
            </EmptyState>
          ) : (
            <SegmentTable segments={segments} edit={setEdited} />
          )
        }
      </QueryResult>
      {edited && (
        <SegmentDialog
          segment={edited === 'new' ? undefined : edited}
          close={() => setEdited(undefined)}
        />
      )}
    </PageFrame>
  )
}

function SegmentTable({
  segments,
  edit,
}: {
  segments: SavedSegmentView[]
  edit: (segment: SavedSegmentView) => void
}) {
  const { t, number, time } = useLocale()
  return (
    <ScrollTable label={t('Segments')}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('Name')}</Table.Th>
          <Table.Th>{t('Used by')}</Table.Th>
          <Table.Th>{t('Version')}</Table.Th>
          <Table.Th>{t('Last changed')}</Table.Th>
          <Table.Th />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {segments.map((segment) => (
          <Table.Tr key={segment.id}>
            <Table.Td>
              <Group gap="xs">
                <bdi>{segment.name}</bdi>
                {segment.excluded && (
                  <Badge variant="outline" color="red">
                    {t('Excluded everywhere')}
                  </Badge>
                )}
              </Group>
              <Text size="sm" c="dimmed">
                <bdi>{segment.id}</bdi>
              </Text>
            </Table.Td>
            <Table.Td>
              <SegmentUsers segment={segment} />
            </Table.Td>
            <Table.Td>{number(segment.version)}</Table.Td>
            <Table.Td>
              {time(segment.updated_at)} · <bdi>{segment.updated_by}</bdi>
            </Table.Td>
            <Table.Td>
              <Button variant="light" size="xs" onClick={() => edit(segment)}>
                {t('Open')}
              </Button>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </ScrollTable>
  )
}

function SegmentUsers({ segment }: { segment: SavedSegmentView }) {
  const { t, number } = useLocale()
  if (segment.campaigns.length + segment.segments.length === 0) return <Text>–</Text>
  return (
    <>
      {segment.campaigns.map((user) => (
        <Text key={user.campaign_id} size="sm">
          <bdi>{user.name}</bdi>
          {user.version != null && ` · ${t('version {n}', { n: number(user.version) })}`}
        </Text>
      ))}
      {segment.segments.map((id) => (
        <Text key={id} size="sm">
          {t('segment {name}', { name: id })}
        </Text>
      ))}
    </>
  )
}
