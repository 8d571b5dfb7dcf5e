// Shows Settings > API keys: the keys with which the app backend signs, never their secrets. Keys
// are changed on the command line.
import { Badge, Code, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { callApi } from '../../api/requests'
import { type ApiKeyView, listApiKeys } from '../../client'
import { QueryResult } from '../../components/query-result'
import { RelativeTime } from '../../components/relative-time'
import { SectionCard } from '../../components/section-card'
import { msg, useLocale } from '../../locales/i18n'

const scopeNames = {
  orders: msg('orders, carts, events'),
  vouchers: msg('vouchers'),
  customers: msg('customers'),
  catalogue: msg('catalogue'),
}

/** Returns the state of a key: revoked before anything else. */
function keyState(key: ApiKeyView) {
  if (key.revoked_at) return { label: msg('Revoked'), color: 'gray' }
  if (key.rotating) return { label: msg('Rotation in progress'), color: 'yellow' }
  return { label: msg('In use'), color: 'pine' }
}

export function ApiKeysPanel() {
  const { t } = useLocale()
  const query = useQuery({
    queryKey: ['api-keys'],
    queryFn: ({ signal }) => callApi(listApiKeys({ signal })),
  })
  return (
    <SectionCard title={t('API keys')}>
      <Stack>
        <QueryResult query={query}>
          {(data) => (
            <div className="scroll" role="group" aria-label={t('API keys')} tabIndex={0}>
              <Table miw={560}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('Key')}</Table.Th>
                    <Table.Th>{t('May call')}</Table.Th>
                    <Table.Th>{t('Created')}</Table.Th>
                    <Table.Th>{t('Rotated')}</Table.Th>
                    <Table.Th>{t('Last used')}</Table.Th>
                    <Table.Th>{t('State')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.items.map((key) => (
                    <KeyRow key={key.key_id} apiKey={key} />
                  ))}
                </Table.Tbody>
              </Table>
            </div>
          )}
        </QueryResult>
        <Text size="sm" c="dimmed">
          {t('Last use is updated hourly. Keys are created, rotated and revoked with')}{' '}
          <Code dir="ltr">infra/api_keys.py</Code>
        </Text>
      </Stack>
    </SectionCard>
  )
}

function KeyRow({ apiKey }: { apiKey: ApiKeyView }) {
  const { t } = useLocale()
  const { label, color } = keyState(apiKey)
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500} dir="ltr">
        {apiKey.key_id}
      </Table.Th>
      <Table.Td>{apiKey.scopes.map((scope) => t(scopeNames[scope])).join(' · ')}</Table.Td>
      <Table.Td>
        {apiKey.created_at ? <RelativeTime at={apiKey.created_at} /> : t('by the deployment')}
      </Table.Td>
      <Table.Td>
        <RelativeTime at={apiKey.rotated_at} />
      </Table.Td>
      <Table.Td>
        {apiKey.last_used_at ? <RelativeTime at={apiKey.last_used_at} /> : t('not used yet')}
      </Table.Td>
      <Table.Td>
        <Badge variant="light" tt="none" color={color}>
          {t(label)}
        </Badge>
      </Table.Td>
    </Table.Tr>
  )
}
