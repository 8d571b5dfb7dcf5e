// Names what operators and the system did, for the history of a campaign and the log over everything.
import type { AuditKind } from '../client'
import { msg } from '../locales/i18n'

export const auditLabels: Record<string, string> = {
  create: msg('created'),
  created: msg('created'),
  change: msg('changed'),
  edit: msg('changed'),
  amend: msg('changed'),
  put: msg('changed'),
  set: msg('changed'),
  replace: msg('changed'),
  approve: msg('approved'),
  ask_approval: msg('asked for an approval'),
  notice_failed: msg('could not send a notification'),
  launch: msg('launched'),
  undo_launch: msg('undid the launch'),
  start_now: msg('started at once'),
  pause: msg('paused'),
  resume: msg('resumed'),
  cancel: msg('cancelled'),
  archive: msg('archived'),
  suspend_redeeming: msg('suspended redeeming'),
  resume_redeeming: msg('resumed redeeming'),
  revoke_vouchers: msg('revoked vouchers'),
  goodwill_issue: msg('issued a goodwill voucher'),
  goodwill_extend: msg('extended a voucher'),
  goodwill_reissue: msg('reissued a voucher'),
  clone: msg('cloned'),
  complete: msg('completed'),
  end: msg('ended'),
  start: msg('started'),
  retry: msg('retried a pending trigger'),
  drop: msg('dropped a pending trigger'),
  fail: msg('failed'),
  delete: msg('deleted'),
  open: msg('opened'),
  suppress: msg('suppressed'),
  lift: msg('lifted the suppression'),
  opt_out: msg('read a reply as a stop'),
  dismiss: msg('dismissed a reply'),
  import: msg('imported'),
  check: msg('checked'),
  upload: msg('uploaded'),
  redrive: msg('retried failed jobs'),
  repair: msg('repaired'),
  rotate_secret: msg('rotated the secret'),
  test: msg('sent a test'),
}

/** The kinds of the log, in the order in which they are offered. */
export const auditKinds: Record<AuditKind, string> = {
  campaign: msg('Campaign'),
  customer: msg('Customer'),
  setting: msg('Setting'),
  suppression: msg('Suppression'),
  import: msg('Import'),
  catalogue: msg('Catalogue'),
  webhook: msg('Webhook endpoint'),
  lane: msg('Channel'),
  dead_letters: msg('Failed jobs'),
  recount: msg('Recount'),
  picture: msg('Picture'),
}

/** Returns the name of an operator, without the id that the API puts behind it. */
export const actorName = (actor: string) => actor.replace(/ \([0-9a-f]{8}-[0-9a-f-]{27}\)$/, '')
