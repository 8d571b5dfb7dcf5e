// Explains the words of reports that an operator may not know, beside the numbers that they name.
import { msg } from '../locales/i18n'

export const helpTexts = {
  exposure: msg(
    'The most that open vouchers can still cost, if each is redeemed in full. It falls when vouchers expire or are revoked, and becomes cost when they are redeemed.',
  ),
  verdict: msg(
    'Compares customers who got a voucher with the control group: customers who were eligible and got none. It waits until chance is an unlikely explanation.',
  ),
  returnOnCost: msg(
    'Revenue of orders with a voucher, divided by discounts and message cost. It includes orders that would have come anyway; the incremental effect leaves them out.',
  ),
  effect: msg(
    'The amount that customers with a voucher spent beyond the control group in the same 28 days. The range says how sure that is.',
  ),
  delivery: msg(
    'Each selected customer ends in one of these groups. When all are accounted for, nobody was lost and nobody got two vouchers.',
  ),
}
