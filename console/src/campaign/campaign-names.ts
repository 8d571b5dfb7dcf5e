// Finds the campaigns that a page names by their ids: one or two each by itself, more of them by walking
// the list a hundred at a time, instead of one request for every row.
import type { CampaignListItem } from '../client'

export type NamedCampaignFacts = Pick<
  CampaignListItem,
  'id' | 'name' | 'kind' | 'state' | 'launched_at'
>

export interface CampaignReader {
  readOne: (id: string) => Promise<NamedCampaignFacts>
  readPage: (
    cursor: string | undefined,
  ) => Promise<{ items: NamedCampaignFacts[]; next_cursor?: string | null }>
}

/** The most campaigns that are read one by one. */
const MAX_SINGLE_READS = 2
/** The most pages of the list that are walked for the campaigns of a page. */
const MAX_PAGES = 20
/** How long ids are gathered before they are read together. */
const GATHER_MS = 5

/** Returns the campaigns that are found, by id. One that was deleted is not among them. */
export async function findCampaigns(
  ids: readonly string[],
  { readOne, readPage }: CampaignReader,
): Promise<Map<string, NamedCampaignFacts>> {
  const wanted = new Set(ids)
  const found = new Map<string, NamedCampaignFacts>()
  if (wanted.size <= MAX_SINGLE_READS) {
    const read = await Promise.allSettled([...wanted].map(readOne))
    for (const one of read) if (one.status === 'fulfilled') found.set(one.value.id, one.value)
    return found
  }
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES && found.size < wanted.size; page += 1) {
    const { items, next_cursor } = await readPage(cursor)
    for (const one of items) if (wanted.has(one.id)) found.set(one.id, one)
    if (!next_cursor) break
    cursor = next_cursor
  }
  return found
}

/** Makes a function that gathers the ids it is asked for at the same time, and reads them together. */
export function gatherCampaigns(reader: CampaignReader) {
  let gathered: { ids: Set<string>; found: Promise<Map<string, NamedCampaignFacts>> } | undefined
  return async (id: string): Promise<NamedCampaignFacts | null> => {
    if (!gathered) {
      const ids = new Set<string>()
      const found = new Promise((done) => setTimeout(done, GATHER_MS)).then(() => {
        gathered = undefined
        return findCampaigns([...ids], reader)
      })
      gathered = { ids, found }
    }
    gathered.ids.add(id)
    return (await gathered.found).get(id) ?? null
  }
}
