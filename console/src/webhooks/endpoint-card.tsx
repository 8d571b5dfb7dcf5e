// Shows one webhook endpoint with its state and dead letters, and offers its actions.
import { Badge, Button, Code, Group, Stack, Table, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { callApi } from '../api/requests'
import { useSession } from '../app/session'
import {
  deleteWebhook,
  type Endpoint,
  type EndpointState,
  listWebhookDeadLetters,
  redriveWebhook,
  rotateWebhookSecret,
  testWebhook,
} from '../client'
import { ModalDialog } from '../components/modal-dialog'
import { ProblemAlert } from '../components/problem-alert'
import { RelativeTime } from '../components/relative-time'
import { SectionCard } from '../components/section-card'
import { msg, useLocale } from '../locales/i18n'
import type { EndpointSecret } from './endpoint-dialog'

const endpointStateLabels: Record<EndpointState, [string, string]> = {
  enabled: [msg('on'), 'pine'],
  disabled: [msg('off'), 'gray'],
  gone: [msg('answered “gone” (410)'), 'red'],
}

export function EndpointCard({
  endpoint,
  edit,
  show,
}: {
  endpoint: Endpoint
  edit: () => void
  show: (secret: EndpointSecret) => void
}) {
  const { t, number } = useLocale()
  const { mayAdminister } = useSession()
  const queryClient = useQueryClient()
  const [confirming, setConfirming] = useState<'rotate' | 'delete'>()
  const path = { endpoint: endpoint.id }
  const deadLetters = useQuery({
    queryKey: ['webhooks', endpoint.id, 'dead-letters'],
    queryFn: ({ signal }) => callApi(listWebhookDeadLetters({ path, signal })),
  })
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['webhooks'] })
  const testing = useMutation({
    mutationFn: () => callApi(testWebhook({ path })),
    onSuccess: () => notifications.show({ message: t('A test event is on its way.') }),
  })
  const redriving = useMutation({
    mutationFn: () => callApi(redriveWebhook({ path })),
    onSuccess: ({ redriven }) => {
      notifications.show({ message: t('Sent again: {n}', { n: number(redriven) }) })
      void refresh()
    },
  })
  const confirmed = useMutation({
    mutationFn: async () => {
      if (confirming === 'delete') {
        await callApi(deleteWebhook({ path }))
        return undefined
      }
      return callApi(rotateWebhookSecret({ path }))
    },
    onSuccess: (after) => {
      setConfirming(undefined)
      if (after?.secret) show({ ...after, secret: after.secret })
      void refresh()
    },
  })
  const [label, color] = endpointStateLabels[endpoint.state]
  return (
    <SectionCard
      title={endpoint.id}
      actions={
        <Badge variant="light" color={color} tt="none">
          {t(label)}
        </Badge>
      }
    >
      <Code dir="ltr" className="wrap">
        {endpoint.url}
      </Code>
      <Text size="sm">
        {endpoint.events.length === 0
          ? t('All events')
          : t('Events: {list}', { list: endpoint.events.join(', ') })}{' '}
        · {t('changed')} <RelativeTime at={endpoint.updated_at} />
      </Text>
      {endpoint.secret_changed_at && (
        <Text size="sm">
          {t('Its secret was changed')} <RelativeTime at={endpoint.secret_changed_at} />;{' '}
          {t('the previous one stays valid for a day after that.')}
        </Text>
      )}
      {deadLetters.data && deadLetters.data.items.length > 0 && (
        <>
          <Text fw={600} size="sm">
            {t('Not taken')}
          </Text>
          <div className="scroll" role="group" aria-label={t('Not taken')} tabIndex={0}>
            <Table miw={480}>
              <Table.Tbody>
                {deadLetters.data.items.map((letter) => (
                  <Table.Tr key={letter.event_id}>
                    <Table.Td>{letter.type}</Table.Td>
                    <Table.Td>
                      <RelativeTime at={letter.given_up_at} />
                    </Table.Td>
                    <Table.Td>
                      {letter.last_status ?? ''} {letter.last_reason}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        </>
      )}
      {[testing.error, redriving.error].filter(Boolean).map((error, place) => (
        <ProblemAlert key={place} error={error} />
      ))}
      {mayAdminister && (
        <Group>
          <Button
            variant="default"
            size="xs"
            loading={testing.isPending}
            onClick={() => testing.mutate()}
          >
            {t('Send a test')}
          </Button>
          <Button variant="default" size="xs" onClick={edit}>
            {t('Edit')}
          </Button>
          <Button variant="default" size="xs" onClick={() => setConfirming('rotate')}>
            {t('New secret')}
          </Button>
          {deadLetters.data && deadLetters.data.items.length > 0 && (
            <Button
              variant="default"
              size="xs"
              loading={redriving.isPending}
              onClick={() => redriving.mutate()}
            >
              {t('Send again')}
            </Button>
          )}
          <Button
            variant="default"
            size="xs"
            c="var(--mantine-color-error)"
            onClick={() => setConfirming('delete')}
          >
            {t('Remove')}
          </Button>
        </Group>
      )}
      {confirming && (
        <ModalDialog
          onClose={() => setConfirming(undefined)}
          title={confirming === 'delete' ? t('Remove') : t('New secret')}
        >
          <Stack>
            <Text>
              {confirming === 'delete'
                ? t('It receives no more events, and pending ones are not sent.')
                : t(
                    'For a day requests are signed with the old secret as well, so that you can change it without a gap.',
                  )}
            </Text>
            {confirmed.error && <ProblemAlert error={confirmed.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setConfirming(undefined)}>
                {t('Back')}
              </Button>
              <Button
                color={confirming === 'delete' ? 'red.9' : undefined}
                loading={confirmed.isPending}
                onClick={() => confirmed.mutate()}
              >
                {confirming === 'delete' ? t('Remove') : t('New secret')}
              </Button>
            </Group>
          </Stack>
        </ModalDialog>
      )}
    </SectionCard>
  )
}
