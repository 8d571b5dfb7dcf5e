// Lists the changes of one campaign: when, by whom, and which fields were edited.
import { Table } from '@mantine/core'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { msg, useLocale } from '../locales/i18n'
import { useAudit } from './campaign-queries'
import { ChangeList } from './change-list'
import { stateLabels } from './labels'

const auditLabels: Record<string, string> = {
  create: msg('created'),
  created: msg('created'),
  change: msg('changed'),
  replace: msg('changed'),
  launch: msg('launched'),
  pause: msg('paused'),
  resume: msg('resumed'),
  cancel: msg('cancelled'),
  archive: msg('archived'),
  suspend_redeeming: msg('suspended redeeming'),
  resume_redeeming: msg('resumed redeeming'),
  revoke_vouchers: msg('revoked vouchers'),
  goodwill_issue: msg('issued a goodwill voucher'),
  goodwill_extend: msg('extended a voucher'),
  goodwill_reissue: msg('reissued a voucher'),
  clone: msg('cloned'),
  complete: msg('completed'),
  end: msg('ended'),
  start: msg('started'),
  retry: msg('retried a pending trigger'),
  drop: msg('dropped a pending trigger'),
  fail: msg('failed'),
}

/** Returns the name of an operator, without the id that the API puts behind it. */
export const actorName = (actor: string) => actor.replace(/ \([0-9a-f]{8}-[0-9a-f-]{27}\)$/, '')

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
