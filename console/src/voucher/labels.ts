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
  ghost: msg('Held out'),
  skipped: msg('Skipped'),
  failed: msg('Failed'),
}
export const skipLabels: Record<string, string> = {
  no_consent: msg('no consent'),
  opted_out: msg('opted out'),
  suppressed: msg('address bounced or complained'),
  no_address: msg('no address'),
  customer_gone: msg('erased'),
  campaign_ended: msg('after the campaign’s end'),
  validity_over: msg('the offer was over'),
  no_longer_matches: msg('no longer matched'),
  cool_down: msg('had one not long ago'),
  too_late: msg('too late'),
  frequency_cap: msg('written to often enough'),
  open_offers_cap: msg('has enough open offers'),
  cap_reached: msg('cap reached'),
  cancelled: msg('campaign over'),
  dropped: msg('dropped by an operator'),
  ghost: msg('held out'),
}
