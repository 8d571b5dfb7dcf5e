// Starting from a playbook: its few parameters, and what to look at before a launch. Answers a draft, in which everything can be changed.
import { Button, Group, List, NumberInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { startPlaybook, type Playbook } from '../client'
import { ApiProblem, call, idempotencyKey } from '../app/api'
import { Dialog } from '../app/dialog'
import { digits, useWords } from '../app/i18n'
import { ProblemNote } from '../app/parts'
import { FromApi, useFieldText } from '../app/said'
import { useForget } from '../campaigns/queries'
import { fromTyped, parameterWords, shapeOf, toTyped, type Typed } from './parameters'

export function Start({ playbook, title, purpose, close }: { playbook: Playbook; title: string; purpose: string; close: () => void }) {
  const { t } = useWords()
  const navigate = useNavigate()
  const forget = useForget()
  const say = useFieldText()
  const sent = useRef({ text: '', key: idempotencyKey() })
  const [name, setName] = useState('')
  const [values, setValues] = useState<Record<string, Typed>>(() => Object.fromEntries(playbook.parameters.map(({ name: one, value }) => [one, toTyped(value)])))
  const starting = useMutation({
    mutationFn: () => {
      const parameters = Object.fromEntries(playbook.parameters.map(({ name: one, value }) => [one, fromTyped(values[one] ?? '', value)]))
      const body = { parameters, ...(name ? { changes: { name } } : {}) }
      // a repeat makes nothing twice; other values are another draft
      const text = JSON.stringify(body)
      if (sent.current.text && sent.current.text !== text) sent.current.key = idempotencyKey()
      sent.current.text = text
      return call(startPlaybook({ path: { name: playbook.name }, headers: { 'Idempotency-Key': sent.current.key }, body }))
    },
    onSuccess: async (made) => {
      await forget()
      await navigate({ to: `/marketing/${made.kind}/$id/edit`, params: { id: made.id } })
    },
  })
  const wrong = (field: string) => {
    const found = starting.error instanceof ApiProblem ? starting.error.fields.find((one) => one.field === field || one.field.startsWith(`${field}/`)) : undefined
    return found && say(found)
  }
  return (
    <Dialog onClose={close} title={title} size="lg">
      <Stack component="form" onSubmit={(event) => { event.preventDefault(); starting.mutate() }}>
        <Text>{purpose}</Text>
        <TextInput label={t('Name')} value={name} placeholder={playbook.definition.name} error={wrong('/changes/name')} onChange={({ currentTarget }) => setName(currentTarget.value)} />
        {playbook.parameters.map((one) => <ParameterInput key={one.name} one={one} typed={values[one.name] ?? ''} error={wrong(`/parameters/${one.name}`)} change={(next) => setValues({ ...values, [one.name]: next })} />)}
        {playbook.adjust.length > 0 && <div><Text fw={600} size="sm">{t('Look at this before you launch')}</Text><List size="sm">{playbook.adjust.map(({ field, advice }) => <List.Item key={field}><FromApi>{advice}</FromApi></List.Item>)}</List></div>}
        {starting.error && <ProblemNote error={starting.error} />}
        <Group justify="flex-end"><Button variant="default" onClick={close}>{t('Back')}</Button><Button type="submit" loading={starting.isPending}>{t('Make the draft')}</Button></Group>
      </Stack>
    </Dialog>
  )
}

function ParameterInput({ one: { name, meaning, required, value }, typed, error, change }: { one: Playbook['parameters'][number]; typed: Typed; error: string | undefined; change: (next: Typed) => void }) {
  const { t } = useWords()
  const shape = shapeOf(value)
  const shared = { label: parameterWords[name] ? t(parameterWords[name]!) : name.replaceAll('_', ' '), description: <FromApi>{meaning}</FromApi>, required, error, value: typed }
  if (shape === 'number') return <NumberInput {...shared} hideControls maw={260} onChange={change} />
  if (shape === 'money') {
    const { currency } = value as { currency: string }
    return <NumberInput {...shared} hideControls min={0} decimalScale={digits(currency)} maw={260} rightSection={<span style={{ fontSize: 12 }}>{currency}</span>} rightSectionWidth={48} onChange={change} />
  }
  if (shape === 'point') return <TextInput {...shared} description={t('Where it starts: latitude, longitude')} dir="ltr" maw={360} onChange={({ currentTarget }) => change(currentTarget.value)} />
  return <TextInput {...shared} dir="auto" maw={360} onChange={({ currentTarget }) => change(currentTarget.value)} />
}
