// Reads the address that an operator types: an e-mail address, a phone number, a device, or the key
// by which the list shows an address.
import type { AddressName } from '../../client'

/** The names of an address in the API's bodies, as its field problems point at them. */
export const addressFields = ['email', 'phone', 'push_endpoint', 'key', 'channel'] as const

/** Reads the typed text as one kind of address, or returns `undefined` if it looks like none. */
export function parseAddress(typed: string): AddressName | undefined {
  const text = typed.trim()
  if (text.startsWith('arn:')) return { push_endpoint: text }
  if (/^[0-9a-f]{32}$/i.test(text)) return { key: text.toLowerCase() }
  if (/^\S+@\S+$/.test(text)) return { email: text }
  const phone = text.replace(/[\s().-]/g, '').replace(/^00/, '+')
  return /^\+\d{7,15}$/.test(phone) ? { phone } : undefined
}
