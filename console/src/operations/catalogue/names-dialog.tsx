// Edits the names of a vertical or a category, one for each language.
import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useFieldMessage } from '../../api/api-messages'
import { ApiProblem, callApi } from '../../api/requests'
import { putNames } from '../../client'
import { LoadingSkeleton } from '../../components/loading'
import { ModalDialog } from '../../components/modal-dialog'
import { ProblemAlert } from '../../components/problem-alert'
import { useLocale } from '../../locales/i18n'
import { type NamedPart, readNames, useInvalidateCatalogue } from './catalogue-queries'

type NameLine = [language: string, name: string]

export function NamesDialog({
  part,
  known,
  close,
}: {
  part: NamedPart
  known?: string
  close: () => void
}) {
  const { t } = useLocale()
  const told = useQuery({
    queryKey: ['catalogue', 'names', part, known],
    enabled: known !== undefined,
    retry: false,
    gcTime: 0,
    queryFn: () => readNames(part, known ?? ''),
  })
  const isUnnamed = told.error instanceof ApiProblem && told.error.status === 404
  const title = known === undefined ? t('Add names') : t('Names of {key}', { key: known })
  return (
    <ModalDialog onClose={close} title={title} size="lg">
      {known === undefined || told.data || isUnnamed ? (
        <NamesForm
          part={part}
          known={known}
          told={told.data ? Object.entries(told.data) : []}
          close={close}
        />
      ) : told.error ? (
        <ProblemAlert error={told.error} />
      ) : (
        <LoadingSkeleton lines={3} />
      )}
    </ModalDialog>
  )
}

function NamesForm({
  part,
  known,
  told,
  close,
}: {
  part: NamedPart
  known: string | undefined
  told: NameLine[]
  close: () => void
}) {
  const { t, language } = useLocale()
  const invalidate = useInvalidateCatalogue()
  const fieldMessage = useFieldMessage()
  const [key, setKey] = useState(known ?? '')
  const [lines, setLines] = useState<NameLine[]>(told.length > 0 ? told : [[language, '']])
  const saving = useMutation({
    mutationFn: () =>
      callApi(
        putNames({
          path: { kind: part, key },
          body: { names: Object.fromEntries(lines.filter(([tag, name]) => tag || name)) },
        }),
      ),
    onSuccess: async () => {
      await invalidate()
      close()
    },
  })
  const fields = saving.error instanceof ApiProblem ? saving.error.fields : []
  const errorAt = (field: string) => {
    const found = fields.find((one) => one.field === field)
    return found && fieldMessage(found)
  }
  const change = (place: number, next: NameLine) =>
    setLines(lines.map((line, at) => (at === place ? next : line)))
  return (
    <Stack
      component="form"
      onSubmit={(event) => {
        event.preventDefault()
        saving.mutate()
      }}
    >
      {known === undefined && (
        <TextInput
          label={t('Key')}
          description={t('As your orders write it.')}
          required
          dir="auto"
          maw={320}
          value={key}
          onChange={({ currentTarget }) => setKey(currentTarget.value)}
        />
      )}
      {lines.map(([tag, name], place) => (
        <Group key={place} align="flex-end">
          <TextInput
            label={t('Language')}
            w={120}
            dir="ltr"
            value={tag}
            onChange={({ currentTarget }) => change(place, [currentTarget.value, name])}
          />
          <TextInput
            label={t('Name')}
            w={280}
            dir="auto"
            value={name}
            error={errorAt(`/names/${tag}`)}
            onChange={({ currentTarget }) => change(place, [tag, currentTarget.value])}
          />
          {lines.length > 1 && (
            <Button
              variant="default"
              aria-label={t('Remove {name}', { name: tag })}
              onClick={() => setLines(lines.filter((_, at) => at !== place))}
            >
              {t('Remove')}
            </Button>
          )}
        </Group>
      ))}
      <Group>
        <Button variant="light" size="xs" onClick={() => setLines([...lines, ['', '']])}>
          {t('Add a language')}
        </Button>
      </Group>
      {saving.error && <ProblemAlert error={saving.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t('Back')}
        </Button>
        <Button type="submit" loading={saving.isPending}>
          {t('Save')}
        </Button>
      </Group>
    </Stack>
  )
}
