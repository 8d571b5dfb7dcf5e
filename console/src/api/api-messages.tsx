// Puts the API's complaints about a field and its warnings into the operator's language, by their
// stable codes. In English a complaint is shown in the API's own sentence, which says more.
import { Text } from '@mantine/core'
import { useCallback } from 'react'
import type { FieldProblem } from '../client'
import { msg, useLocale } from '../locales/i18n'
import { apiSentences, sentenceKey } from './api-sentences'
import { ApiProblem } from './requests'

/** Messages by the `code` of a field problem. An unknown code is shown in the API's words. */
export const fieldMessages: Record<string, string> = {
  required: msg('Required.'),
  out_of_range: msg('This is outside the allowed range.'),
  invalid: msg('This is not valid.'),
  too_many: msg('There are too many.'),
  duplicate: msg('This is already in the list.'),
  in_the_past: msg('This is in the past.'),
  in_the_future: msg('This is in the future.'),
  too_large: msg('This is too large.'),
  too_long: msg('This is too long.'),
  end_before_start: msg('The end is before the start.'),
  empty: msg('This is empty.'),
  unknown_value: msg('This value doesn’t exist.'),
  unknown_column: msg('The file has no column of this name.'),
  column_missing: msg('A column that every import needs is missing.'),
  unknown_field: msg('This field does not exist.'),
  mixed_currency: msg('All amounts must have the same currency.'),
  wrong_currency: msg('This currency doesn’t match.'),
  wrong_type: msg('This has the wrong type.'),
  too_many_conditions: msg('There are too many conditions.'),
  too_deep: msg('The groups are nested too deep.'),
  not_for_this_trigger: msg('This doesn’t apply to this trigger.'),
  not_for_an_autopilot: msg('This doesn’t apply to autopilots.'),
  frozen_at_launch: msg('This can’t change after launch. Clone the campaign to change it.'),
  conflict: msg('These two can’t be combined.'),
  exactly_one: msg('Exactly one of these is required.'),
  not_allowed: msg('This isn’t allowed here.'),
  unfilled_variable: msg('A tag may have no value. Give it a default.'),
  unknown_variable: msg('This tag doesn’t exist.'),
}
/** Matches bounds as the API writes them: `1 to 100 ...`. */
const BOUNDS_PATTERN = /(\d[\d,]*) to (\d[\d,]*)/

/** Matches a limit that the API counts in bytes: `1 to 200 bytes`, `at most 2000 bytes`. */
const BYTES_PATTERN = /(?:\d+ to|at most) ([\d,]+) bytes/

/** Returns the limit of a complaint about bytes. Operators read of characters, as the counter does. */
export const bytesLimit = (detail: string): number | undefined => {
  const [, most] = BYTES_PATTERN.exec(detail) ?? []
  return most === undefined ? undefined : Number(most.replaceAll(',', ''))
}

export function useFieldMessage() {
  const { t, language, number } = useLocale()
  return useCallback(
    ({ code, detail }: Pick<FieldProblem, 'code' | 'detail'>) => {
      const bytes = bytesLimit(detail)
      if (bytes) return t('Use {n} characters or fewer.', { n: number(bytes) })
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
  event_never_told: msg(
    'No event with this name was ever received. Until one is, this autopilot triggers for nobody.',
  ),
  message_missing: msg('There is no message for this channel in the default language.'),
  locale_missing: msg('Nothing is written in this language.'),
  made_up: msg('The draft is incomplete, so parts of the preview are examples.'),
  offer_in_english: msg(
    'There are no words for an offer in this language: it is named in English.',
  ),
  accept_by_missing: msg(
    'It names the last day to redeem, and the offer has to be accepted before: use accept_by.',
  ),
  not_gsm7: msg(
    'A character outside the standard alphabet limits each SMS to 70 characters instead of 160.',
  ),
  several_segments: msg('More than one SMS is billed for each customer.'),
  no_merchant_fits: msg('No merchant of the catalogue fits this condition, so nobody is near one.'),
  worst_case: msg('With long names or amounts it takes more SMS than shown.'),
  clipped: msg('It is so large that common mail programs cut it off.'),
  no_postal_address: msg(
    'Its footer has no postal address, which several countries ask for: set it in the brand.',
  ),
}

interface ApiWarning {
  code: string
  detail: string
  /** The value that nobody has, and the one that was perhaps meant. */
  value?: string
  nearest?: string | null
}

/** Shows a warning in the console's words, and in the API's the part it is about. */
export function WarningMessage({ code, detail, value, nearest }: ApiWarning) {
  const { t } = useLocale()
  if (code === 'value_not_seen' && value !== undefined)
    return (
      <>
        {t('No customer or order has “{value}”.', { value })}{' '}
        {nearest && t('Did you mean “{nearest}”?', { nearest })}
      </>
    )
  const known = warningMessages[code]
  if (!known) return <bdi lang="en">{detail}</bdi>
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
 * Shows a sentence of the API in the console's words and the operator's language if they are known,
 * else as it is and marked as English.
 */
export function ApiSentence({ children }: { children: string }) {
  const { t } = useLocale()
  const known = apiSentences.get(sentenceKey(children))
  return known ? <>{t(known)}</> : <bdi lang="en">{children}</bdi>
}
