// Conditions on an event's properties, between the form and the definition.
import { expect, test } from 'vitest'
import { howOf, kindOf, reshaped, typed } from './event-conditions'

const gold = { property: { name: 'plan', equals: 'gold' } }
const seats = { property: { name: 'seats', at_least: 3, at_most: 5 } }

test('a condition moves into the group around it, and a group keeps what is in it', () => {
  expect(reshaped(gold, 'any')).toEqual({ any: [gold] })
  expect(reshaped({ all: [gold, seats] }, 'any')).toEqual({ any: [gold, seats] })
  expect(reshaped({ any: [gold] }, 'not')).toEqual({ not: { any: [gold] } })
  expect(reshaped({ not: gold }, 'all')).toEqual({ all: [{ not: gold }] })
})
test('a "not" can be taken off again', () => expect(reshaped({ not: gold }, 'property')).toEqual(gold))
test('kinds are told apart at every depth', () => expect([gold, { all: [gold] }, { any: [] }, { not: { any: [gold] } }, undefined].map(kindOf)).toEqual(['property', 'all', 'any', 'not', 'property']))
test('a property is there, is something, or is a number between bounds', () => expect([{ name: 'a' }, gold.property, seats.property, { name: 'a', at_most: 0 }].map(howOf)).toEqual(['there', 'equals', 'number', 'number']))
test('numbers and truth values are what they look like', () => expect(['12', '1.5', '1.', 'true', 'gold', ' '].map(typed)).toEqual([12, 1.5, '1.', true, 'gold', ' ']))
