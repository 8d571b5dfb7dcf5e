// Converts a playbook's parameters between the form and the API: amounts of money and places are
// typed as people write them. The functions are pure.
import type { JsonValue } from '../api/json-pointer'
import { currencyDigits, msg } from '../locales/i18n'
import { type GeoPoint, readPoint, writePoint } from './wizard/points'

type MoneyAmount = { amount: number; currency: string }
export type ParameterShape = 'number' | 'money' | 'point' | 'text'
export type InputValue = string | number

/** Labels of the parameters by name. The API explains each below its input. */
export const parameterLabels: Record<string, string> = {
  days: msg('Days without an order'),
  cool_down_days: msg('Re-entry: at most once every (days)'),
  ordered: msg('Vertical they already order from'),
  never_ordered: msg('Vertical to try'),
  orders: msg('Minimum orders'),
  spend: msg('Minimum spend'),
  point: msg('Place'),
  km: msg('Kilometres'),
  vertical: msg('Vertical'),
  days_before: msg('Days before the date'),
}

const hasKeys = (value: unknown, ...names: string[]) =>
  typeof value === 'object' && value !== null && names.every((name) => name in value)

export function parameterShape(value: unknown): ParameterShape {
  if (typeof value === 'number') return 'number'
  if (hasKeys(value, 'amount', 'currency')) return 'money'
  return hasKeys(value, 'lat', 'lon') ? 'point' : 'text'
}

/** Returns the text of the input for a value of the API. */
export function toInputValue(value: unknown): InputValue {
  if (typeof value === 'number' || typeof value === 'string') return value
  if (hasKeys(value, 'amount', 'currency')) {
    const { amount, currency } = value as MoneyAmount
    return amount / 10 ** currencyDigits(currency)
  }
  if (hasKeys(value, 'lat', 'lon')) {
    return writePoint(value as GeoPoint)
  }
  return JSON.stringify(value ?? '')
}

/**
 * Returns the value for the API. Text that cannot be read is sent as it is, and the API says what
 * is wrong with it.
 */
export function fromInputValue(typed: InputValue, value: unknown): JsonValue {
  switch (parameterShape(value)) {
    case 'money': {
      const { currency } = value as MoneyAmount
      return typed === ''
        ? null
        : { amount: Math.round(Number(typed) * 10 ** currencyDigits(currency)), currency }
    }
    case 'point':
      return readPoint(String(typed)) ?? String(typed)
    case 'number':
      return typed === '' ? null : typed
    case 'text':
      return typed
  }
}
