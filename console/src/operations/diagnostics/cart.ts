// Holds the cart that an operator tries, as it is typed, and makes the basket that the API prices.
import type { Basket } from '../../client'
import { currencyDigits } from '../../locales/i18n'
import { toMinor } from '../settings/amounts'

export interface CartLine {
  id: string
  vertical: string
  merchant: string
  category: string
  quantity: number | undefined
  amount: number | undefined
}
export interface Cart {
  currency: string
  deliveryFee: number | undefined
  firstOrder: boolean
  lines: CartLine[]
}

/** Adds an empty line. Its id is a number that no other line has. */
export function addLine(lines: CartLine[]): CartLine[] {
  const id = String(Math.max(0, ...lines.map((line) => Number(line.id))) + 1)
  return [
    ...lines,
    { id, vertical: '', merchant: '', category: '', quantity: 1, amount: undefined },
  ]
}

/** Makes the basket. Inputs that are empty and may be are left out. */
export function toBasket({ currency, deliveryFee, firstOrder, lines }: Cart): Basket {
  const digits = currencyDigits(currency)
  const fee = toMinor(deliveryFee, digits)
  return {
    currency,
    ...(fee === undefined ? {} : { delivery_fee: fee }),
    ...(firstOrder ? { first_order: true } : {}),
    lines: lines.map(({ id, vertical, merchant, category, quantity, amount }) => ({
      id,
      vertical: vertical.trim(),
      merchant: merchant.trim(),
      ...(category.trim() ? { category: category.trim() } : {}),
      ...(quantity === undefined ? {} : { quantity }),
      amount: toMinor(amount, digits) ?? 0,
    })),
  }
}

/** Returns lines and delivery fee together, in minor units. */
export const basketTotal = ({ lines, delivery_fee = 0 }: Basket) =>
  lines.reduce((sum, { amount }) => sum + amount, delivery_fee)
