// Checks how a tag is inserted.
import { expect, test } from 'vitest'
import { insertTag } from './tag-insertion'

const tag = '{{ offer }}'
const insert = (text: string, start: number, end = start) => insertTag(text, tag, start, end).text

test('a tag is put at the cursor, apart from the words beside it', () => {
  expect(insert('', 0)).toBe('{{ offer }}')
  expect(insert('For you', 7)).toBe('For you {{ offer }}')
  expect(insert('For you', 0)).toBe('{{ offer }} For you')
  expect(insert('Hi , you', 3)).toBe('Hi {{ offer }}, you')
  expect(insert('Hithere', 2)).toBe('Hi {{ offer }} there')
})
test('it replaces what is selected', () =>
  expect(insert('Get SALE now', 4, 8)).toBe('Get {{ offer }} now'))
test('the cursor is behind it', () => {
  const { text, cursor } = insertTag('Hi you', tag, 3, 3)
  expect(text.slice(0, cursor)).toBe('Hi {{ offer }} ')
})
