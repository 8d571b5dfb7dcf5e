// Names the reasons for which nothing is sent to an address, where they came from, and what has
// lifted them.
import type { LiftCause, SuppressionReason } from '../../client'
import { msg } from '../../locales/i18n'

export const suppressionNames: Record<SuppressionReason, string> = {
  failing: msg('Keeps failing'),
  invalid: msg('Invalid'),
  bounced: msg('Bounced'),
  blocked: msg('Blocked'),
  erased: msg('Erased'),
  opted_out: msg('Opted out'),
  complained: msg('Complained'),
}

export const suppressionLabels: Record<SuppressionReason, string> = {
  failing: msg('five messages in a row failed'),
  invalid: msg('the provider refuses the address'),
  bounced: msg('the address bounced'),
  blocked: msg('an operator blocked it'),
  erased: msg('a previous holder asked for erasure'),
  opted_out: msg('they opted out'),
  complained: msg('they complained'),
}

const byConsent = msg('It is lifted by a later consent for the address, or by an administrator.')
const byDevice = msg(
  'It is lifted by a later consent for the address, by an app that registers the device again, or by an administrator.',
)

/** Says what lifts a suppression, as the API decides it. */
export const liftedByLabels: Record<SuppressionReason, string> = {
  failing: byDevice,
  invalid: byDevice,
  bounced: byDevice,
  blocked: msg('Only an administrator lifts it.'),
  erased: byDevice,
  opted_out: msg(
    'It is lifted by a later consent for the address, by the word START from the phone, or by an administrator.',
  ),
  complained: byConsent,
}

/** Reasons that a person can know of an address. The others are found out by sending to it. */
export const reasonsByHand: SuppressionReason[] = [
  'blocked',
  'opted_out',
  'complained',
  'bounced',
  'invalid',
]

export const liftCauseLabels: Record<LiftCause, string> = {
  consent: msg('a later consent'),
  start_word: msg('the word START, or coming back to the contact list'),
  registration: msg('an app registered the device again'),
  operator: msg('an operator'),
}

/** Names the sources that the system writes. A file that is imported can name others. */
export const suppressionSourceLabels: Record<string, string> = {
  provider: msg('the provider of the channel'),
  sms_reply: msg('a reply by SMS'),
  sms_reply_read: msg('a reply by SMS, read by an operator'),
  unsubscribe_link: msg('the unsubscribe link of a message'),
  preference_page: msg('the preference page'),
  ses_contact_list: msg('the provider’s contact list'),
  erasure: msg('an erasure'),
  operator: msg('added by an operator'),
  import: msg('an imported list'),
}
