// Tells goodwill campaigns, whose vouchers operators issue by hand, from the others, and finds those
// that are enabled.
import { callApi } from '../api/requests'
import { type Campaign, listCampaigns, readCampaign } from '../client'
import type { AnyDefinition } from './definition-texts'

export const isGoodwill = ({ trigger }: Pick<AnyDefinition, 'trigger'>) =>
  Boolean(trigger && 'goodwill' in trigger.when)

/** The enabled autopilots that are looked through for goodwill, and how many are read at once. */
const MAX_AUTOPILOTS = 100
const READS_AT_ONCE = 10

/**
 * Reads the enabled campaigns whose vouchers operators issue by hand. A list holds no triggers, so
 * each enabled autopilot is read.
 */
export async function readGoodwillCampaigns(signal?: AbortSignal): Promise<Campaign[]> {
  const { items } = await callApi(
    listCampaigns({
      query: { kind: 'autopilot', state: 'enabled', limit: MAX_AUTOPILOTS },
      signal,
    }),
  )
  const found: Campaign[] = []
  for (let start = 0; start < items.length; start += READS_AT_ONCE) {
    const some = items.slice(start, start + READS_AT_ONCE)
    const read = await Promise.all(
      some.map(({ id }) => callApi(readCampaign({ path: { id }, signal }))),
    )
    found.push(...read.filter(isGoodwill))
  }
  return found
}
