// Checks that each reason which the API keeps with an attempt has a name here.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { faultLabels } from './labels'

const domain = join(import.meta.dirname, '../../../shared/domain/src')
const read = (file: string) => readFileSync(join(domain, file), 'utf8')
const codes = (source: string, pattern: RegExp) =>
  [...source.matchAll(pattern)].map(([, code]) => code!)

test('the reasons of feedback and of refusals have names', () => {
  const feedback = read('delivery/feedback.rs')
  const reasons = [
    ...codes(feedback, /Some\("(\w+)"\)/g),
    ...codes(feedback, /pub const \w+: &str = "(\w+)"/g),
    ...codes(read('voucher/attempt.rs'), /ProviderRefusal::\w+ => "(\w+)"/g),
  ]
  expect(reasons).toEqual(
    expect.arrayContaining(['undetermined', 'hard_bounce', 'soft_bounce', 'provider_suppressed']),
  )
  expect(reasons).toContain('not_allowed')
  expect(reasons.filter((reason) => !(reason in faultLabels))).toEqual([])
})
