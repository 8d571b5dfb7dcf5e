// Checks that each field that the API lists has a name, and that sizes are in units people use.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fieldLabel, fileSize, systemName } from './labels'

const root = join(import.meta.dirname, '../../../..')
const rust = (file: string) => readFileSync(join(root, 'shared/import-files/src', file), 'utf8')
const t = (text: string, values?: Record<string, string | number>) =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(values?.[name]))

test('each field that a mapping may name has a name of its own', () => {
  const named = /NAMED[^=]*= \[([\s\S]*?)\n {4}\];/.exec(rust('target.rs'))?.[1] ?? ''
  const fields = [...named.matchAll(/\("(\w+)",/g)].map(([, name]) => name!)
  expect(fields.length).toBeGreaterThan(40)
  const labels = fields.map((field) => fieldLabel(field, { t }))
  expect(fields.filter((field, at) => labels[at] === field)).toEqual([])
  expect(new Set(labels).size).toBe(labels.length)
  expect(fieldLabel('sms_consent', { t })).toBe('Consent for SMS')
  expect(fieldLabel('shoe_size', { t })).toBe('shoe_size')
})
test('each system that is recognised has a name, and a plain file none', () => {
  const systems = ['systems/customers.rs', 'systems/orders.rs'].flatMap((file) =>
    [...rust(file).matchAll(/key: "(\w+)"/g)].map(([, key]) => key!),
  )
  expect(systems.length).toBeGreaterThan(15)
  // A warehouse's own columns are no product with a name.
  expect(systems.filter((system) => !systemName(system))).toEqual(['warehouse_customers'])
  for (const plain of ['plain', 'plain_orders', null]) expect(systemName(plain)).toBeUndefined()
})
test('a size is written in a unit that people use', () => {
  expect(fileSize(0, 'en')).toBe('0 kB')
  expect(fileSize(1_500, 'en')).toBe('1.5 kB')
  expect(fileSize(12_345_678, 'en')).toBe('12 MB')
  expect(fileSize(4_294_967_296, 'de')).toBe('4,3\u00a0GB')
})
