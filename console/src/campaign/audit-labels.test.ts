// Checks how the history names an operator.
import { expect, test } from 'vitest'
import { actorName } from './audit-labels'

test('the id behind a name is left out, and nothing else', () => {
  expect(actorName('admin (53f5e910-437a-4a7e-8c07-0a1b2c3d4e5f)')).toBe('admin')
  expect(actorName('Ana (Madrid)')).toBe('Ana (Madrid)')
  expect(actorName('watchdog')).toBe('watchdog')
})
