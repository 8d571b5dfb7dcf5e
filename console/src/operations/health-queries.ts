// Reads the health of campaigns until a page is full: the API looks at campaigns page by page and
// leaves out those that are not on, or not kept by the caller.
import { callApi } from '../api/requests'
import { type CampaignHealth, listHealth } from '../client'

/** The most API pages that one read takes; "Next" continues from there. */
const MAX_PAGES_READ = 10
const PAGE_LIMIT = 100

export async function readHealthPage(
  want: number,
  cursor?: string,
  signal?: AbortSignal,
  keep: (one: CampaignHealth) => boolean = () => true,
): Promise<{ items: CampaignHealth[]; next_cursor?: string | null }> {
  const items: CampaignHealth[] = []
  let next: string | null | undefined = cursor
  for (let page = 0; page < MAX_PAGES_READ && items.length < want; page += 1) {
    const found: { items: CampaignHealth[]; next_cursor?: string | null } = await callApi(
      listHealth({
        query: { limit: Math.min(PAGE_LIMIT, want), cursor: next ?? undefined },
        signal,
      }),
    )
    items.push(...found.items.filter(keep))
    next = found.next_cursor
    if (!next) break
  }
  return { items, next_cursor: next }
}
