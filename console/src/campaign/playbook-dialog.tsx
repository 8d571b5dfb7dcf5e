// Asks for a playbook's few parameters, shows what to check before a launch, and creates a draft,
// in which everything can still be changed.
import { Button, Group, List, NumberInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { ApiSentence, useFieldMessage } from '../api/api-messages'
import { ApiProblem, callApi, newIdempotencyKey } from '../api/requests'
import { type Playbook, startPlaybook } from '../client'
import { ModalDialog } from '../components/modal-dialog'
import { ProblemAlert } from '../components/problem-alert'
import { currencyDigits, useLocale } from '../locales/i18n'
import { useInvalidateCampaigns } from './campaign-queries'
import {
  fromInputValue,
  type InputValue,
  parameterLabels,
  parameterShape,
  toInputValue,
} from './playbook-parameters'

export function PlaybookDialog({
  playbook,
  title,
  purpose,
  close,
}: {
  playbook: Playbook
  title: string
  purpose: string
  close: () => void
}) {
  const { t } = useLocale()
  const navigate = useNavigate()
  const invalidateCampaigns = useInvalidateCampaigns()
  const fieldMessage = useFieldMessage()
  const lastRequest = useRef({ text: '', key: newIdempotencyKey() })
  const [name, setName] = useState('')
  const [values, setValues] = useState<Record<string, InputValue>>(() =>
    Object.fromEntries(
      playbook.parameters.map(({ name: one, value }) => [one, toInputValue(value)]),
    ),
  )
  const starting = useMutation({
    mutationFn: () => {
      const parameters = Object.fromEntries(
        playbook.parameters.map(({ name: one, value }) => [
          one,
          fromInputValue(values[one] ?? '', value),
        ]),
      )
      const body = { parameters, ...(name ? { changes: { name } } : {}) }
      // A repeat creates nothing twice; other values are another draft and need another key.
      const text = JSON.stringify(body)
      if (lastRequest.current.text && lastRequest.current.text !== text)
        lastRequest.current.key = newIdempotencyKey()
      lastRequest.current.text = text
      return callApi(
        startPlaybook({
          path: { name: playbook.name },
          headers: { 'Idempotency-Key': lastRequest.current.key },
          body,
        }),
      )
    },
    onSuccess: async (made) => {
      await invalidateCampaigns()
      await navigate({ to: `/marketing/${made.kind}/$id/edit`, params: { id: made.id } })
    },
  })
  const errorAt = (field: string) => {
    const found =
      starting.error instanceof ApiProblem
        ? starting.error.fields.find(
            (one) => one.field === field || one.field.startsWith(`${field}/`),
          )
        : undefined
    return found && fieldMessage(found)
  }
  return (
    <ModalDialog onClose={close} title={title} size="lg">
      <Stack
        component="form"
        onSubmit={(event) => {
          event.preventDefault()
          starting.mutate()
        }}
      >
        <Text>{purpose}</Text>
        <TextInput
          label={t('Name')}
          value={name}
          placeholder={playbook.definition.name}
          error={errorAt('/changes/name')}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        {playbook.parameters.map((one) => (
          <ParameterInput
            key={one.name}
            one={one}
            typed={values[one.name] ?? ''}
            error={errorAt(`/parameters/${one.name}`)}
            change={(next) => setValues({ ...values, [one.name]: next })}
          />
        ))}
        {playbook.adjust.length > 0 && (
          <div>
            <Text fw={600} size="sm">
              {t('Look at this before you launch')}
            </Text>
            <List size="sm">
              {playbook.adjust.map(({ field, advice }) => (
                <List.Item key={field}>
                  <ApiSentence>{advice}</ApiSentence>
                </List.Item>
              ))}
            </List>
          </div>
        )}
        {starting.error && <ProblemAlert error={starting.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('Back')}
          </Button>
          <Button type="submit" loading={starting.isPending}>
            {t('Make the draft')}
          </Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}

function ParameterInput({
  one: { name, meaning, required, value },
  typed,
  error,
  change,
}: {
  one: Playbook['parameters'][number]
  typed: InputValue
  error: string | undefined
  change: (next: InputValue) => void
}) {
  const { t } = useLocale()
  const shape = parameterShape(value)
  const shared = {
    label: parameterLabels[name] ? t(parameterLabels[name]!) : name.replaceAll('_', ' '),
    description: <ApiSentence>{meaning}</ApiSentence>,
    required,
    error,
    value: typed,
  }
  if (shape === 'number')
    return <NumberInput {...shared} hideControls maw={260} onChange={change} />
  if (shape === 'money') {
    const { currency } = value as { currency: string }
    return (
      <NumberInput
        {...shared}
        hideControls
        min={0}
        decimalScale={currencyDigits(currency)}
        maw={260}
        rightSection={<span style={{ fontSize: 12 }}>{currency}</span>}
        rightSectionWidth={48}
        onChange={change}
      />
    )
  }
  if (shape === 'point')
    return (
      <TextInput
        {...shared}
        description={t('Where it starts: latitude, longitude')}
        dir="ltr"
        maw={360}
        onChange={({ currentTarget }) => change(currentTarget.value)}
      />
    )
  return (
    <TextInput
      {...shared}
      dir="auto"
      maw={360}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  )
}
