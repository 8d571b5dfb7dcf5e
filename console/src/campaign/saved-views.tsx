// Offers the saved views of a list, saves the present filters as one, and deletes the one in force. Views
// are kept in this browser; the address of a view can be shared.
import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useFilters } from '../app/search-params'
import type { CampaignKind } from '../client'
import { ModalDialog } from '../components/modal-dialog'
import { useLocale } from '../locales/i18n'
import {
  changeTo,
  type ListView,
  MAX_VIEW_NAME,
  MAX_VIEWS,
  pickFilters,
  readViews,
  saveViews,
  viewInForce,
  withView,
} from './list-views'

export default function SavedViews({ kind }: { kind: CampaignKind }) {
  const { t } = useLocale()
  const filters = useFilters()
  const [views, setViews] = useState(() => readViews(kind, localStorage))
  const [naming, setNaming] = useState(false)
  const present = pickFilters(filters.text)
  const inForce = viewInForce(views, present)
  const keep = (next: ListView[]) => {
    saveViews(kind, next, localStorage)
    setViews(next)
  }
  return (
    <>
      {views.length > 0 && (
        <NativeSelect
          label={t('Saved views')}
          w={170}
          value={inForce?.name ?? ''}
          onChange={({ currentTarget: { value } }) =>
            filters.set(changeTo(views.find(({ name }) => name === value)))
          }
          data={[
            { value: '', label: t('No view') },
            ...views.map(({ name }) => ({ value: name, label: name })),
          ]}
        />
      )}
      {inForce ? (
        <Button
          variant="default"
          onClick={() => keep(views.filter(({ name }) => name !== inForce.name))}
        >
          {t('Delete view')}
        </Button>
      ) : (
        Object.keys(present).length > 0 &&
        views.length < MAX_VIEWS && (
          <Button variant="default" onClick={() => setNaming(true)}>
            {t('Save view')}
          </Button>
        )
      )}
      {naming && (
        <NameDialog
          onClose={() => setNaming(false)}
          onName={(name) => {
            keep(withView(views, { name, filters: present }))
            setNaming(false)
          }}
        />
      )}
    </>
  )
}

function NameDialog({ onName, onClose }: { onName: (name: string) => void; onClose: () => void }) {
  const { t } = useLocale()
  const [name, setName] = useState('')
  const save = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim()) onName(name.trim())
  }
  return (
    <ModalDialog title={t('Save view')} onClose={onClose}>
      <form onSubmit={save}>
        <Stack>
          <TextInput
            label={t('Name')}
            description={t('Saved in this browser. To share a view, copy its address.')}
            value={name}
            maxLength={MAX_VIEW_NAME}
            required
            data-autofocus
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('Back')}
            </Button>
            <Button type="submit" disabled={!name.trim()}>
              {t('Save view')}
            </Button>
          </Group>
        </Stack>
      </form>
    </ModalDialog>
  )
}
