// Checks that the numbers of a page's campaigns take a request for each hundred, not for each row.
import { expect, test } from 'vitest'
import type { CampaignPerformance } from '../client'
import { walkPerformance } from './performance-queries'

const PAGE = 100

/** Reports of so many campaigns in pages, which count how often they are read. */
function reports(size: number) {
  const read: string[] = []
  return {
    read,
    page: async (cursor: string) => {
      read.push(cursor)
      const start = Number(cursor)
      const end = Math.min(start + PAGE, size)
      return {
        items: Array.from(
          { length: end - start },
          (_, at) => ({ campaign_id: `cmp_${start + at}` }) as CampaignPerformance,
        ),
        next_cursor: end < size ? String(end) : null,
      }
    },
  }
}

test('a page of 25 rows takes the requests on the way to it', async () => {
  const { page, read } = reports(1_000)
  const ids = Array.from({ length: 25 }, (_, n) => `cmp_${310 + n}`)
  expect((await walkPerformance(ids, '100', page)).size).toBe(25)
  expect(read).toEqual(['100', '200', '300'])
})
test('a campaign without numbers ends the walk with the list', async () => {
  const { page, read } = reports(250)
  expect((await walkPerformance(['cmp_none'], '100', page)).size).toBe(0)
  expect(read).toEqual(['100', '200'])
})
test('nothing is read where the newest were all', async () => {
  const { page, read } = reports(50)
  expect((await walkPerformance(['cmp_none'], null, page)).size).toBe(0)
  expect(read).toEqual([])
})
