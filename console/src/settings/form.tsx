// One setting: read with its version, changed by administrators, saved with If-Match; what is wrong lands on its input, and a change by someone else is told.
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import { ApiProblem } from '../app/api'
import { useWords } from '../app/i18n'
import { Answer, ProblemNote } from '../app/parts'
import { useSession } from '../app/session'

export interface Editing<T> { value: T; set: (change: Partial<T>) => void; wrong: (pointer: string) => string | undefined; locked: boolean }

export function SettingForm<T extends object>({ name, read, write, children }: {
  name: string
  read: (signal?: AbortSignal) => Promise<{ data: T; etag: string }>
  write: (value: T, etag: string) => Promise<{ data: T; etag: string }>
  children: (editing: Editing<T>) => ReactNode
}) {
  const query = useQuery({ queryKey: ['setting', name], queryFn: ({ signal }) => read(signal), staleTime: Infinity, gcTime: 0 })
  return <Answer query={query}>{(first) => <Fields first={first} read={read} write={write}>{children}</Fields>}</Answer>
}

function Fields<T extends object>({ first, read, write, children }: {
  first: { data: T; etag: string }; read: () => Promise<{ data: T; etag: string }>; write: (value: T, etag: string) => Promise<{ data: T; etag: string }>; children: (editing: Editing<T>) => ReactNode
}) {
  const { t } = useWords()
  const { mayAdminister } = useSession()
  const [value, setValue] = useState(first.data)
  const [base, setBase] = useState(first)
  const dirty = JSON.stringify(value) !== JSON.stringify(base.data)
  const saving = useMutation({
    mutationFn: (etag: string) => write(value, etag),
    onSuccess: (after) => { setBase(after); setValue(after.data); notifications.show({ message: t('Saved.') }) },
  })
  const { reset } = saving
  const loading = useMutation({ mutationFn: () => read(), onSuccess: (after) => { setBase(after); setValue(after.data); reset() } })
  const overwriting = useMutation({ mutationFn: async () => { const now = await read(); return saving.mutateAsync(now.etag) } })
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    if (dirty) window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [dirty])
  const problem = saving.error instanceof ApiProblem ? saving.error : undefined
  const wrong = (pointer: string) => problem?.fields.find(({ field }) => field === pointer || field.startsWith(`${pointer}/`))?.detail
  return (
    <Stack component="form" maw={760} onSubmit={(event) => { event.preventDefault(); saving.mutate(base.etag) }}>
      {!mayAdminister && <Text size="sm">{t('You can look at this; administrators change it.')}</Text>}
      <fieldset disabled={!mayAdminister} style={{ border: 0, padding: 0, margin: 0 }}>
        <Stack>{children({ value, set: (change) => setValue((old) => ({ ...old, ...change })), wrong, locked: !mayAdminister })}</Stack>
      </fieldset>
      {problem?.status === 412 ? (
        <Alert variant="outline" color="yellow" title={t('Someone changed this since you opened it')} role="alert">
          <Group><Button size="xs" variant="default" onClick={() => loading.mutate()}>{t('Take theirs')}</Button><Button size="xs" onClick={() => overwriting.mutate()}>{t('Keep mine')}</Button></Group>
        </Alert>
      ) : saving.error ? <ProblemNote error={saving.error} /> : null}
      {mayAdminister && <Group><Button type="submit" loading={saving.isPending} disabled={!dirty}>{t('Save')}</Button>{dirty && <Button variant="default" onClick={() => { setValue(base.data); reset() }}>{t('Undo')}</Button>}</Group>}
    </Stack>
  )
}
