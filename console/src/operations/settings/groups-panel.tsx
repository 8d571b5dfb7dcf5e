// Shows the operator's groups, and what each group may do.
import { Badge, Group, Stack, Table, Text } from '@mantine/core'
import { useSession } from '../../app/session'
import { ScrollTable } from '../../components/scroll-table'
import { SectionCard } from '../../components/section-card'
import { msg, useLocale } from '../../locales/i18n'

const operatorGroups = ['viewer', 'support', 'marketer', 'approver', 'admin'] as const

/** The rights of each group, as the API enforces them. */
const groupRights: [string, readonly (typeof operatorGroups)[number][]][] = [
  [msg('View campaigns, reports, health, suppressions and diagnostics'), operatorGroups],
  [msg('Issue goodwill vouchers, extend and reissue vouchers'), ['support', 'marketer', 'admin']],
  [msg('Create, edit, clone, launch, pause and cancel campaigns'), ['marketer', 'admin']],
  [msg('Upload images, send tests; retry and drop pending triggers'), ['marketer', 'admin']],
  [
    msg('Suppress addresses, import lists of them, decide what replies mean'),
    ['marketer', 'admin'],
  ],
  [msg('Lift suppressions'), ['admin']],
  [msg('Approve campaigns above a threshold that others wrote'), ['approver', 'admin']],
  [msg('Change settings and webhooks'), ['admin']],
  [msg('Retry failed jobs; recount and repair counters'), ['admin']],
]

export function GroupsPanel() {
  const { t } = useLocale()
  const { name, groups } = useSession()
  return (
    <Stack>
      <SectionCard title={t('You are {name}', { name })}>
        <Group>
          {groups.length > 0 ? (
            groups.map((group) => (
              <Badge key={group} variant="light" tt="none">
                {group}
              </Badge>
            ))
          ) : (
            <Text>{t('You are not in a group yet. Ask an administrator.')}</Text>
          )}
        </Group>
      </SectionCard>
      <SectionCard title={t('What each group may do')}>
        <ScrollTable label={t('What each group may do')} miw={640}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>
                <span className="sr">{t('What')}</span>
              </Table.Th>
              {operatorGroups.map((group) => (
                <Table.Th
                  key={group}
                  ta="center"
                  bg={groups.includes(group) ? 'var(--console-track)' : undefined}
                >
                  {group}
                  {groups.includes(group) && <span className="sr"> ({t('yours')})</span>}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {groupRights.map(([right, allowed]) => (
              <Table.Tr key={right}>
                <Table.Th scope="row" fw={500}>
                  {t(right)}
                </Table.Th>
                {operatorGroups.map((group) => (
                  <Table.Td
                    key={group}
                    ta="center"
                    bg={groups.includes(group) ? 'var(--console-track)' : undefined}
                  >
                    <span aria-hidden>{allowed.includes(group) ? '✓' : '–'}</span>
                    <span className="sr">{allowed.includes(group) ? t('yes') : t('no')}</span>
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </ScrollTable>
        <Text size="sm" c="dimmed">
          {t('Groups are managed where operators sign in (Cognito).')}
        </Text>
      </SectionCard>
    </Stack>
  )
}
