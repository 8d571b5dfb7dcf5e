// Checks what happens to texts that cannot be read, and to which inputs a problem belongs.
import { expect, test } from 'vitest'
import { isOnSameBranch, unreadAfterWrite } from './campaign-draft'

const bad = { text: '1.000', message: 'two meanings' }

test('a text that cannot be read goes when its place, or one above it, is written', () => {
  const unread = { '/offer/minimum_basket': bad, '/caps/exposure': bad }
  expect(Object.keys(unreadAfterWrite(unread, '/offer/minimum_basket', false))).toEqual([
    '/caps/exposure',
  ])
  expect(Object.keys(unreadAfterWrite(unread, '/caps', false))).toEqual(['/offer/minimum_basket'])
  expect(unreadAfterWrite(unread, '/offer/minimum', false)).toBe(unread)
})
test('when an item is removed the later ones move, so their texts go as well', () =>
  expect(
    Object.keys(
      unreadAfterWrite(
        { '/audience/all/2/spend/at_least': bad, '/audience/any/0/within_km/km': bad },
        '/audience/all/0',
        true,
      ),
    ),
  ).toEqual(['/audience/any/0/within_km/km']))
test('a problem belongs to the input itself, to what is around it and to what is in it', () => {
  expect(isOnSameBranch('/audience/all/0', '/audience/all/0')).toBe(true)
  expect(isOnSameBranch('/audience/all/0/spend', '/audience/all/0')).toBe(true)
  expect(isOnSameBranch('/audience', '/audience/all/0')).toBe(true)
  expect(isOnSameBranch('/audience/all/1', '/audience/all/10')).toBe(false)
})
