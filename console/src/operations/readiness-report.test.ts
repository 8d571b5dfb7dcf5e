// Checks what is taken for the output of preflight.
import { expect, test } from 'vitest'
import { reportFromFile } from './readiness-report'

const report = { checked_at: '2026-11-30T09:30:15Z', account: '1', messages: 0, findings: [] }

test('the report of what preflight printed is found, with or without what is around it', () => {
  expect(reportFromFile(JSON.stringify({ ready: true, report, ramp: {} }))).toEqual(report)
  expect(reportFromFile(JSON.stringify(report))).toEqual(report)
})

test('another file has none', () => {
  for (const text of ['', 'READY: 31 green', '[]', '{}', 'null', '{"report": 1}']) {
    expect(reportFromFile(text), text).toBeUndefined()
  }
})
