// Adds up a report's totals of promotions and autopilots in the tenant's own currency.
import type { ReportTotal } from '../client'

export interface WeekTotal {
  revenue: number
  cost: number
  issued: number
  redeemed: number
  otherCurrencies: number
}

/** Money is in one currency only; the others are counted, since amounts in them cannot be added. */
export function weekTotal(totals: readonly ReportTotal[], currency: string): WeekTotal {
  const sum: WeekTotal = { revenue: 0, cost: 0, issued: 0, redeemed: 0, otherCurrencies: 0 }
  const others = new Set<string>()
  for (const total of totals) {
    if (total.currency !== currency) {
      others.add(total.currency)
      continue
    }
    sum.revenue += total.revenue
    sum.cost += total.discount + (total.message_cost ?? 0)
    sum.issued += total.issued
    sum.redeemed += total.redeemed
  }
  return { ...sum, otherCurrencies: others.size }
}
