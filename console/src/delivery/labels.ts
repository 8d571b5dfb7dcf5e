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
