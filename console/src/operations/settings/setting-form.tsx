// Edits one setting: reads it with its version, lets administrators change it, and saves it with
// If-Match. Errors land on their inputs, and a change by someone else is shown.
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useBlocker } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useFieldMessage } from '../../api/api-messages'
import { ApiProblem } from '../../api/requests'
import { useSession } from '../../app/session'
import { DifferencesTable } from '../../components/differences-table'
import { LoadingSkeleton } from '../../components/loading'
import { ModalDialog } from '../../components/modal-dialog'
import { ProblemAlert } from '../../components/problem-alert'
import { QueryResult } from '../../components/query-result'
import { useLocale } from '../../locales/i18n'

export interface SettingEditor<T> {
  value: T
  set: (change: Partial<T>) => void
  errorAt: (pointer: string) => string | undefined
  readOnly: boolean
}

export function SettingForm<T extends object>({
  name,
  read,
  write,
  children,
}: {
  name: string
  read: (signal?: AbortSignal) => Promise<{ data: T; etag: string }>
  write: (value: T, etag: string) => Promise<{ data: T; etag: string }>
  children: (editing: SettingEditor<T>) => ReactNode
}) {
  const query = useQuery({
    queryKey: ['setting', name],
    queryFn: ({ signal }) => read(signal),
    staleTime: Infinity,
    gcTime: 0,
  })
  return (
    <QueryResult query={query}>
      {(first) => (
        <SettingFields first={first} read={read} write={write}>
          {children}
        </SettingFields>
      )}
    </QueryResult>
  )
}

function SettingFields<T extends object>({
  first,
  read,
  write,
  children,
}: {
  first: { data: T; etag: string }
  read: () => Promise<{ data: T; etag: string }>
  write: (value: T, etag: string) => Promise<{ data: T; etag: string }>
  children: (editing: SettingEditor<T>) => ReactNode
}) {
  const { t } = useLocale()
  const { mayAdminister } = useSession()
  const [value, setValue] = useState(first.data)
  const [base, setBase] = useState(first)
  // Inputs with a text of their own start again when the value is put back.
  const [round, setRound] = useState(0)
  const dirty = JSON.stringify(value) !== JSON.stringify(base.data)
  const saving = useMutation({
    mutationFn: (etag: string) => write(value, etag),
    onSuccess: (after) => {
      setBase(after)
      setValue(after.data)
      notifications.show({ message: t('Saved.') })
    },
  })
  const { reset } = saving
  // What was changed since the last save is judged by the next one.
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set())
  const problem = saving.error instanceof ApiProblem ? saving.error : undefined
  const open = problem?.fields.filter(({ field }) => !changed.has(field.split('/')[1] ?? ''))
  const mended = problem !== undefined && problem.fields.length > 0 && open?.length === 0
  const conflict = problem?.status === 412
  const theirs = useQuery({
    queryKey: ['setting', base.etag, 'theirs'],
    enabled: conflict,
    gcTime: 0,
    queryFn: () => read(),
  })
  const takeTheirs = () => {
    if (theirs.data) {
      setBase(theirs.data)
      setValue(theirs.data.data)
      reset()
    }
  }
  const leaving = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      dirty &&
      (current.pathname !== next.pathname ||
        JSON.stringify(current.search) !== JSON.stringify(next.search)),
    enableBeforeUnload: () => dirty,
    withResolver: true,
  })
  const fieldMessage = useFieldMessage()
  const errorAt = (pointer: string) => {
    const found = open?.find(({ field }) => field === pointer || field.startsWith(`${pointer}/`))
    return found && fieldMessage(found)
  }
  return (
    <Stack
      component="form"
      maw={760}
      onSubmit={(event) => {
        event.preventDefault()
        setChanged(new Set())
        saving.mutate(base.etag)
      }}
    >
      {!mayAdminister && <Text size="sm">{t('View only: administrators can change this.')}</Text>}
      <fieldset disabled={!mayAdminister} style={{ border: 0, padding: 0, margin: 0 }}>
        <Stack key={round}>
          {children({
            value,
            set: (change) => {
              setChanged((old) => new Set([...old, ...Object.keys(change)]))
              setValue((old) => ({ ...old, ...change }))
            },
            errorAt,
            readOnly: !mayAdminister,
          })}
        </Stack>
      </fieldset>
      {conflict ? (
        <Alert
          variant="outline"
          color="yellow"
          title={t('Someone changed this since you opened it')}
          role="alert"
        >
          {theirs.error ? (
            <ProblemAlert error={theirs.error} retry={() => void theirs.refetch()} />
          ) : !theirs.data ? (
            <LoadingSkeleton lines={2} />
          ) : (
            <Stack gap="sm">
              <DifferencesTable mine={value} theirs={theirs.data.data} names={{}} />
              <Group>
                <Button size="xs" variant="default" onClick={takeTheirs}>
                  {t('Use their version')}
                </Button>
                <Button size="xs" onClick={() => saving.mutate(theirs.data.etag)}>
                  {t('Keep my version')}
                </Button>
              </Group>
            </Stack>
          )}
        </Alert>
      ) : saving.error && !mended ? (
        <ProblemAlert error={saving.error} title={t('Couldn’t save')} />
      ) : null}
      {mayAdminister && (
        <Group>
          <Button type="submit" loading={saving.isPending} disabled={!dirty}>
            {t('Save')}
          </Button>
          {dirty && (
            <Button
              variant="default"
              onClick={() => {
                setValue(base.data)
                setRound(round + 1)
                reset()
              }}
            >
              {t('Discard changes')}
            </Button>
          )}
        </Group>
      )}
      {leaving.status === 'blocked' && (
        <ModalDialog onClose={leaving.reset} title={t('Leave without saving?')}>
          <Stack>
            <Text>{t('Your changes are not saved.')}</Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={leaving.proceed}>
                {t('Leave')}
              </Button>
              <Button onClick={leaving.reset}>{t('Stay')}</Button>
            </Group>
          </Stack>
        </ModalDialog>
      )}
    </Stack>
  )
}
