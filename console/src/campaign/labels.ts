// Names the states and kinds of campaigns.
import type { CampaignKind, CampaignState } from '../client'
import { msg } from '../locales/i18n'

export const stateLabels: Record<CampaignState, string> = {
  draft: msg('Draft'),
  scheduled: msg('Scheduled'),
  running: msg('Running'),
  enabled: msg('Enabled'),
  paused: msg('Paused'),
  completed: msg('Completed'),
  cancelled: msg('Cancelled'),
  ended: msg('Ended'),
  failed: msg('Failed'),
  archived: msg('Archived'),
}
export const kindLabels: Record<CampaignKind, string> = {
  promotion: msg('Promotion'),
  autopilot: msg('Autopilot'),
}
