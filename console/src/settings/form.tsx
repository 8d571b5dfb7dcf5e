// One setting: read with its version, changed by administrators, saved with If-Match; what is wrong lands on its input, and a change by someone else is told.
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useBlocker } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { ApiProblem } from '../app/api'
import { Differences } from '../app/differences'
import { Dialog } from '../app/dialog'
import { useWords } from '../app/i18n'
import { Answer, Bones, ProblemNote } from '../app/parts'
import { useFieldText } from '../app/said'
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
  const problem = saving.error instanceof ApiProblem ? saving.error : undefined
  const conflict = problem?.status === 412
  const theirs = useQuery({ queryKey: ['setting', base.etag, 'theirs'], enabled: conflict, gcTime: 0, queryFn: () => read() })
  const take = () => { if (theirs.data) { setBase(theirs.data); setValue(theirs.data.data); reset() } }
  const leaving = useBlocker({ shouldBlockFn: ({ current, next }) => dirty && (current.pathname !== next.pathname || JSON.stringify(current.search) !== JSON.stringify(next.search)), enableBeforeUnload: () => dirty, withResolver: true })
  const say = useFieldText()
  const wrong = (pointer: string) => {
    const found = problem?.fields.find(({ field }) => field === pointer || field.startsWith(`${pointer}/`))
    return found && say(found)
  }
  return (
    <Stack component="form" maw={760} onSubmit={(event) => { event.preventDefault(); saving.mutate(base.etag) }}>
      {!mayAdminister && <Text size="sm">{t('You can look at this; administrators change it.')}</Text>}
      <fieldset disabled={!mayAdminister} style={{ border: 0, padding: 0, margin: 0 }}>
        <Stack>{children({ value, set: (change) => setValue((old) => ({ ...old, ...change })), wrong, locked: !mayAdminister })}</Stack>
      </fieldset>
      {conflict ? (
        <Alert variant="outline" color="yellow" title={t('Someone changed this since you opened it')} role="alert">
          {theirs.error ? <ProblemNote error={theirs.error} retry={() => void theirs.refetch()} /> : !theirs.data ? <Bones lines={2} /> : (
            <Stack gap="sm"><Differences mine={value} theirs={theirs.data.data} names={{}} />
              <Group><Button size="xs" variant="default" onClick={take}>{t('Take theirs')}</Button><Button size="xs" onClick={() => saving.mutate(theirs.data.etag)}>{t('Keep mine')}</Button></Group></Stack>
          )}
        </Alert>
      ) : saving.error ? <ProblemNote error={saving.error} /> : null}
      {mayAdminister && <Group><Button type="submit" loading={saving.isPending} disabled={!dirty}>{t('Save')}</Button>{dirty && <Button variant="default" onClick={() => { setValue(base.data); reset() }}>{t('Undo')}</Button>}</Group>}
      {leaving.status === 'blocked' && (
        <Dialog onClose={leaving.reset} title={t('Leave without saving?')}>
          <Stack><Text>{t('What you changed here is not saved.')}</Text>
            <Group justify="flex-end"><Button variant="default" onClick={leaving.proceed}>{t('Leave')}</Button><Button onClick={leaving.reset}>{t('Stay')}</Button></Group></Stack>
        </Dialog>
      )}
    </Stack>
  )
}
