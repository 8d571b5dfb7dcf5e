// Checks the basket that is made of a typed cart.
import { expect, test } from 'vitest'
import { addLine, basketTotal, type Cart, toBasket } from './cart'

const line = {
  id: '1',
  vertical: ' groceries ',
  merchant: 'm-1',
  category: '',
  quantity: 2,
  amount: 19.99,
}
const cart: Cart = { currency: 'EUR', deliveryFee: undefined, firstOrder: false, lines: [line] }

test('amounts become minor units of the currency, and empty inputs are left out', () => {
  expect(toBasket(cart)).toEqual({
    currency: 'EUR',
    lines: [{ id: '1', vertical: 'groceries', merchant: 'm-1', quantity: 2, amount: 1999 }],
  })
  expect(
    toBasket({
      currency: 'JPY',
      deliveryFee: 300,
      firstOrder: true,
      lines: [{ ...line, category: 'fruit', quantity: undefined, amount: 1500 }],
    }),
  ).toEqual({
    currency: 'JPY',
    delivery_fee: 300,
    first_order: true,
    lines: [{ id: '1', vertical: 'groceries', merchant: 'm-1', category: 'fruit', amount: 1500 }],
  })
})
test('the total is lines and delivery fee', () => {
  expect(basketTotal(toBasket(cart))).toBe(1999)
  expect(basketTotal(toBasket({ ...cart, deliveryFee: 2.5, lines: [line, line] }))).toBe(4248)
})
test('a line that is added has an id of its own, whatever was removed', () => {
  expect(addLine([]).map(({ id }) => id)).toEqual(['1'])
  expect(addLine([{ ...line, id: '3' }]).map(({ id }) => id)).toEqual(['3', '4'])
})
