// Puts the API's problems into the operator's language, by their stable codes.
import { msg, useLocale } from '../locales/i18n'
import { ApiProblem } from './requests'

const problemMessages: Record<string, string> = {
  offline: msg(
    'The service is not responding. Your changes are still here. Try again in a moment.',
  ),
  signed_out: msg('Your session has ended. Sign in again; your changes are still here.'),
  forbidden: msg('Your group doesn’t have permission to do this. Ask an administrator.'),
  not_allowed_in_state: msg(
    'The campaign’s current state doesn’t allow this. Reload to see the current state.',
  ),
  precondition_failed: msg('Someone changed this since you opened it.'),
  campaign_unknown: msg('This campaign doesn’t exist. It may have been deleted.'),
  customer_unknown: msg('No customer has this id.'),
  invalid_customer_id: msg('This is not a customer id.'),
  customer_erased: msg('This customer was erased.'),
  pending_trigger_unknown: msg('It is no longer pending.'),
  endpoint_disabled: msg('The endpoint is switched off.'),
  too_many_endpoints: msg('You have reached the maximum number of endpoints.'),
  not_redrivable: msg('These are stream records, which can’t be retried.'),
  invalid_query: msg('A filter in the address is invalid.'),
  campaign_deleted: msg('This campaign was deleted.'),
  waits_for_its_hour: msg('It is scheduled for later; there is nothing to retry yet.'),
  being_sent: msg('It is being sent right now.'),
  never_repeated: msg('An SMS without an answer is never sent twice.'),
  voucher_issued: msg('The voucher is issued already; the customer may see it in the app.'),
  no_longer_pending: msg('It is no longer pending.'),
  campaign_paused: msg('The campaign is paused.'),
  campaign_over: msg('The campaign is over.'),
  campaign_not_live: msg('This campaign issues no vouchers now.'),
  campaign_revoked: msg('The vouchers of this campaign are revoked.'),
  not_goodwill: msg('Vouchers of this campaign can’t be issued manually.'),
  cap_reached: msg('A cap of the campaign is reached.'),
  other_currency: msg('The customer pays in another currency: it would never apply.'),
  segment_unknown: msg('This segment doesn’t exist. It may have been deleted.'),
  segment_in_use: msg('The segment is in use, so it can’t be deleted.'),
  attribute_in_use: msg('A campaign or a segment uses this attribute, so its type can’t change.'),
  goodwill_limit: msg('This is above your group’s limit.'),
  voucher_unknown: msg('The customer doesn’t have this voucher.'),
  not_a_voucher: msg('The customer doesn’t have this voucher.'),
  voucher_is_open: msg('The customer can still redeem this voucher. Extend it instead.'),
  voucher_is_held: msg('A checkout holds this voucher. Try again in an hour.'),
  voucher_is_over: msg('This voucher has expired. Reissue it instead.'),
  voucher_is_redeemed: msg('This voucher is redeemed.'),
  not_later: msg('The voucher is already valid that long.'),
  ends_too_early: msg('The voucher would expire immediately.'),
  suppression_unknown: msg('This address is not suppressed and never was.'),
  reply_unknown: msg('Someone has already decided about this reply.'),
  import_unknown: msg('This import doesn’t exist, or is older than 90 days.'),
  import_not_checked: msg('The file is still being checked. Try again in a moment.'),
  import_running: msg('The import is already running.'),
  import_over: msg('The import is over. Make a new import.'),
  mapping_not_checked: msg('The columns have changed since the check. Check the file again.'),
  file_gone: msg('The file was replaced or deleted. Files are kept for seven days.'),
  upload_refused: msg('The upload was refused. Make a new import.'),
  upload_failed: msg('The upload was interrupted. Try again.'),
  malformed_csv: msg('The first line of the file has to name its columns, each one once.'),
  unavailable: msg('The service is busy. Try again in a moment.'),
  internal: msg('Something went wrong on our side. Try again.'),
  invalid_request: msg('Fix the marked fields.'),
}

export function useProblemMessage() {
  const { t } = useLocale()
  return (error: unknown) => {
    if (!(error instanceof ApiProblem))
      return error instanceof Error ? error.message : String(error)
    const known = problemMessages[error.code]
    return known
      ? t(known)
      : error.message || t('The service returned an error ({status}).', { status: error.status })
  }
}
