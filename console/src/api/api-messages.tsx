// Puts the API's complaints about a field and its warnings into the operator's language, by their
// stable codes. In English the API's own sentence is shown.
import { Text } from '@mantine/core'
import { useCallback } from 'react'
import type { FieldProblem } from '../client'
import { msg, useLocale } from '../locales/i18n'
import { apiSentences, sentenceKey } from './api-sentences'
import { ApiProblem } from './requests'

/** Messages by the `code` of a field problem. An unknown code is shown in the API's words. */
export const fieldMessages: Record<string, string> = {
  required: msg('This is needed.'),
  out_of_range: msg('This is outside of what is possible.'),
  invalid: msg('This is not understood.'),
  too_many: msg('There are too many.'),
  duplicate: msg('This is here already.'),
  in_the_past: msg('This is in the past.'),
  in_the_future: msg('This is in the future.'),
  too_large: msg('This is too large.'),
  too_long: msg('This is too long.'),
  end_before_start: msg('The end is before the start.'),
  empty: msg('There is nothing in it.'),
  unknown_value: msg('This value does not exist.'),
  unknown_field: msg('This field does not exist.'),
  mixed_currency: msg('All amounts of a campaign have one currency.'),
  wrong_currency: msg('This currency does not fit.'),
  wrong_type: msg('This is of another kind than what is needed.'),
  too_many_conditions: msg('There are too many conditions.'),
  too_deep: msg('The groups are nested too deep.'),
  not_for_this_trigger: msg('This does not go with this moment.'),
  not_for_an_autopilot: msg('This is not for an autopilot.'),
  frozen_at_launch: msg('This is fixed since the launch: clone the campaign to change it.'),
  conflict: msg('These two do not go together.'),
  exactly_one: msg('One of them is needed, and only one.'),
  not_allowed: msg('This is not possible here.'),
  unfilled_variable: msg('A variable in it may have no value: give it a default.'),
  unknown_variable: msg('There is no such variable.'),
}
/** Matches bounds as the API writes them: `1 to 100 ...`. */
const BOUNDS_PATTERN = /(\d[\d,]*) to (\d[\d,]*)/

export function useFieldMessage() {
  const { t, language, number } = useLocale()
  return useCallback(
    ({ code, detail }: Pick<FieldProblem, 'code' | 'detail'>) => {
      const known = fieldMessages[code]
      if (language === 'en' || !known) return detail
      const [, low, high] = BOUNDS_PATTERN.exec(detail) ?? []
      const plain = (text: string) => number(Number(text.replaceAll(',', '')))
      return low && high
        ? `${t(known)} ${t('{low} to {high}', { low: plain(low), high: plain(high) })}`
        : t(known)
    },
    [t, language, number],
  )
}

/** Returns a function that finds what the API complains of at a pointer, by the error of a request. */
export function useFieldErrorAt(error: unknown) {
  const fieldMessage = useFieldMessage()
  return (pointer: string) => {
    const fields = error instanceof ApiProblem ? error.fields : []
    const found = fields.find(({ field }) => field === pointer)
    return found && fieldMessage(found)
  }
}

/** Messages by the code of a warning about a campaign or a message. */
export const warningMessages: Record<string, string> = {
  event_never_told: msg('No event of this name was ever told: until one is, it fires for nobody.'),
  message_missing: msg('There is no message for this channel in the language for everyone else.'),
  locale_missing: msg('Nothing is written in this language.'),
  made_up: msg('The draft is not complete yet: a part of what is shown is made up.'),
  offer_in_english: msg(
    'There are no words for an offer in this language: it is named in English.',
  ),
  accept_by_missing: msg(
    'It names the last day to redeem, and the offer has to be accepted before: use accept_by.',
  ),
  not_gsm7: msg('A letter in it makes each SMS shorter: 70 characters and not 160.'),
  several_segments: msg('More than one SMS is billed for each customer.'),
  worst_case: msg('With long names or amounts it takes more SMS than shown.'),
  clipped: msg('It is so large that common mail programs cut it off.'),
  no_postal_address: msg(
    'Its footer has no postal address, which several countries ask for: set it in the brand.',
  ),
}

/** Shows a warning in the operator's language, and in the API's words the part it is about. */
export function WarningMessage({ code, detail }: { code: string; detail: string }) {
  const { t, language } = useLocale()
  const known = warningMessages[code]
  if (language === 'en' || !known) return <bdi lang="en">{detail}</bdi>
  return (
    <>
      {t(known)}
      {/`/.test(detail) && (
        <Text size="xs" c="dimmed" lang="en">
          <bdi>{detail}</bdi>
        </Text>
      )}
    </>
  )
}

/**
 * Shows a sentence of the API in the operator's language if it has a translation, else as it is and
 * marked as English.
 */
export function ApiSentence({ children }: { children: string }) {
  const { t, language } = useLocale()
  return language !== 'en' && apiSentences.has(sentenceKey(children)) ? (
    <>{t(sentenceKey(children))}</>
  ) : (
    <bdi lang="en">{children}</bdi>
  )
}
