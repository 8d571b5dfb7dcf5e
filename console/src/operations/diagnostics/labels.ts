// Puts the codes of diagnostics into words: timeline events, answers to why, and what the workers
// would do now; and the states of orders.
import type { OrderSummary } from '../../client'
import { msg } from '../../locales/i18n'

export const timelineLabels: Record<string, string> = {
  issued: msg('Voucher issued'),
  held_out: msg('Control group: gets nothing, so that the effect can be measured'),
  skipped: msg('Skipped'),
  failed: msg('Could not be processed'),
  attempt: msg('Attempt to send'),
  fallback: msg('Continued with the next channel'),
  sent: msg('Sent'),
  delivered: msg('Delivered'),
  tapped: msg('Link tapped'),
  accepted: msg('Accepted'),
  declined: msg('Declined'),
  redeemed: msg('Redeemed'),
  reversed: msg('Reversed after a cancelled order or a refund'),
  reminded: msg('Reminder'),
  expiring: msg('About to expire'),
  expired: msg('Expired without being redeemed'),
  refused: msg('Use was refused'),
  consent_granted: msg('Opted in to messages'),
  consent_denied: msg('Opted out of messages'),
  topic_granted: msg('Opted in to a topic'),
  topic_denied: msg('Opted out of a topic'),
  paused: msg('Paused messages'),
  pause_ended: msg('Resumed messages'),
  suppressed: msg('Address is no longer used'),
  order_placed: msg('Order placed'),
  order_cancelled: msg('Order cancelled'),
}
/** What is asked again before a message. */
export const questionLabels: Record<string, string> = {
  campaign: msg('is the campaign cancelled'),
  customer: msg('does the customer still exist'),
  offer: msg('is the campaign or the offer over'),
  currency: msg('do they pay in the offer’s currency'),
  trigger: msg('does the trigger still apply'),
  audience: msg('does the audience rule still select them'),
  deadline: msg('is the deadline over'),
  cool_down: msg('have they had a voucher within the cool-down or for this occasion'),
  reach: msg('do consent, suppressions and addresses allow the channel'),
  hours: msg('do quiet hours and send window allow the hour'),
  frequency_cap: msg('is the cap on messages reached'),
  exclusion: msg('are they excluded from every campaign'),
  offer_caps: msg('is a cap on offers or vouchers reached'),
  holdout: msg('are they in the control group'),
  voucher: msg('can they still use the voucher'),
}
export const orderStateLabels: Record<OrderSummary['state'], string> = {
  placed: msg('Placed'),
  refunded: msg('Refunded'),
  cancelled: msg('Order cancelled'),
}

/** Titles, explanations and colours of the answers to why. */
export const answerMessages: Record<string, { title: string; says: string; color: string }> = {
  got_voucher: {
    title: msg('They got a voucher'),
    says: msg('See the outcome below.'),
    color: 'pine',
  },
  held_out: {
    title: msg('They are in the control group'),
    says: msg(
      'They are in the share that gets nothing, so that reports can measure the campaign’s effect. Nothing is wrong.',
    ),
    color: 'indigo',
  },
  skipped: {
    title: msg('They were skipped'),
    says: msg('They were selected, but a rule prevented it when it was their turn.'),
    color: 'orange',
  },
  failed: {
    title: msg('They could not be processed'),
    says: msg('An error on our side. See System health and Failed jobs for that time.'),
    color: 'red',
  },
  customer_gone: {
    title: msg('They were erased'),
    says: msg('They had no record of this campaign before.'),
    color: 'gray',
  },
  not_launched: {
    title: msg('The campaign has not begun'),
    says: msg('Nobody gets anything of a draft, or before its start.'),
    color: 'gray',
  },
  over: {
    title: msg('The campaign was over before it came to them'),
    says: msg('It ended, or was cancelled.'),
    color: 'gray',
  },
  paused: {
    title: msg('The campaign is paused'),
    says: msg('Selected customers wait until it is resumed.'),
    color: 'yellow',
  },
  not_selected: {
    title: msg('The audience does not include them'),
    says: msg('See which conditions do not hold, below.'),
    color: 'orange',
  },
  not_fired: {
    title: msg('The trigger has not applied to them'),
    says: msg('They are in the audience, but the trigger has not applied yet.'),
    color: 'gray',
  },
  not_reached_yet: {
    title: msg('It has not come to them yet'),
    says: msg('They are selected or will be. Check again later.'),
    color: 'blue',
  },
  selected_now: {
    title: msg('They belong to it now'),
    says: msg(
      'They did not when the run came to them; or their message is still under way: see pending triggers.',
    ),
    color: 'yellow',
  },
}
export const decisionLabels: Record<string, string> = {
  send: msg('It would be sent now.'),
  wait: msg('It would wait.'),
  held_out: msg('They would be in the control group.'),
  skip: msg('They would be skipped.'),
}
