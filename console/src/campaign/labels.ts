// Names the states and kinds of campaigns.
import type { Kind, State } from '../client'
import { msg } from '../locales/i18n'

export const stateLabels: Record<State, string> = {
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
export const kindLabels: Record<Kind, string> = {
  promotion: msg('Promotion'),
  autopilot: msg('Autopilot'),
}
