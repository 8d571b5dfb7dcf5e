// Checks that every text of the console is in each translation table, with the same blanks, and
// that no table has more.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ar } from './ar'

const root = join(import.meta.dirname, '..')
const texts = new Set(
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) =>
        /\.tsx?$/.test(file) && !file.startsWith('client') && !file.startsWith('locales/ar'),
    )
    .flatMap((file) => {
      const source = readFileSync(join(root, file), 'utf8')
      const direct = [...source.matchAll(/\b(?:t|msg)\(\s*'((?:[^'\\]|\\.)*)'/g)].map(
        ([, text]) => text!,
      )
      return direct
    }),
)
const blanks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([blank]) => blank).toSorted()

test('every text has its Arabic', () => {
  expect([...texts].filter((text) => !(text in ar))).toEqual([])
})
test('no Arabic is left over', () => {
  expect(Object.keys(ar).filter((text) => !texts.has(text))).toEqual([])
})
test('the blanks are the same in both', () => {
  expect(
    Object.entries(ar).filter(([text, said]) => blanks(text).join() !== blanks(said).join()),
  ).toEqual([])
})
