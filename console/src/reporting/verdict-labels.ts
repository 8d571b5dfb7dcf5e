// Names and colours the verdicts on a campaign's lift.
import type { LiftVerdict } from '../client'
import { msg } from '../locales/i18n'

/** Names what the comparison with the held-out customers says. */
export const verdictLabels: Record<LiftVerdict, string> = {
  scale: msg('Do more of it'),
  keep: msg('Keep it'),
  retire: msg('Stop it'),
  not_enough_data: msg('Too early to tell'),
  uneven_arms: msg('Uneven groups'),
}

export const verdictColors: Record<LiftVerdict, string> = {
  scale: 'pine',
  keep: 'blue',
  retire: 'red',
  not_enough_data: 'gray',
  uneven_arms: 'red',
}
