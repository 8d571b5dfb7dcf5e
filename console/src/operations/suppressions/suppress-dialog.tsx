// Asks for a suppression: an address, the reason, and a note for whoever asks later.
import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useFieldErrorAt } from '../../api/api-messages'
import { callApi } from '../../api/requests'
import {
  type AddressName,
  type AddressView,
  addSuppression,
  type SuppressionReason,
} from '../../client'
import { ModalDialog } from '../../components/modal-dialog'
import { ProblemAlert } from '../../components/problem-alert'
import { useLocale } from '../../locales/i18n'
import { addressFields, parseAddress } from './address-name'
import { useInvalidateSuppressions, useKeepAddress } from './address-queries'
import { liftedByLabels, reasonsByHand, suppressionNames } from './labels'
import { isNoteComplete, NoteField } from './note-field'

interface SuppressProps {
  /** The address, if it is known already; else the dialog asks for it. */
  address?: Pick<AddressView, 'key' | 'channel'>
  onSuppressed?: (view: AddressView) => void
}

export function SuppressButton(props: SuppressProps) {
  const { t } = useLocale()
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button variant={props.address ? 'default' : 'filled'} onClick={() => setOpen(true)}>
        {props.address ? t('Suppress this address') : t('Suppress an address')}
      </Button>
      {open && <SuppressDialog {...props} close={() => setOpen(false)} />}
    </>
  )
}

function SuppressDialog({
  address: known,
  onSuppressed,
  close,
}: SuppressProps & { close: () => void }) {
  const { t } = useLocale()
  const keep = useKeepAddress()
  const invalidate = useInvalidateSuppressions()
  const [typed, setTyped] = useState('')
  const [reason, setReason] = useState<SuppressionReason>('blocked')
  const [note, setNote] = useState('')
  const [unclear, setUnclear] = useState(false)
  const adding = useMutation({
    mutationFn: (address: AddressName) =>
      callApi(addSuppression({ body: { address, reason, note } })),
    onSuccess: async (view) => {
      keep(view)
      close()
      notifications.show({ message: t('Suppressed. No more messages are sent to this address.') })
      onSuppressed?.(view)
      await invalidate()
    },
  })
  const errorAt = useFieldErrorAt(adding.error)
  const addressError = known
    ? undefined
    : addressFields.map((name) => errorAt(`/address/${name}`)).find(Boolean)
  const isShown = addressError ?? errorAt('/reason') ?? errorAt('/note')
  const submit = () => {
    const address = known ? { key: known.key, channel: known.channel } : parseAddress(typed)
    setUnclear(!address)
    if (address) adding.mutate(address)
  }
  return (
    <ModalDialog
      onClose={close}
      title={known ? t('Suppress this address') : t('Suppress an address')}
    >
      <Stack
        component="form"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Text>
          {t('No more messages are sent to it, whichever customers have it now or later.')}
        </Text>
        {!known && (
          <TextInput
            label={t('Address')}
            description={t('E-mail, phone with country code, push endpoint, or key')}
            required
            dir="auto"
            autoComplete="off"
            maxLength={400}
            value={typed}
            error={unclear ? t('Enter an address or a key.') : addressError}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        )}
        <Select
          label={t('Reason')}
          description={t(liftedByLabels[reason])}
          allowDeselect={false}
          value={reason}
          error={errorAt('/reason')}
          data={reasonsByHand.map((one) => ({ value: one, label: t(suppressionNames[one]) }))}
          onChange={(value) => setReason(reasonsByHand.find((one) => one === value) ?? 'blocked')}
        />
        <NoteField value={note} error={errorAt('/note')} onChange={setNote} />
        {adding.error && !isShown && <ProblemAlert error={adding.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Back')}
          </Button>
          <Button
            type="submit"
            loading={adding.isPending}
            disabled={!isNoteComplete(note) || (!known && typed.trim() === '')}
          >
            {t('Suppress')}
          </Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}
