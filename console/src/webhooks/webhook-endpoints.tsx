// Shows Settings > Webhooks: the endpoints that receive voucher events. A secret is shown once.
import { Button, Code, CopyButton, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { callApi } from '../api/requests'
import { useSession } from '../app/session'
import { type Endpoint, listWebhooks } from '../client'
import { EmptyState } from '../components/empty-state'
import { ModalDialog } from '../components/modal-dialog'
import { QueryResult } from '../components/query-result'
import { useLocale } from '../locales/i18n'
import { EndpointCard } from './endpoint-card'
import { EndpointDialog, type EndpointSecret } from './endpoint-dialog'

export function WebhookEndpoints() {
  const { t, time } = useLocale()
  const { mayAdminister } = useSession()
  const [editing, setEditing] = useState<Endpoint | 'new'>()
  const [shownSecret, setShownSecret] = useState<EndpointSecret>()
  const query = useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => callApi(listWebhooks({ signal })),
  })
  const add = mayAdminister && (
    <Button onClick={() => setEditing('new')}>{t('Add an endpoint')}</Button>
  )
  return (
    <Stack>
      <QueryResult query={query}>
        {(data) =>
          data.items.length === 0 ? (
            <EmptyState title={t('No webhook endpoints yet')} action={add}>
              {t(
                'Your app backend can receive an event for each voucher: issued, delivered, accepted, redeemed. Requests are signed and retried for a day.',
              )}
            </EmptyState>
          ) : (
            <>
              {add && <Group>{add}</Group>}
              {data.items.map((endpoint) => (
                <EndpointCard
                  key={endpoint.id}
                  endpoint={endpoint}
                  edit={() => setEditing(endpoint)}
                  show={setShownSecret}
                />
              ))}
            </>
          )
        }
      </QueryResult>
      {editing && (
        <EndpointDialog
          endpoint={editing === 'new' ? undefined : editing}
          close={() => setEditing(undefined)}
          show={setShownSecret}
        />
      )}
      {shownSecret && (
        <ModalDialog
          onClose={() => setShownSecret(undefined)}
          title={t('The secret, shown once')}
          closeOnClickOutside={false}
        >
          <Stack>
            <Text>{t('Copy it to your app backend now. It won’t be shown again.')}</Text>
            <Code block dir="ltr">
              {shownSecret.secret}
            </Code>
            {shownSecret.previous_secret_until && (
              <Text size="sm">
                {t('The old secret is valid until')} {time(shownSecret.previous_secret_until)}
              </Text>
            )}
            <CopyButton value={shownSecret.secret}>
              {({ copied, copy }) => (
                <Button variant="default" onClick={copy}>
                  {copied ? t('Copied') : t('Copy')}
                </Button>
              )}
            </CopyButton>
          </Stack>
        </ModalDialog>
      )}
    </Stack>
  )
}
