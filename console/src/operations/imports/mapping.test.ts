// Checks that a mapping states what an operator has changed, and no more.
import { expect, test } from 'vitest'
import { chosenField, isSameMapping, withField } from './mapping'

const mail = { name: 'Mail', guess: 'email' }
const colour = { name: 'Colour', guess: null }

test('a column has the field that was chosen, else the one that was recognised', () => {
  expect(chosenField({}, mail)).toBe('email')
  expect(chosenField({}, colour)).toBe('')
  expect(chosenField({ Mail: 'ignore' }, mail)).toBe('ignore')
})
test('what is chosen is stated, and what was recognised is not', () => {
  const changed = withField(withField({}, mail, 'ignore'), colour, 'tags')
  expect(changed).toEqual({ Mail: 'ignore', Colour: 'tags' })
  expect(withField(changed, mail, 'email')).toEqual({ Colour: 'tags' })
  expect(withField(changed, colour, '')).toEqual({ Mail: 'ignore' })
})
test('the order of the columns makes no other mapping', () => {
  expect(isSameMapping({ a: '1', b: '2' }, { b: '2', a: '1' })).toBe(true)
  expect(isSameMapping({ a: '1' }, { a: '2' })).toBe(false)
  expect(isSameMapping({ a: '1' }, { a: '1', b: '2' })).toBe(false)
  expect(isSameMapping({ a: '1' }, { b: '1' })).toBe(false)
})
