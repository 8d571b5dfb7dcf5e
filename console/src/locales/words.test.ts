// Keeps the words of docs/console-style.md: the texts of the console, in English and in every
// translation, have none of the phrases that were replaced, and a translation has the term of its
// language for each term of the page.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { languages, loadTranslations } from './i18n'

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

/** The cells of the rows of a table of the style page, by the heading of its section. */
function tableOf(heading: string) {
  const section = style.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const [head, , ...body] = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll(String.raw`\|`, '|')),
    )
  return { head: head ?? [], body }
}
/** What a text says in words: without blanks, names of code, and the vowel signs of Arabic. */
const prose = (text: string) =>
  text
    .replaceAll(/\{\w+\}|\w+_\w+|\b(scan|expand|aggregate)-\w+/g, '')
    .replaceAll(/[\u064b-\u0652]/g, '')
const terms = tableOf('Terms in other languages')
const refused = tableOf('Patterns that are refused in other languages').body.map(
  ([language, pattern, example]) => ({
    language: language!,
    pattern: matcher(pattern!.replaceAll('`', '')),
    example: prose(example!),
  }),
)
const formsOfCell = (cell: string) =>
  cell.split(',').map((form) => form.trim().replaceAll(/^-|-$/g, '').toLowerCase())

/** Texts that name the thing without its term: the sentence is clear, or the word is another one's. */
const WITHOUT_TERM: Partial<Record<string, string[]>> = {
  ar: ['Last use is updated hourly. Keys are created, rotated and revoked with'],
}

test('the terms and patterns of other languages are read, and each pattern finds its example', () => {
  expect(terms.body.length).toBeGreaterThan(30)
  for (const row of terms.body) expect(row.filter(Boolean)).toHaveLength(terms.head.length)
  expect(refused.filter(({ pattern, example }) => !pattern.test(example))).toEqual([])
  // A language with terms has patterns, and both are of a language of the console.
  const codes = terms.head.slice(1)
  expect(codes.toSorted()).toEqual([...new Set(refused.map(({ language }) => language))].toSorted())
  expect(languages.map(({ code }) => code)).toEqual(expect.arrayContaining(codes))
})

describe.each(languages.filter(({ code }) => terms.head.includes(code)))(
  '$code',
  async ({ code }) => {
    // What a text says is worked out once: each of many rules reads all of them.
    const said = Object.entries(await loadTranslations(code)).map(([text, translation]) => {
      const forms = typeof translation === 'string' ? [translation] : Object.values(translation)
      return { text, forms, plain: prose(text), plainForms: forms.map(prose) }
    })

    test('no text says what the style page refuses', () => {
      const found = refused
        .filter(({ language }) => language === code)
        .flatMap(({ pattern }) =>
          said
            .filter(({ plainForms }) => plainForms.some((form) => pattern.test(form)))
            .map(({ forms }) => `${pattern}: ${forms.join(' | ')}`),
        )
      expect(found, found.join('\n')).toEqual([])
    })
    test('a term is the same word in every text', () => {
      const column = terms.head.indexOf(code)
      const without = new Set(WITHOUT_TERM[code])
      const found = terms.body.flatMap((row) => {
        const english = new RegExp(String.raw`\b(${formsOfCell(row[0]!).join('|')})`, 'i')
        const words = formsOfCell(row[column]!)
        return said
          .filter(({ text, plain }) => english.test(plain) && !without.has(text))
          .filter(
            ({ plainForms }) =>
              !plainForms.every((form) => words.some((word) => form.toLowerCase().includes(word))),
          )
          .map(
            ({ text, forms }) => `${row[0]} (${words.join(', ')}): ${text} => ${forms.join(' | ')}`,
          )
      })
      expect(found, found.join('\n')).toEqual([])
    })
  },
)
