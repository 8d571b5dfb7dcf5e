// Checks which columns of a list are hidden, and that nothing else under the key hides one.
import { expect, test } from 'vitest'
import { readHidden, saveHidden } from './list-columns'

const kept = new Map<string, string>()
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
}

test('what is hidden in one list is shown in the other', () => {
  expect(readHidden('promotion', storage).size).toBe(0)
  saveHidden('promotion', new Set(['cost', 'edited']), storage)
  expect([...readHidden('promotion', storage)]).toEqual(['cost', 'edited'])
  expect(readHidden('autopilot', storage).size).toBe(0)
  saveHidden('promotion', new Set(), storage)
  expect(readHidden('promotion', storage).size).toBe(0)
})
test('a column that does not exist hides nothing', () => {
  kept.set('console.columns.promotion', '[],name,cost')
  expect([...readHidden('promotion', storage)]).toEqual(['cost'])
})
