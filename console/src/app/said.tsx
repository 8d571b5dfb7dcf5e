// What the API says is wrong with a field, in the operator's language: its own sentence in English, else the meaning of its stable code.
import { Text } from '@mantine/core'
import { useCallback } from 'react'
import type { FieldProblem } from '../client'
import { apiSentences, asKey } from './api-sentences'
import { msg, useWords } from './i18n'

/** By `code` of a field's problem; a code that is not here is said in the API's words. */
export const fieldWords: Record<string, string> = {
  required: msg('This is needed.'), out_of_range: msg('This is outside of what is possible.'), invalid: msg('This is not understood.'), too_many: msg('There are too many.'),
  duplicate: msg('This is here already.'), in_the_past: msg('This is in the past.'), in_the_future: msg('This is in the future.'), too_large: msg('This is too large.'), too_long: msg('This is too long.'),
  end_before_start: msg('The end is before the start.'), empty: msg('There is nothing in it.'), unknown_value: msg('This value does not exist.'), unknown_field: msg('This field does not exist.'),
  mixed_currency: msg('All amounts of a campaign have one currency.'), wrong_currency: msg('This currency does not fit.'), wrong_type: msg('This is of another kind than what is needed.'),
  too_many_conditions: msg('There are too many conditions.'), too_deep: msg('The groups are nested too deep.'), not_for_this_trigger: msg('This does not go with this moment.'),
  not_for_an_autopilot: msg('This is not for an autopilot.'), frozen_at_launch: msg('This is fixed since the launch: clone the campaign to change it.'), conflict: msg('These two do not go together.'),
}
/** `1 to 100 ...`, as the API says bounds. */
const BOUNDS = /(\d[\d,]*) to (\d[\d,]*)/

export function useFieldText() {
  const { t, language, number } = useWords()
  return useCallback(({ code, detail }: Pick<FieldProblem, 'code' | 'detail'>) => {
    const known = fieldWords[code]
    if (language === 'en' || !known) return detail
    const [, low, high] = BOUNDS.exec(detail) ?? []
    const plain = (text: string) => number(Number(text.replaceAll(',', '')))
    return low && high ? `${t(known)} ${t('{low} to {high}', { low: plain(low), high: plain(high) })}` : t(known)
  }, [t, language, number])
}

/** What a campaign or a message is warned of, by its code. */
export const warningWords: Record<string, string> = {
  event_never_told: msg('No event of this name was ever told: until one is, it fires for nobody.'), message_missing: msg('There is no message for this channel in the language for everyone else.'),
  locale_missing: msg('Nothing is written in this language.'), made_up: msg('The draft is not complete yet: a part of what is shown is made up.'), not_gsm7: msg('A letter in it makes each SMS shorter: 70 characters and not 160.'),
  several_segments: msg('More than one SMS is billed for each customer.'), worst_case: msg('With long names or amounts it takes more SMS than shown.'), clipped: msg('It is so large that common mail programs cut it off.'),
  no_postal_address: msg('Its footer has no postal address, which several countries ask for: set it in the brand.'),
}

/** The warning in the operator's language, and in the API's words what it is about. */
export function WarningText({ code, detail }: { code: string; detail: string }) {
  const { t, language } = useWords()
  const known = warningWords[code]
  if (language === 'en' || !known) return <bdi lang="en">{detail}</bdi>
  return <>{t(known)}{/`/.test(detail) && <Text size="xs" c="dimmed" lang="en"><bdi>{detail}</bdi></Text>}</>
}

/** A sentence of the API: in the operator's language where it is one of those we know, else as it is, and marked as English. */
export function FromApi({ children }: { children: string }) {
  const { t, language } = useWords()
  return language !== 'en' && apiSentences.has(asKey(children)) ? <>{t(asKey(children))}</> : <bdi lang="en">{children}</bdi>
}
