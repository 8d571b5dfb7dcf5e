// Lists the changes of one campaign: when, by whom, and which fields were edited.
import { Table } from '@mantine/core'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { useLocale } from '../locales/i18n'
import { actorName, auditLabels } from './audit-labels'
import { useAudit } from './campaign-queries'
import { ChangeList } from './change-list'
import { stateLabels } from './labels'

export function AuditHistory({ id }: { id: string }) {
  const { t } = useLocale()
  const query = useAudit(id)
  return (
    <QueryResult query={query}>
      {(data) => (
        <div className="scroll sheet" role="region" aria-label={t('History')} tabIndex={0}>
          <Table miw={560}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('When')}</Table.Th>
                <Table.Th>{t('Who')}</Table.Th>
                <Table.Th>{t('What')}</Table.Th>
                <Table.Th>{t('State')}</Table.Th>
                <Table.Th>{t('Note')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.items.map((entry) => (
                <Table.Tr key={`${entry.at} ${entry.version} ${entry.action}`}>
                  <Table.Td>
                    <RelativeTime at={entry.at} />
                  </Table.Td>
                  <Table.Td className="wrap" title={entry.actor}>
                    {actorName(entry.actor)}
                  </Table.Td>
                  <Table.Td>{t(auditLabels[entry.action] ?? entry.action)}</Table.Td>
                  <Table.Td>
                    {entry.after && entry.after !== entry.before
                      ? t(stateLabels[entry.after])
                      : '–'}
                  </Table.Td>
                  <Table.Td className="wrap">
                    <bdi lang="en">{entry.note}</bdi>
                    <ChangeList changes={entry.changes} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </QueryResult>
  )
}
