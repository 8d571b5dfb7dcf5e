// Checks which actions several campaigns allow, and that one refusal stops none of the others.
import { expect, test } from 'vitest'
import { allowing, type BulkSubject, runBulk } from './bulk-actions'

const campaign = (id: string, ...allowed_actions: string[]): BulkSubject => ({
  id,
  name: id,
  version: 1,
  allowed_actions,
})

test('an action is offered for the campaigns that allow it, and for no other', () => {
  const campaigns = [campaign('a', 'pause', 'cancel'), campaign('b', 'delete'), campaign('c')]
  expect(allowing('pause', campaigns).map(({ id }) => id)).toEqual(['a'])
  expect(allowing('delete', campaigns).map(({ id }) => id)).toEqual(['b'])
  expect(allowing('archive', campaigns)).toEqual([])
})
test('a refusal is kept with its campaign, and the others are done', async () => {
  const seen: number[] = []
  const refusal = new Error('changed meanwhile')
  const result = await runBulk(
    [campaign('a'), campaign('b'), campaign('c')],
    async ({ id }) => {
      if (id === 'b') throw refusal
    },
    (n) => seen.push(n),
  )
  expect(result.done).toEqual(['a', 'c'])
  expect(result.refused).toEqual([{ campaign: campaign('b'), error: refusal }])
  expect(seen).toEqual([1, 2, 3])
})
test('campaigns are changed one after the other', async () => {
  let open = 0
  let most = 0
  await runBulk(
    [campaign('a'), campaign('b')],
    async () => {
      open += 1
      most = Math.max(most, open)
      await Promise.resolve()
      open -= 1
    },
    () => {},
  )
  expect(most).toBe(1)
})
