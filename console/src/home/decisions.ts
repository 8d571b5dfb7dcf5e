// Decides what on the home page needs a person, from what the lists and the health page already say,
// and in which order: what harms customers first, what merely waits last.
import type { Campaign, CampaignHealth, CampaignListItem, SystemState } from '../client'

export type Decision =
  | { kind: 'system'; state: SystemState; alerts: number }
  | { kind: 'health'; campaign: CampaignHealth; cause: string }
  | { kind: 'redeeming'; campaign: CampaignListItem }
  | { kind: 'approval'; campaign: Pick<Campaign, 'id' | 'kind' | 'name'> }
  | { kind: 'replies'; waiting: number; more: boolean }

export interface HomeFacts {
  system?: { state: SystemState; alerts: readonly unknown[] }
  health?: readonly CampaignHealth[]
  campaigns?: readonly CampaignListItem[]
  awaitingApproval?: readonly Pick<Campaign, 'id' | 'kind' | 'name'>[]
  replies?: { items: readonly unknown[]; next_cursor?: string | null }
}

/** Health states in the order in which they are shown; campaigns in any other state need nobody. */
const urgentStates: CampaignHealth['health'][] = ['failing', 'dormant', 'attention', 'paused']

export function findDecisions({
  system,
  health = [],
  campaigns = [],
  awaitingApproval = [],
  replies,
}: HomeFacts): Decision[] {
  const found: Decision[] = []
  if (system && system.state !== 'ok')
    found.push({ kind: 'system', state: system.state, alerts: system.alerts.length })
  for (const state of urgentStates)
    for (const campaign of health)
      if (campaign.health === state)
        found.push({ kind: 'health', campaign, cause: campaign.alerts[0]?.cause ?? state })
  for (const campaign of campaigns)
    if (campaign.redeeming === 'suspended') found.push({ kind: 'redeeming', campaign })
  for (const campaign of awaitingApproval) found.push({ kind: 'approval', campaign })
  if (replies && replies.items.length > 0)
    found.push({
      kind: 'replies',
      waiting: replies.items.length,
      more: Boolean(replies.next_cursor),
    })
  return found
}

/** Returns the campaigns that have a start ahead, the next one first. */
export const startingNext = (campaigns: readonly CampaignListItem[]) =>
  campaigns
    .filter(({ state, starts_at }) => state === 'scheduled' && starts_at)
    .toSorted((one, other) => Date.parse(one.starts_at!) - Date.parse(other.starts_at!))

/** Returns the drafts, the one that was edited last first. */
export const latestDrafts = (campaigns: readonly CampaignListItem[]) =>
  campaigns
    .filter(({ state }) => state === 'draft')
    .toSorted((one, other) => Date.parse(other.updated_at) - Date.parse(one.updated_at))
