// Keeps the words of docs/console-style.md: the texts of the console, in English and in every
// translation, have none of the phrases that were replaced.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ar } from './ar'

const root = join(import.meta.dirname, '..')
const style = readFileSync(join(root, '../../docs/console-style.md'), 'utf8')

/** The texts that operators read in English: the literals of `t`, `msg` and `plural`. */
const texts = [
  ...new Set(
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => /(?<!\.test)\.tsx?$/.test(file) && !/^(client|locales)\b/.test(file))
      .flatMap((file) => {
        const source = readFileSync(join(root, file), 'utf8')
        const text = String.raw`'((?:[^'\\]|\\.)*)'`
        const calls = new RegExp(String.raw`\b(?:t|msg)\(\s*${text}`, 'g')
        const plurals = new RegExp(String.raw`\bplural\(\s*[^']*?,\s*${text},\s*${text}`, 'g')
        return [
          ...[...source.matchAll(calls)].map(([, found]) => found!),
          ...[...source.matchAll(plurals)].flatMap(([, one, other]) => [one!, other!]),
        ]
      }),
  ),
]

/** The rows of the style page's table: `| not | but | why |`. A row may give a pattern. */
const rows = [...style.matchAll(/^\| `([^`]+)` \| ([^|\n]+) \|/gm)].map(([, banned, better]) => ({
  // In a cell a bar is written as `\|`.
  banned: banned!.replaceAll(String.raw`\|`, '|'),
  better: better!.trim(),
}))
const isPattern = (banned: string) => banned.startsWith('/')
const matcher = (banned: string) =>
  isPattern(banned)
    ? new RegExp(banned.slice(1, banned.lastIndexOf('/')), 'i')
    : new RegExp(`^${banned.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`)

test('the table is read: its rows are there, and each matches itself', () => {
  expect(rows.length).toBeGreaterThan(80)
  const phrases = rows.filter(({ banned }) => !isPattern(banned))
  expect(phrases.filter(({ banned }) => !matcher(banned).test(banned))).toEqual([])
})
test('the texts of the console are read', () => expect(texts.length).toBeGreaterThan(700))
test('a text that was replaced does not come back', () => {
  const back = rows.flatMap(({ banned, better }) =>
    texts.filter((text) => matcher(banned).test(text)).map((text) => `${text}: ${better}`),
  )
  expect(back).toEqual([])
})
test('the patterns find the phrases that they were made of', () => {
  const refused = (text: string) => rows.some(({ banned }) => matcher(banned).test(text))
  for (const text of [
    'A percentage off, with a most',
    'At most so many messages to one customer',
    'Of a sale at full price so much is left',
    'Empty: everywhere.',
    'Who is a viewer sees all',
    'Who accepted keeps the voucher.',
    'as it should',
    'Customers at most',
    'Vouchers, about',
    '1 to 200 bytes',
    'Take back the vouchers',
    'Open offers of one customer, at most',
    'Valid for 168 hours',
    'A test event was told',
  ])
    expect([text, refused(text)]).toEqual([text, true])
  for (const text of ['Leave blank to allow all.', 'Maximum vouchers', 'Skip if not sent within'])
    expect([text, refused(text)]).toEqual([text, false])
})
test('a text is no fragment with a colon in place of its verb', () => {
  // A label may end with a colon, and a value may follow one; a sentence says what it means.
  expect(texts.filter((text) => /^(Empty|None|Nothing|Over|Yours):/.test(text))).toEqual([])
})
test('a button says verb and object, so that no two words stand for an action alone', () => {
  for (const text of ['Change', 'Use it', 'Start with two', 'Throw it away', 'As CSV'])
    expect(texts).not.toContain(text)
})
test('no Arabic text says what the English ones may not', () => {
  // The Arabic of phrases that were replaced, by their most telling words.
  const banned = [/فارغ: /, /ما كتبته ما زال هنا/, /الرسائل العالقة/, /كما ينبغي/]
  const said = Object.values(ar).flatMap((text) =>
    typeof text === 'string' ? [text] : Object.values(text),
  )
  expect(said.filter((text) => banned.some((one) => one.test(text)))).toEqual([])
})
