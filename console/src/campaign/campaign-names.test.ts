// Checks how many requests the names of a page's campaigns take.
import { expect, test } from 'vitest'
import { findCampaigns, gatherCampaigns, type NamedCampaignFacts } from './campaign-names'

const PAGE = 100
const campaign = (n: number): NamedCampaignFacts => ({
  id: `cmp_${n}`,
  name: `Campaign ${n}`,
  kind: 'promotion',
  state: 'completed',
  launched_at: null,
})

/** A list of so many campaigns that counts its requests. */
function listOf(size: number) {
  const requests = { one: 0, page: 0 }
  return {
    requests,
    readOne: async (id: string) => {
      requests.one += 1
      const n = Number(id.slice(4))
      if (!(n < size)) throw new Error('there is no such campaign')
      return campaign(n)
    },
    readPage: async (cursor: string | undefined) => {
      requests.page += 1
      const start = Number(cursor ?? 0)
      const end = Math.min(start + PAGE, size)
      return {
        items: Array.from({ length: end - start }, (_, at) => campaign(start + at)),
        next_cursor: end < size ? String(end) : null,
      }
    },
  }
}

test('sixty campaigns of five hundred take five requests at most, not sixty', async () => {
  const list = listOf(500)
  const ids = Array.from({ length: 60 }, (_, n) => `cmp_${n * 8}`)
  expect((await findCampaigns(ids, list)).size).toBe(60)
  expect(list.requests).toEqual({ one: 0, page: 5 })
})
test('the walk ends where all are found', async () => {
  const list = listOf(10_000)
  await findCampaigns(['cmp_1', 'cmp_2', 'cmp_150'], list)
  expect(list.requests).toEqual({ one: 0, page: 2 })
})
test('one or two are read by themselves, and a deleted one is nobody’s fault', async () => {
  const list = listOf(10)
  expect([...(await findCampaigns(['cmp_1', 'cmp_99'], list)).keys()]).toEqual(['cmp_1'])
  expect(list.requests).toEqual({ one: 2, page: 0 })
})
test('a walk for what is not there ends', async () => {
  const list = listOf(100_000)
  expect((await findCampaigns(['gone_1', 'gone_2', 'gone_3'], list)).size).toBe(0)
  expect(list.requests.page).toBe(20)
})
test('what a page asks for at the same time is read together, and later asked anew', async () => {
  const list = listOf(300)
  const load = gatherCampaigns(list)
  const names = await Promise.all(
    ['cmp_5', 'cmp_7', 'cmp_5', 'cmp_9', 'gone'].map(async (id) => (await load(id))?.name),
  )
  expect(names).toEqual(['Campaign 5', 'Campaign 7', 'Campaign 5', 'Campaign 9', undefined])
  expect(list.requests).toEqual({ one: 0, page: 3 })
  expect((await load('cmp_5'))?.name).toBe('Campaign 5')
  expect(list.requests).toEqual({ one: 1, page: 3 })
})
