// Names channels, the states of attempts, and the reasons why attempts fail.
import type { Channel } from '../client'
import { msg } from '../locales/i18n'

export const channelLabels: Record<Channel, string> = {
  sms: msg('SMS'),
  email: msg('E-mail'),
  push: msg('Push'),
}
/** Names the states of an attempt to send. */
export const attemptLabels: Record<string, string> = {
  claimed: msg('under way'),
  sent: msg('sent'),
  delivered: msg('delivered'),
  tapped: msg('link tapped'),
  bounced: msg('bounced'),
  complained: msg('complained'),
  failed: msg('failed'),
  throttled: msg('postponed'),
  unknown: msg('no answer'),
  accepted: msg('accepted by the provider'),
}
/** Names the reasons why an attempt failed. */
export const faultLabels: Record<string, string> = {
  invalid_address: msg('unknown address'),
  provider_opted_out: msg('opted out at the provider'),
  endpoint_disabled: msg('the device is gone'),
  rejected: msg('the provider refused the content'),
  not_allowed: msg('our account may not send this'),
  identity_not_verified: msg('the sender is not verified'),
  sandbox: msg('the account is still in test mode'),
  sending_paused: msg('the provider has paused the account'),
  account_suspended: msg('the account is suspended'),
  access_denied: msg('a permission is missing'),
  credentials_refused: msg('the credentials were refused'),
  configuration_missing: msg('a setting at the provider is missing'),
  platform_disabled: msg('the push service is switched off'),
  no_origination: msg('no sender number or name'),
  key_unusable: msg('an encryption key cannot be used'),
  spend_limit: msg('the monthly spending limit is reached'),
  daily_quota: msg('the daily quota is used up'),
  too_many_failures: msg('too many messages failed'),
  timeout: msg('no answer in time'),
  connection_lost: msg('the connection broke'),
  unreadable_answer: msg('an unreadable answer'),
  throttled: msg('too fast for the provider'),
  server_error: msg('the provider had an error'),
  other: msg('another reason'),
  unknown_error: msg('an error without a name'),
  undetermined: msg('failed for an unknown reason'),
  unavailable: msg('the service or device was not there'),
  provider_suppressed: msg('on a suppression list of the provider'),
  soft_bounce: msg('bounced for now'),
  hard_bounce: msg('bounced for good'),
  bounced: msg('bounced'),
  complained: msg('complained'),
  opted_out: msg('opted out'),
  erased: msg('erased'),
  lease_over: msg('a worker was lost'),
}

export const channelOrder: Channel[] = ['sms', 'email', 'push']
