// The stable codes of records in words: what became of a voucher, why a customer got none, what a provider said of an attempt.
import type { Status } from '../client'
import { msg } from '../app/i18n'

export const statusWords: Record<Status, string> = {
  issued: msg('Issued'), accepted: msg('Accepted'), redeemed: msg('Redeemed'), reversed: msg('Reversed'), declined: msg('Declined'),
  expired: msg('Expired'), revoked: msg('Revoked'), ghost: msg('Held out'), skipped: msg('Skipped'), failed: msg('Failed'),
}
export const skipWords: Record<string, string> = {
  no_consent: msg('no consent'), opted_out: msg('opted out'), suppressed: msg('address bounced or complained'), no_address: msg('no address'),
  customer_gone: msg('erased'), campaign_ended: msg('after the campaign’s end'), validity_over: msg('the offer was over'),
  no_longer_matches: msg('no longer matched'), cool_down: msg('had one not long ago'), too_late: msg('too late'), frequency_cap: msg('written to often enough'),
  open_offers_cap: msg('has enough open offers'), cap_reached: msg('cap reached'), cancelled: msg('campaign over'), dropped: msg('dropped by an operator'),
  ghost: msg('held out'),
}
/** What became of one attempt to send. */
export const attemptWords: Record<string, string> = {
  claimed: msg('under way'), sent: msg('sent'), delivered: msg('delivered'), bounced: msg('bounced'), complained: msg('complained'),
  failed: msg('failed'), throttled: msg('put off'), unknown: msg('no answer'), accepted: msg('taken by the provider'),
}
/** Why an attempt did not go through. */
export const faultWords: Record<string, string> = {
  invalid_address: msg('no such address'), provider_opted_out: msg('opted out at the provider'), endpoint_disabled: msg('the device is gone'),
  rejected: msg('the provider refused the content'), not_allowed: msg('our account may not send this'), timeout: msg('no answer in time'),
  connection_lost: msg('the connection broke'), unreadable_answer: msg('an answer nobody can read'), throttled: msg('too fast for the provider'),
  server_error: msg('the provider had an error'), other: msg('another reason'), unknown_error: msg('an error without a name'), bounced: msg('bounced'), complained: msg('complained'),
  opted_out: msg('opted out'), erased: msg('erased'), lease_over: msg('a worker was lost'),
}
