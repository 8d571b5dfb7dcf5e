// What a playbook can be told, between the form and the API: an amount of money and a place are written as people write them. Pure.
import { digits, msg } from '../app/i18n'
import type { Json } from '../app/pointer'

type Money = { amount: number; currency: string }
type Point = { lat: number; lon: number }
export type Shape = 'number' | 'money' | 'point' | 'text'
export type Typed = string | number

/** The labels of parameters by name; the API says more about each below. */
export const parameterWords: Record<string, string> = {
  days: msg('Days without an order'), cool_down_days: msg('Days until it may fire again'), ordered: msg('The vertical they know'), never_ordered: msg('The vertical to try'),
  orders: msg('Orders, at least'), spend: msg('Spent, at least'), point: msg('Place'), km: msg('Kilometres'), vertical: msg('Vertical'), days_before: msg('Days before it'),
}

const has = (value: unknown, ...names: string[]) => typeof value === 'object' && value !== null && names.every((name) => name in value)

export function shapeOf(value: unknown): Shape {
  if (typeof value === 'number') return 'number'
  if (has(value, 'amount', 'currency')) return 'money'
  return has(value, 'lat', 'lon') ? 'point' : 'text'
}

/** What stands in the input for a value of the API. */
export function toTyped(value: unknown): Typed {
  if (typeof value === 'number' || typeof value === 'string') return value
  if (has(value, 'amount', 'currency')) { const { amount, currency } = value as Money; return amount / 10 ** digits(currency) }
  if (has(value, 'lat', 'lon')) { const { lat, lon } = value as Point; return `${lat}, ${lon}` }
  return JSON.stringify(value ?? '')
}

/** What the API is told of an input; what is not understood goes as it is, and the API says what is wrong with it. */
export function fromTyped(typed: Typed, value: unknown): Json {
  switch (shapeOf(value)) {
    case 'money': { const { currency } = value as Money; return typed === '' ? null : { amount: Math.round(Number(typed) * 10 ** digits(currency)), currency } }
    case 'point': {
      const numbers = String(typed).split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
      return numbers.length === 2 && numbers.every(Number.isFinite) ? { lat: numbers[0]!, lon: numbers[1]! } : String(typed)
    }
    case 'number': return typed === '' ? null : typed
    case 'text': return typed
  }
}
