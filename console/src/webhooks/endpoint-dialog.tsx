// Adds or changes a webhook endpoint.
import { Alert, Button, Group, MultiSelect, Stack, Switch, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useFieldMessage } from '../api/api-messages'
import { ApiProblem, callApi } from '../api/requests'
import { textLimits } from '../api/text-limits'
import { type Endpoint, putWebhook, type EventType } from '../client'
import { CountedTextInput } from '../components/counted-text'
import { ModalDialog } from '../components/modal-dialog'
import { ProblemAlert } from '../components/problem-alert'
import { useLocale } from '../locales/i18n'

/** The types that an endpoint can ask for: all of the API, which the compiler holds complete. */
const offeredTypes: Record<Exclude<EventType, 'test'>, true> = {
  'voucher.issued': true,
  'voucher.delivered': true,
  'voucher.accepted': true,
  'voucher.declined': true,
  'voucher.extended': true,
  'voucher.expiring': true,
  'voucher.expired': true,
  'voucher.redeemed': true,
  'voucher.reversed': true,
}
const eventTypes = Object.keys(offeredTypes) as EventType[]

export interface EndpointSecret {
  secret: string
  previous_secret_until?: string
}

export function EndpointDialog({
  endpoint,
  close,
  show,
}: {
  endpoint?: Endpoint
  close: () => void
  show: (secret: EndpointSecret) => void
}) {
  const { t } = useLocale()
  const queryClient = useQueryClient()
  const [id, setId] = useState(endpoint?.id ?? '')
  const [url, setUrl] = useState(endpoint?.url ?? '')
  const [selectedEvents, setSelectedEvents] = useState<EventType[]>(endpoint?.events ?? [])
  const [enabled, setEnabled] = useState(endpoint ? endpoint.state === 'enabled' : true)
  const saving = useMutation({
    mutationFn: () =>
      callApi(
        putWebhook({ path: { endpoint: id }, body: { url, events: selectedEvents, enabled } }),
      ),
    onSuccess: (after) => {
      close()
      if (after.secret) show({ ...after, secret: after.secret })
      void queryClient.invalidateQueries({ queryKey: ['webhooks'] })
    },
  })
  const fieldMessage = useFieldMessage()
  const errorAt = (field: string) => {
    const found =
      saving.error instanceof ApiProblem
        ? saving.error.fields.find((one) => one.field.startsWith(field))
        : undefined
    return found && fieldMessage(found)
  }
  return (
    <ModalDialog
      onClose={close}
      title={endpoint ? t('Edit {name}', { name: endpoint.id }) : t('Add an endpoint')}
    >
      <Stack
        component="form"
        onSubmit={(event) => {
          event.preventDefault()
          saving.mutate()
        }}
      >
        {!endpoint && (
          <CountedTextInput
            label={t('Name')}
            description={t('letters, digits, . _ : -')}
            required
            limit={textLimits.endpointName}
            value={id}
            onChange={({ currentTarget }) => setId(currentTarget.value)}
          />
        )}
        <TextInput
          label={t('Address')}
          dir="ltr"
          required
          placeholder="https://app.example.com/hooks/vouchers"
          value={url}
          error={errorAt('/url')}
          onChange={({ currentTarget }) => setUrl(currentTarget.value)}
        />
        <MultiSelect
          label={t('Events')}
          description={t('Leave blank for all events.')}
          data={eventTypes}
          value={selectedEvents}
          onChange={(next) => setSelectedEvents(next as EventType[])}
          error={errorAt('/events')}
        />
        <Switch
          label={t('On')}
          checked={enabled}
          onChange={({ currentTarget }) => setEnabled(currentTarget.checked)}
        />
        {endpoint?.state === 'gone' && (
          <Alert variant="outline" color="yellow">
            {t('The endpoint answered that it no longer exists (410). Turn it on to try again.')}
          </Alert>
        )}
        {saving.error && <ProblemAlert error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Back')}
          </Button>
          <Button type="submit" loading={saving.isPending} disabled={!id || !url}>
            {t('Save')}
          </Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}
