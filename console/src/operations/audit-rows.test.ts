import { expect, test } from 'vitest'
import { auditRows } from './audit-rows'

test('a row has a cell for each column, and none where the entry says nothing', () => {
  const [head, row] = auditRows([
    {
      at: '2026-11-01T12:00:00Z',
      actor: 'ada',
      kind: 'setting',
      subject: 'costs',
      action: 'set',
      note: '',
      version: 3,
      changes: [],
    },
  ])
  expect(row).toHaveLength(head!.length)
  expect(row).toEqual([
    '2026-11-01T12:00:00Z',
    'ada',
    'setting',
    'costs',
    '',
    '',
    'set',
    '',
    '',
    '',
  ])
})
