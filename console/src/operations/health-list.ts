// The health of campaigns, read until there is a page of it: the API looks at campaigns by the page, and leaves out those that are not on.
import { listHealth, type CampaignHealth } from '../client'
import { call } from '../app/api'

/** Of the API's pages, so that one look never reads without end; "Next" goes on from there. */
const WALKED = 10
const LIMIT = 100

export async function healthPage(want: number, cursor?: string, signal?: AbortSignal): Promise<{ items: CampaignHealth[]; next_cursor?: string | null }> {
  const items: CampaignHealth[] = []
  let next: string | null | undefined = cursor
  for (let page = 0; page < WALKED && items.length < want; page += 1) {
    const found: { items: CampaignHealth[]; next_cursor?: string | null } = await call(listHealth({ query: { limit: Math.min(LIMIT, want), cursor: next ?? undefined }, signal }))
    items.push(...found.items)
    next = found.next_cursor
    if (!next) break
  }
  return { items, next_cursor: next }
}
