// Asks an administrator to lift what is in force for an address, and says what stays as it is.
import { Button, Group, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useFieldErrorAt } from '../../api/api-messages'
import { callApi } from '../../api/requests'
import { type AddressView, liftSuppression } from '../../client'
import { ModalDialog } from '../../components/modal-dialog'
import { ProblemAlert } from '../../components/problem-alert'
import { useLocale } from '../../locales/i18n'
import { useInvalidateSuppressions, useKeepAddress } from './address-queries'
import { suppressionNames } from './labels'
import { isNoteComplete, NoteField } from './note-field'

export function LiftButton({ address }: { address: AddressView }) {
  const { t } = useLocale()
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {t('Lift suppressions')}
      </Button>
      {open && <LiftDialog address={address} close={() => setOpen(false)} />}
    </>
  )
}

function LiftDialog({ address, close }: { address: AddressView; close: () => void }) {
  const { t } = useLocale()
  const keep = useKeepAddress()
  const invalidate = useInvalidateSuppressions()
  const [note, setNote] = useState('')
  const lifting = useMutation({
    mutationFn: () =>
      callApi(
        liftSuppression({
          body: { address: { key: address.key, channel: address.channel }, note },
        }),
      ),
    onSuccess: async (view) => {
      keep(view)
      close()
      notifications.show({ message: t('Lifted. Consents stay as they are.') })
      await invalidate()
    },
  })
  const noteError = useFieldErrorAt(lifting.error)('/note')
  const inForce = address.suppressions.filter((one) => one.in_force).toReversed()
  return (
    <ModalDialog onClose={close} title={t('Lift suppressions')}>
      <Stack
        component="form"
        onSubmit={(event) => {
          event.preventDefault()
          lifting.mutate()
        }}
      >
        <Text>
          {t('Everything in force is lifted, for every customer who has the address: {list}.', {
            list: inForce.map(({ reason }) => t(suppressionNames[reason])).join(', '),
          })}
        </Text>
        <Text>
          {t(
            'Consents stay as they are: a customer who has denied one for this channel still gets nothing. The provider’s own list may still hold the address back.',
          )}
        </Text>
        <NoteField value={note} error={noteError} onChange={setNote} />
        {lifting.error && !noteError && <ProblemAlert error={lifting.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Back')}
          </Button>
          <Button type="submit" loading={lifting.isPending} disabled={!isNoteComplete(note)}>
            {t('Lift suppressions')}
          </Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}
