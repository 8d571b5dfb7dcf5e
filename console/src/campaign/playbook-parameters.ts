// Converts a playbook's parameters between the form and the API: amounts of money are typed as people
// write them. The functions are pure.
import type { JsonValue } from '../api/json-pointer'
import { currencyDigits, msg } from '../locales/i18n'

type MoneyAmount = { amount: number; currency: string }
export type ParameterShape = 'number' | 'money' | 'list' | 'text'
export type InputValue = string | number | string[]

/** Labels of the parameters by name. The API explains each below its input. */
export const parameterLabels: Record<string, string> = {
  days: msg('Days without an order'),
  cool_down_days: msg('Re-entry: at most once every (days)'),
  ordered: msg('Vertical they already order from'),
  never_ordered: msg('Vertical to try'),
  orders: msg('Minimum orders'),
  spend: msg('Minimum spend'),
  opened_within_days: msg('Merchants opened within (days)'),
  merchants: msg('Merchants'),
  km: msg('Kilometres'),
  vertical: msg('Vertical'),
  days_before: msg('Days before the date'),
}

const hasKeys = (value: unknown, ...names: string[]) =>
  typeof value === 'object' && value !== null && names.every((name) => name in value)

export function parameterShape(value: unknown): ParameterShape {
  if (typeof value === 'number') return 'number'
  if (hasKeys(value, 'amount', 'currency')) return 'money'
  return Array.isArray(value) ? 'list' : 'text'
}

/** Returns the text of the input for a value of the API. */
export function toInputValue(value: unknown): InputValue {
  if (typeof value === 'number' || typeof value === 'string') return value
  if (hasKeys(value, 'amount', 'currency')) {
    const { amount, currency } = value as MoneyAmount
    return amount / 10 ** currencyDigits(currency)
  }
  if (Array.isArray(value)) return value.map(String)
  return JSON.stringify(value ?? '')
}

/** Returns the value for the API. */
export function fromInputValue(typed: InputValue, value: unknown): JsonValue {
  switch (parameterShape(value)) {
    case 'money': {
      const { currency } = value as MoneyAmount
      return typed === ''
        ? null
        : { amount: Math.round(Number(typed) * 10 ** currencyDigits(currency)), currency }
    }
    case 'number':
      return typed === '' ? null : typed
    case 'list':
    case 'text':
      return typed
  }
}
