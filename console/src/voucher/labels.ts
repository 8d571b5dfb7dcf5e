// Names the statuses of records, and the reasons why customers are skipped.
import type { VoucherStatus } from '../client'
import { msg } from '../locales/i18n'

export const statusLabels: Record<VoucherStatus, string> = {
  issued: msg('Issued'),
  accepted: msg('Accepted'),
  redeemed: msg('Redeemed'),
  reversed: msg('Reversed'),
  declined: msg('Declined'),
  expired: msg('Expired'),
  revoked: msg('Revoked'),
  ghost: msg('Control group'),
  skipped: msg('Skipped'),
  failed: msg('Failed'),
}
/** Names the reasons why the use of a voucher was refused. */
export const refusalLabels: Record<string, string> = {
  unknown: msg('unknown voucher'),
  not_accepted: msg('not accepted yet'),
  already_accepted: msg('accepted already'),
  already_declined: msg('declined already'),
  expired: msg('expired'),
  not_yet_valid: msg('not valid yet'),
  revoked: msg('revoked'),
  redeeming_suspended: msg('redeeming was suspended'),
  held_by_another_checkout: msg('held by another checkout'),
  already_redeemed: msg('redeemed already'),
  not_redeemed: msg('not redeemed'),
  used_up: msg('used up'),
  redeemed_cap_reached: msg('the campaign’s cap on discounts is reached'),
  basket_other_currency: msg('basket in another currency'),
  basket_out_of_scope: msg('nothing in the basket that it applies to'),
  basket_below_minimum: msg('basket below the minimum'),
  basket_not_first_order: msg('not a first order'),
  basket_nothing_to_discount: msg('nothing to discount'),
}
/** Names the actions on a voucher. */
export const voucherActionLabels: Record<string, string> = {
  accept: msg('accept'),
  decline: msg('decline'),
  hold: msg('hold for a checkout'),
  release: msg('release a hold'),
  redeem: msg('redeem'),
  reverse: msg('reverse'),
}
export const skipLabels: Record<string, string> = {
  no_consent: msg('no consent'),
  opted_out: msg('opted out'),
  suppressed: msg('the address is suppressed'),
  no_address: msg('no address'),
  topic_denied: msg('opted out of the topic'),
  paused: msg('paused by the customer'),
  other_currency: msg('pays in another currency'),
  excluded: msg('excluded from every campaign'),
  customer_gone: msg('erased'),
  campaign_ended: msg('after the campaign’s end'),
  validity_over: msg('the offer was over'),
  no_longer_matches: msg('no longer matched'),
  cool_down: msg('re-entry limit reached'),
  too_late: msg('sent too late'),
  frequency_cap: msg('frequency cap reached'),
  open_offers_cap: msg('open-offer limit reached'),
  cap_reached: msg('cap reached'),
  merged: msg('another record of the customer has the offer'),
  cancelled: msg('campaign over'),
  dropped: msg('dropped by an operator'),
  ghost: msg('control group'),
}
