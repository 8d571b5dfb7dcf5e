// Checks that every text of the console is in each translation table, with the same blanks, in the
// plural forms of the language, and that no table has more.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ar } from './ar'
import type { PluralForms } from './i18n'

const root = join(import.meta.dirname, '..')
const texts = new Set(
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) =>
        /\.tsx?$/.test(file) && !file.startsWith('client') && !file.startsWith('locales/ar'),
    )
    .flatMap((file) => {
      const source = readFileSync(join(root, file), 'utf8')
      const text = String.raw`'((?:[^'\\]|\\.)*)'`
      const direct = source.matchAll(new RegExp(String.raw`\b(?:t|msg)\(\s*${text}`, 'g'))
      // The second text of a plural is the key: the first one is for one, in English.
      const plural = source.matchAll(
        new RegExp(String.raw`\bplural\(\s*[^']*?,\s*'(?:[^'\\]|\\.)*',\s*${text}`, 'g'),
      )
      return [...direct, ...plural].map(([, found]) => found!)
    }),
)
const formsOf = (said: string | PluralForms): [form: string, text: string][] =>
  typeof said === 'string' ? [['other', said]] : Object.entries(said)
const blanks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([blank]) => blank).toSorted()

test('every text has its Arabic', () => {
  expect([...texts].filter((text) => !(text in ar))).toEqual([])
})
test('no Arabic is left over', () => {
  expect(Object.keys(ar).filter((text) => !texts.has(text))).toEqual([])
})
test('the blanks are the same in both', () => {
  const differing = Object.entries(ar).flatMap(([text, said]) =>
    formsOf(said)
      // A form for one or two may leave the number out, since its words say it.
      .filter(([form]) => !['zero', 'one', 'two'].includes(form))
      .filter(([, form]) => blanks(text).join() !== blanks(form).join())
      .map(([form]) => `${text}: ${form}`),
  )
  expect(differing).toEqual([])
})
test('a text with plural forms has those of its language', () => {
  const forms = new Intl.PluralRules('ar').resolvedOptions().pluralCategories
  const incomplete = Object.entries(ar).filter(
    ([, said]) =>
      typeof said !== 'string' && forms.some((form) => form !== 'zero' && !(form in said)),
  )
  expect(incomplete.map(([text]) => text)).toEqual([])
})
