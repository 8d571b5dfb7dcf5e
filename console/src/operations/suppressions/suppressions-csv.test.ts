// Checks that an exported file is one that the API takes, that a file is cut between its lines, and
// that refused lines bear their numbers in the whole file.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AddressView } from '../../client'
import {
  addAnswer,
  csvColumns,
  csvRows,
  nothingImported,
  OpenQuote,
  PART_LINES,
  splitFile,
  splitRecords,
} from './suppressions-csv'

const source = (file: string) =>
  readFileSync(
    join(import.meta.dirname, '../../../../functions/operations/src/suppressions', file),
    'utf8',
  )

test('the columns and the most lines are those of the API', () => {
  const [, columns = ''] = /const COLUMNS: \[&str; \d+\] = \[([^\]]*)\]/.exec(source('list.rs'))!
  expect(columns.split(',').map((name) => JSON.parse(name.trim()) as string)).toEqual(csvColumns)
  const [, lines = ''] = /const MAX_LINES: usize = ([\d_]+)/.exec(source('import.rs'))!
  expect(Number(lines.replaceAll('_', ''))).toBe(PART_LINES)
})

test('a row is a suppression in force; what was lifted is none', () => {
  const no = { reason: 'opted_out', in_force: true, since: '2026-01-01T00:00:00Z', source: 'x' }
  const address = {
    key: 'k',
    channel: 'sms',
    suppressed: true,
    failures: 0,
    suppressions: [{ ...no, reason: 'bounced', in_force: false }, no],
  } as AddressView
  expect(csvRows(address)).toEqual([['k', 'sms', 'opted_out', no.since, 'x', undefined, undefined]])
})

test('records end at line ends outside of quotes; blank lines are none and are counted', () =>
  expect(
    splitRecords('address,note\r\n\r\na@x.com,"two\nlines, ""quoted"""\n,,\nb@x.com,5"'),
  ).toEqual([
    { line: 1, text: 'address,note' },
    { line: 3, text: 'a@x.com,"two\nlines, ""quoted"""' },
    { line: 6, text: 'b@x.com,5"' },
  ]))

test('a quote that is never closed is found before anything is sent', () => {
  const open = () => splitFile('address,note\n"a\nb","c\nd\n')
  expect(open).toThrow(OpenQuote)
  expect(open).toThrow('line 3')
})

test('a long file is cut into parts that each name the columns, and loses no line', () => {
  const lines = Array.from({ length: 2 * PART_LINES + 1 }, (_, n) => `c${n}@x.com`)
  const parts = splitFile(['address', '', ...lines].join('\n'))
  expect(parts.map((part) => [part.lines, part.from, part.to])).toEqual([
    [1_000, 3, 1_002],
    [1_000, 1_003, 2_002],
    [1, 2_003, 2_003],
  ])
  expect(parts.map(({ csv }) => csv.split('\n')[0])).toEqual(['address', 'address', 'address'])
  expect(parts.flatMap(({ csv }) => csv.trimEnd().split('\n').slice(1))).toEqual(lines)
})

test('parts are small enough for the API, in bytes', () => {
  const note = 'ж'.repeat(100)
  const lines = Array.from({ length: 1_000 }, (_, n) => `c${n}@x.com,"${note}${note}"`)
  const parts = splitFile(`address,note\n${lines.join('\n')}\n`)
  expect(parts.length).toBe(2)
  for (const { csv } of parts) expect(Buffer.byteLength(csv)).toBeLessThanOrEqual(256 * 1024)
  expect(parts.reduce((sum, part) => sum + part.lines, 0)).toBe(1_000)
})

test('answers are summed, and a refused line has its number in the file', () => {
  const lines = Array.from({ length: PART_LINES + 2 }, (_, n) => `"c${n}\n"`)
  const [first, second] = splitFile(`address\n${lines.join('\n')}\n`)
  const refusal = { column: 'address', code: 'invalid', detail: '' }
  const one = addAnswer(nothingImported, first!, {
    taken: 998,
    unchanged: 1,
    refused: 1,
    refusals: [{ ...refusal, line: 4 }],
  })
  const both = addAnswer(one, second!, {
    taken: 1,
    unchanged: 0,
    refused: 1,
    refusals: [{ ...refusal, line: 4 }],
  })
  expect(both).toMatchObject({ taken: 999, unchanged: 1, refused: 2 })
  expect(both.refusals.map(({ line }) => line)).toEqual([4, 2_004])
})

test('a file with nothing but the names of columns is one part, an empty one is none', () => {
  expect(splitFile('address\n').map(({ lines }) => lines)).toEqual([0])
  expect(splitFile(' \n\n')).toEqual([])
})
