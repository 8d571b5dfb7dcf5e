// Conditions on an event's properties, between the form and the definition.
import { expect, test } from 'vitest'
import { plain, typed } from './event-conditions'

test('one condition or a list of them can be edited', () => {
  expect(plain(undefined)).toEqual([])
  expect(plain({ property: { name: 'plan', equals: 'gold' } })).toEqual([{ name: 'plan', equals: 'gold' }])
  expect(plain({ all: [{ property: { name: 'seats', at_least: 3 } }] })).toEqual([{ name: 'seats', at_least: 3 }])
})
test('what is nested, or has two bounds, is left as it is', () => {
  expect(plain({ all: [{ any: [{ property: { name: 'a' } }] }] })).toBeUndefined()
  expect(plain({ not: { property: { name: 'a' } } })).toBeUndefined()
  expect(plain({ property: { name: 'a', at_least: 1, at_most: 2 } })).toBeUndefined()
})
test('numbers and truth values are what they look like', () => expect(['12', '1.5', '1.', 'true', 'gold', ' '].map(typed)).toEqual([12, 1.5, '1.', true, 'gold', ' ']))
