// Takes a text of limited length: says how much of the limit is used, and how much is too many. It
// never cuts what was typed or pasted.
import { Textarea, type TextareaProps, TextInput, type TextInputProps } from '@mantine/core'
import type { ReactNode } from 'react'
import { countText, type TextLimit } from '../api/text-limits'
import { useLocale } from '../locales/i18n'

/** Returns what stands beside a text of limited length: its counter, and what is too long. */
export function useTextCounter(text: string, limit: TextLimit | undefined) {
  const { t, number } = useLocale()
  if (!limit || text === '') return {}
  const { used, most, over, weighted } = countText(text, limit)
  const counter = (
    <span data-counter>
      {t('{used} of {most} characters', { used: number(used), most: number(most) })}
      {limit.unit === 'bytes' && weighted && ` · ${t('accented and non-Latin letters count more')}`}
    </span>
  )
  return {
    counter,
    error: over ? t('Shorten this by {n}.', { n: number(used - most) }) : undefined,
  }
}

const withCounter = (description: ReactNode, counter: ReactNode) =>
  description && counter ? (
    <>
      {description} {counter}
    </>
  ) : (
    (description ?? counter)
  )

export function CountedTextInput({
  limit,
  ...input
}: TextInputProps & { limit: TextLimit | undefined; value: string }) {
  const { counter, error } = useTextCounter(input.value, limit)
  return (
    <TextInput
      {...input}
      description={withCounter(input.description, counter)}
      error={error ?? input.error}
    />
  )
}

export function CountedTextarea({
  limit,
  ...input
}: TextareaProps & { limit: TextLimit | undefined; value: string }) {
  const { counter, error } = useTextCounter(input.value, limit)
  return (
    <Textarea
      {...input}
      description={withCounter(input.description, counter)}
      error={error ?? input.error}
    />
  )
}
