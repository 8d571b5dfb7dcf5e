// Asks for a playbook's few parameters, shows what to check before a launch, and creates a draft,
// in which everything can still be changed.
import { Button, Group, List, Stack, TagsInput, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useRef, useState } from 'react'
import { ApiSentence, useFieldMessage } from '../api/api-messages'
import { ApiProblem, callApi, newIdempotencyKey } from '../api/requests'
import { textLimits } from '../api/text-limits'
import { type Playbook, startPlaybook } from '../client'
import { CountedTextInput } from '../components/counted-text'
import { ModalDialog } from '../components/modal-dialog'
import { ProblemAlert } from '../components/problem-alert'
import { TypedNumberInput } from '../components/typed-number-input'
import { currencyDigits, useLocale } from '../locales/i18n'
import { useInvalidateCampaigns } from './campaign-queries'
import {
  fromInputValue,
  type InputValue,
  parameterLabels,
  parameterShape,
  toInputValue,
} from './playbook-parameters'
import { useKnownValues } from './wizard/known-values'
import { ValueOption } from './wizard/value-fields'

/** The digits after the decimal mark of a distance, the one parameter that is no whole number. */
const DISTANCE_DIGITS = 3

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
        <CountedTextInput
          label={t('Name')}
          limit={textLimits.campaignName}
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
              {t('Check before you launch')}
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
            {t('Create draft')}
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
  }
  if (shape === 'number' || shape === 'money') {
    const { currency } = shape === 'money' ? (value as { currency: string }) : { currency: '' }
    return (
      <TypedNumberInput
        {...shared}
        digits={shape === 'money' ? currencyDigits(currency) : DISTANCE_DIGITS}
        unit={currency || undefined}
        maw={260}
        value={typeof typed === 'number' ? typed : undefined}
        onChange={(next) => change(next ?? '')}
      />
    )
  }
  if (shape === 'list')
    return <MerchantsInput {...shared} values={Array.isArray(typed) ? typed : []} change={change} />
  return (
    <CountedTextInput
      {...shared}
      value={String(typed)}
      limit={textLimits.label}
      dir="auto"
      maw={360}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  )
}

/** Picks merchants by their names; one that nobody knows yet may be typed as well. */
function MerchantsInput({
  values,
  change,
  ...shared
}: {
  label: string
  description: ReactNode
  required: boolean
  error: string | undefined
  values: string[]
  change: (next: string[]) => void
}) {
  const [typed, setTyped] = useState('')
  const known = useKnownValues('merchant', typed)
  return (
    <TagsInput
      {...shared}
      value={values}
      data={known.map((item) => item.value)}
      filter={({ options }) => options}
      renderOption={({ option }) => (
        <ValueOption
          of="merchant"
          item={known.find((item) => item.value === option.value) ?? unknownValue(option.value)}
        />
      )}
      maxDropdownHeight={320}
      searchValue={typed}
      onSearchChange={setTyped}
      splitChars={[',', '\n']}
      onChange={change}
    />
  )
}

const unknownValue = (value: string) => ({ value, names: {}, count: null })
