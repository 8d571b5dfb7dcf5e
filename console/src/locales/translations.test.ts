// Checks that every text of the console is in each translation table, with the same blanks, in the
// plural forms of the language and in its own words, and that no table has more. The failing check
// names each text, so that its list is what a translator has to write.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { languages, loadTranslations, type PluralForms } from './i18n'

const root = join(import.meta.dirname, '..')
/** `es.ts` and `es-forms.ts`: the tables themselves are no use of a text. */
const isTable = (file: string) => /^locales[/\\][a-z]{2}(-[\w-]+)?\.ts$/.test(file)
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('client') && !isTable(file))
  .map((file) => readFileSync(join(root, file), 'utf8'))
const literal = String.raw`'((?:[^'\\]|\\.)*)'`
/** The texts that count. The second text of a plural is the key: the first is for one, in English. */
const counting = new Set(
  sources.flatMap((source) =>
    [
      ...source.matchAll(
        new RegExp(String.raw`\bplural\(\s*[^']*?,\s*'(?:[^'\\]|\\.)*',\s*${literal}`, 'g'),
      ),
    ].map(([, found]) => found!),
  ),
)
const texts = new Set([
  ...sources.flatMap((source) =>
    [...source.matchAll(new RegExp(String.raw`\b(?:t|msg)\(\s*${literal}`, 'g'))].map(
      ([, found]) => found!,
    ),
  ),
  ...counting,
])
/** Texts of buttons: what stands last in one. */
const buttons = new Set(
  sources.flatMap((source) =>
    [...source.matchAll(new RegExp(String.raw`\bt\(${literal}[^<]*?</Button>`, 'g'))].map(
      ([, found]) => found!,
    ),
  ),
)
const formsOf = (said: string | PluralForms): [form: string, text: string][] =>
  typeof said === 'string' ? [['other', said]] : Object.entries(said)
const blanks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([blank]) => blank).toSorted()
const expectNone = (found: string[]) => expect(found, found.join('\n')).toEqual([])

/** Texts that are the same everywhere: names, and a frame that only holds blanks. */
const NAMES = ['CSV', 'HTML', 'ROI', 'SMS', 'Push', 'Webhooks', 'Marketing', '{name}: {state}']
/** Words that a language has in common with English. */
const SHARED: Partial<Record<string, string[]>> = {
  es: ['Id', 'Vertical', 'no'],
  de: [
    'Autopilot',
    'Limits',
    'Link',
    'Logo',
    'Maximum',
    'Minimum',
    'Name',
    'Status',
    'Text',
    '{time} in {zone}',
  ],
}
/** A button may grow by this much, or be this long in any case. */
const BUTTON_GROWTH = 1.5
const SHORT_BUTTON = 24

test('the texts of the console are read', () => {
  expect(texts.size).toBeGreaterThan(1_500)
  expect(counting.size).toBeGreaterThan(10)
  expect(buttons.size).toBeGreaterThan(50)
})
test('each language has its own name, and only Arabic script goes from right to left', () => {
  for (const { code, name, dir } of languages) {
    const own = new Intl.DisplayNames(code, { type: 'language' }).of(code)!
    expect(name.toLowerCase()).toBe(own.toLowerCase())
    expect(dir).toBe(/\p{Script=Arabic}/u.test(name) ? 'rtl' : 'ltr')
  }
})

describe.each(languages.filter(({ code }) => code !== 'en'))('$code', async ({ code }) => {
  const table = await loadTranslations(code)

  test('no text is missing', () => {
    expectNone([...texts].filter((text) => !(text in table)).map((text) => `${code}: ${text}`))
  })
  test('no text is left over', () => {
    expectNone(
      Object.keys(table)
        .filter((text) => !texts.has(text))
        .map((text) => `${code}: ${text}`),
    )
  })
  test('the blanks are the same', () => {
    expectNone(
      Object.entries(table).flatMap(([text, said]) =>
        formsOf(said)
          // A form for one or two may leave the number out, since its words say it.
          .filter(([form]) => !['zero', 'one', 'two'].includes(form))
          .filter(([, form]) => blanks(text).join() !== blanks(form).join())
          .map(([form]) => `${text}: ${form}`),
      ),
    )
  })
  test('a text with plural forms has those of its language', () => {
    const forms = new Intl.PluralRules(code).resolvedOptions().pluralCategories
    const incomplete = Object.entries(table).filter(
      ([, said]) =>
        typeof said !== 'string' &&
        (forms.some((form) => form !== 'zero' && !(form in said)) ||
          Object.keys(said).some((form) => !forms.includes(form as Intl.LDMLPluralRule))),
    )
    expectNone(incomplete.map(([text]) => text))
  })
  test('a text that counts has a form for each number', () => {
    expectNone([...counting].filter((text) => typeof table[text] === 'string'))
  })
  test('nothing is left in English but names and words that both languages have', () => {
    const allowed = new Set([...NAMES, ...(SHARED[code] ?? [])])
    expectNone(
      Object.entries(table)
        .filter(([text, said]) => formsOf(said).some(([, form]) => form === text))
        .map(([text]) => text)
        .filter((text) => !allowed.has(text)),
    )
  })
  test('no button is much longer than in English', () => {
    expectNone(
      Object.entries(table).flatMap(([text, said]) =>
        formsOf(said)
          .map(([, form]) => form)
          .filter(
            (form) =>
              buttons.has(text) &&
              form.length > Math.max(SHORT_BUTTON, text.length * BUTTON_GROWTH),
          )
          .map((form) => `${text}: ${form}`),
      ),
    )
  })
  test('sentences end as in English, and spaces are single', () => {
    const ends = (text: string) => /[.…:?]$/.exec(text.replaceAll('؟', '?'))?.[0]
    expectNone(
      Object.entries(table).flatMap(([text, said]) =>
        formsOf(said)
          .map(([, form]) => form)
          .filter((form) => ends(form) !== ends(text) || / {2}|^ | $/.test(form))
          .map((form) => `${text}: ${form}`),
      ),
    )
  })
})
