// Works out what several chosen campaigns allow, and does it to one after the other: an action that one
// of them refuses is done to the others, and the refusal is kept with its campaign.
import type { CampaignListItem } from '../client'

export type BulkAction = 'pause' | 'resume' | 'archive' | 'delete'
export const bulkActions: BulkAction[] = ['pause', 'resume', 'archive', 'delete']

export type BulkSubject = Pick<CampaignListItem, 'id' | 'name' | 'version' | 'allowed_actions'>

/** Returns the campaigns that allow an action in their present state. */
export const allowing = <T extends BulkSubject>(action: BulkAction, campaigns: readonly T[]) =>
  campaigns.filter(({ allowed_actions }) => allowed_actions.includes(action))

export interface BulkResult {
  done: string[]
  refused: { campaign: BulkSubject; error: unknown }[]
}

export async function runBulk(
  campaigns: readonly BulkSubject[],
  run: (campaign: BulkSubject) => Promise<unknown>,
  onProgress: (n: number) => void,
): Promise<BulkResult> {
  const result: BulkResult = { done: [], refused: [] }
  for (const [place, campaign] of campaigns.entries()) {
    try {
      await run(campaign)
      result.done.push(campaign.id)
    } catch (error) {
      result.refused.push({ campaign, error })
    }
    onProgress(place + 1)
  }
  return result
}
