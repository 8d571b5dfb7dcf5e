// Puts the API's problems into the operator's language, by their stable codes.
import { msg, useLocale } from '../locales/i18n'
import { ApiProblem } from './requests'

const problemMessages: Record<string, string> = {
  offline: msg('The API does not answer. What you typed is still here: try again in a moment.'),
  signed_out: msg('Your session has ended. Sign in again; what you typed is still here.'),
  forbidden: msg('Your group may not do this. Ask an administrator.'),
  not_allowed_in_state: msg(
    'This is not possible in the campaign’s present state. Someone may have changed it meanwhile.',
  ),
  precondition_failed: msg('Someone changed this since you opened it.'),
  campaign_unknown: msg('There is no such campaign. It may have been deleted.'),
  customer_unknown: msg('No customer has this id, and none with it got a voucher.'),
  invalid_customer_id: msg('This is not an id of a customer.'),
  customer_erased: msg('This customer was erased.'),
  pending_trigger_unknown: msg('It is no longer pending.'),
  endpoint_disabled: msg('The endpoint is switched off.'),
  too_many_endpoints: msg('There are as many endpoints as there can be.'),
  not_redrivable: msg('These are records of the stream and cannot be sent back.'),
  invalid_query: msg('A filter in the address is not understood.'),
  campaign_deleted: msg('This campaign was deleted.'),
  waits_for_its_hour: msg('It waits for its hour; there is nothing to retry yet.'),
  being_sent: msg('It is being sent at this moment.'),
  never_repeated: msg('An SMS without an answer is never sent twice.'),
  voucher_issued: msg('The voucher is issued already; the customer may see it in the app.'),
  no_longer_pending: msg('It is no longer pending.'),
  campaign_paused: msg('The campaign is paused.'),
  campaign_over: msg('The campaign is over.'),
  campaign_not_live: msg('This campaign issues no vouchers now.'),
  campaign_revoked: msg('The vouchers of this campaign are revoked.'),
  not_goodwill: msg('Nobody issues vouchers of this campaign by hand.'),
  cap_reached: msg('A cap of the campaign is reached.'),
  other_currency: msg('The customer pays in another currency: it would never apply.'),
  goodwill_limit: msg('This is more than your group may give away.'),
  voucher_unknown: msg('The customer has no such voucher.'),
  not_a_voucher: msg('The customer has no such voucher.'),
  voucher_is_open: msg('The customer can still use this voucher: extend it instead.'),
  voucher_is_over: msg('This voucher is over: issue it again instead.'),
  voucher_is_redeemed: msg('This voucher is redeemed.'),
  not_later: msg('The voucher lasts at least as long already.'),
  ends_too_early: msg('The voucher would be over at once.'),
  suppression_unknown: msg('This address is not suppressed and never was.'),
  reply_unknown: msg('Somebody has decided about this reply already.'),
  malformed_csv: msg('The first line of the file has to name its columns, each one once.'),
  unavailable: msg('The service is busy. Try again in a moment.'),
  internal: msg('Something went wrong on our side.'),
  invalid_request: msg('Something in the form needs another look.'),
}

export function useProblemMessage() {
  const { t } = useLocale()
  return (error: unknown) => {
    if (!(error instanceof ApiProblem))
      return error instanceof Error ? error.message : String(error)
    const known = problemMessages[error.code]
    return known
      ? t(known)
      : error.message || t('The API answered {status}.', { status: error.status })
  }
}
