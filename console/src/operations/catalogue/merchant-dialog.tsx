// Edits one merchant of the catalogue with its places. A viewer sees the same and changes nothing.
import { Button, Group, Paper, Stack, TagsInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useFieldMessage } from '../../api/api-messages'
import { ApiProblem, callApi } from '../../api/requests'
import { useSession } from '../../app/session'
import { deleteMerchant, type ListedMerchant, type Merchant, putMerchant } from '../../client'
import { ModalDialog } from '../../components/modal-dialog'
import { ProblemAlert } from '../../components/problem-alert'
import { useLocale } from '../../locales/i18n'
import { useInvalidateCatalogue } from './catalogue-queries'
import { emptyPlace, readPlaces, type TypedPlace, typePlace } from './typed-places'

export function MerchantDialog({ one, close }: { one?: ListedMerchant; close: () => void }) {
  const { t } = useLocale()
  const { mayChange } = useSession()
  const invalidate = useInvalidateCatalogue()
  const fieldMessage = useFieldMessage()
  const [id, setId] = useState(one?.id ?? '')
  const [merchant, setMerchant] = useState<Merchant>(one?.merchant ?? { name: '' })
  const [places, setPlaces] = useState<TypedPlace[]>((merchant.places ?? []).map(typePlace))
  const [asksToDelete, setAsksToDelete] = useState(false)
  const after = async () => {
    await invalidate()
    close()
  }
  const saving = useMutation({
    mutationFn: () =>
      callApi(
        putMerchant({
          path: { merchant: id },
          body: { ...merchant, places: readPlaces(places) },
        }),
      ),
    onSuccess: after,
  })
  const deleting = useMutation({
    mutationFn: () => callApi(deleteMerchant({ path: { merchant: id } })),
    onSuccess: after,
  })
  const error = saving.error ?? deleting.error
  const errorAt = (field: string) => {
    const fields = saving.error instanceof ApiProblem ? saving.error.fields : []
    const found = fields.find((it) => it.field === field || it.field.startsWith(`${field}/`))
    return found && fieldMessage(found)
  }
  const change = (next: Partial<Merchant>) => setMerchant({ ...merchant, ...next })
  const labels = (field: 'verticals' | 'categories' | 'tags', label: string) => (
    <TagsInput
      label={label}
      disabled={!mayChange}
      error={errorAt(`/${field}`)}
      value={merchant[field] ?? []}
      splitChars={[',', '\n']}
      onChange={(next) => change({ [field]: next })}
    />
  )
  return (
    <ModalDialog
      onClose={close}
      title={one ? merchant.name || one.id : t('Add a merchant')}
      size="lg"
    >
      <Stack
        component="form"
        onSubmit={(event) => {
          event.preventDefault()
          saving.mutate()
        }}
      >
        <Group align="flex-start">
          <TextInput
            label={t('Id')}
            description={t('As your orders write it.')}
            required
            disabled={!!one || !mayChange}
            dir="auto"
            value={id}
            onChange={({ currentTarget }) => setId(currentTarget.value)}
          />
          <TextInput
            label={t('Name')}
            description={t('As people know it.')}
            required
            disabled={!mayChange}
            dir="auto"
            value={merchant.name}
            error={errorAt('/name')}
            onChange={({ currentTarget }) => change({ name: currentTarget.value })}
          />
        </Group>
        <Group align="flex-start">
          <TextInput
            label={t('Brand')}
            disabled={!mayChange}
            dir="auto"
            value={merchant.brand ?? ''}
            error={errorAt('/brand')}
            onChange={({ currentTarget }) => change({ brand: currentTarget.value || undefined })}
          />
          <TextInput
            type="date"
            label={t('Opened on')}
            disabled={!mayChange}
            value={merchant.opened_on ?? ''}
            error={errorAt('/opened_on')}
            onChange={({ currentTarget }) =>
              change({ opened_on: currentTarget.value || undefined })
            }
          />
        </Group>
        {labels('verticals', t('Verticals'))}
        {labels('categories', t('Categories'))}
        {labels('tags', t('Tags'))}
        {places.map((place, at) => (
          <PlaceFields
            key={at}
            place={place}
            error={errorAt(`/places/${at}`)}
            set={(next) => setPlaces(places.map((it, other) => (other === at ? next : it)))}
            remove={() => setPlaces(places.filter((_, other) => other !== at))}
          />
        ))}
        {mayChange && (
          <Group>
            <Button variant="light" size="xs" onClick={() => setPlaces([...places, emptyPlace])}>
              {t('Add a place')}
            </Button>
          </Group>
        )}
        {error && <ProblemAlert error={error} />}
        <Group justify="flex-end">
          {one?.merchant && mayChange && (
            <Button
              variant="subtle"
              color="red"
              me="auto"
              loading={deleting.isPending}
              onClick={() => (asksToDelete ? deleting.mutate() : setAsksToDelete(true))}
            >
              {asksToDelete ? t('Delete it now') : t('Delete')}
            </Button>
          )}
          <Button variant="default" onClick={close}>
            {t('Back')}
          </Button>
          {mayChange && (
            <Button type="submit" loading={saving.isPending}>
              {t('Save')}
            </Button>
          )}
        </Group>
      </Stack>
    </ModalDialog>
  )
}

function PlaceFields({
  place,
  error,
  set,
  remove,
}: {
  place: TypedPlace
  error: string | undefined
  set: (next: TypedPlace) => void
  remove: () => void
}) {
  const { t } = useLocale()
  const { mayChange } = useSession()
  const input = (field: keyof TypedPlace, label: string, width: number, dir: 'ltr' | 'auto') => (
    <TextInput
      label={label}
      w={width}
      dir={dir}
      disabled={!mayChange}
      required={field === 'point'}
      error={field === 'point' ? error : undefined}
      value={place[field]}
      onChange={({ currentTarget }) => set({ ...place, [field]: currentTarget.value })}
    />
  )
  return (
    <Paper withBorder p="sm">
      <Group align="flex-end">
        {input('point', t('Latitude, longitude'), 190, 'ltr')}
        {input('city', t('City'), 150, 'auto')}
        {input('zone', t('Time zone'), 170, 'ltr')}
        {input('name', t('Name'), 150, 'auto')}
        {mayChange && (
          <Button variant="default" onClick={remove}>
            {t('Remove')}
          </Button>
        )}
      </Group>
    </Paper>
  )
}
