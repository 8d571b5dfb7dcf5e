// Checks how conditions on an event's properties convert between the form and the definition.
import { expect, test } from 'vitest'
import {
  comparisonKind,
  conditionKind,
  convertCondition,
  parseTypedValue,
} from './event-conditions'

const gold = { property: { name: 'plan', equals: 'gold' } }
const seats = { property: { name: 'seats', at_least: 3, at_most: 5 } }

test('a condition moves into the group around it, and a group keeps what is in it', () => {
  expect(convertCondition(gold, 'any')).toEqual({ any: [gold] })
  expect(convertCondition({ all: [gold, seats] }, 'any')).toEqual({ any: [gold, seats] })
  expect(convertCondition({ any: [gold] }, 'not')).toEqual({ not: { any: [gold] } })
  expect(convertCondition({ not: gold }, 'all')).toEqual({ all: [{ not: gold }] })
})
test('a "not" can be taken off again', () =>
  expect(convertCondition({ not: gold }, 'property')).toEqual(gold))
test('kinds are told apart at every depth', () =>
  expect(
    [gold, { all: [gold] }, { any: [] }, { not: { any: [gold] } }, undefined].map(conditionKind),
  ).toEqual(['property', 'all', 'any', 'not', 'property']))
test('a property is there, is something, or is a number between bounds', () =>
  expect(
    [{ name: 'a' }, gold.property, seats.property, { name: 'a', at_most: 0 }].map(comparisonKind),
  ).toEqual(['there', 'equals', 'number', 'number']))
test('numbers and truth values are what they look like', () =>
  expect(['12', '1.5', '1.', 'true', 'gold', ' '].map(parseTypedValue)).toEqual([
    12,
    1.5,
    '1.',
    true,
    'gold',
    ' ',
  ]))
