// Checks which findings of the AWS account are in the way of a launch.
import { expect, test } from 'vitest'
import type { AccountPart, FindingLevel } from '../client'
import { findingsInTheWay } from './readiness-alert'

const finding = (part: AccountPart, level: FindingLevel) => ({
  part,
  level,
  check: `${part} ${level}`,
  measured: '',
  needed: '',
  mend: '',
})
const report = {
  trial_customers: 1000,
  findings: [
    finding('sms', 'red'),
    finding('email', 'yellow'),
    finding('push', 'unknown'),
    finding('operations', 'red'),
  ],
}
const names = (ladder: ('sms' | 'email' | 'push')[], vouchers?: number) =>
  findingsInTheWay(report, ladder, vouchers).map((it) => it.check)

test('what is red is in the way of the campaigns that need it', () => {
  expect(names(['sms'])).toEqual(['sms red', 'operations red'])
  expect(names(['email', 'push'], 1001)).toEqual(['operations red'])
})

test('nothing is in the way of a trial', () => {
  expect(names(['sms'], 1000)).toEqual([])
})
