// Puts a campaign's health into words and colours, and each cause into a title and a next step.
import type { CampaignHealth, DeliverabilityIssue, HealthState } from '../client'
import { msg } from '../locales/i18n'

export const healthLabels: Record<HealthState, string> = {
  ok: msg('as it should'),
  unknown: msg('too early to say'),
  paused: msg('Paused'),
  dormant: msg('silent'),
  attention: msg('needs a look'),
  failing: msg('failing'),
  idle: msg('nothing to do'),
}
export const healthColors: Record<HealthState, string> = {
  ok: 'pine',
  unknown: 'gray',
  paused: 'yellow',
  dormant: 'red',
  attention: 'orange',
  failing: 'red',
  idle: 'gray',
}

export const causeMessages: Record<string, { title: string; next: string }> = {
  paused: {
    title: msg('It is paused'),
    next: msg('Resume it: what waits is sent then, as far as it is not too late for it.'),
  },
  schedule_not_running: {
    title: msg('Its calendar stands still'),
    next: msg(
      'Ask whoever operates the system to look at the clock, the autopilot queue with its dead letters, and the log of scan-autopilot.',
    ),
  },
  caps_used_up: {
    title: msg('Its caps are used up'),
    next: msg('Raise the caps, or end the campaign.'),
  },
  all_suppressed: {
    title: msg('Every match was skipped'),
    next: msg(
      'See the skips by reason in its diagnostics, and compare its channels with what these customers allow.',
    ),
  },
  no_matches: {
    title: msg('Nobody matches'),
    next: msg(
      'Replay it: if that matches, see whether orders and events still come in; if not, its rule is too narrow.',
    ),
  },
  fewer_than_expected: {
    title: msg('Fewer than expected'),
    next: msg('Replay it, and compare its rule and what comes in with the weeks before.'),
  },
  more_than_expected: {
    title: msg('More than expected'),
    next: msg('See who matches in the list of its vouchers; pause it if that is not meant.'),
  },
  selection_stalled: {
    title: msg('Choosing customers stands still'),
    next: msg(
      'Ask whoever operates the system to look at the expansion queue with its dead letters, and the log of expand-audience.',
    ),
  },
  sends_failing: {
    title: msg('Messages fail'),
    next: msg('See the reasons in the delivery report; pause it until the provider answers.'),
  },
  nobody_selected: {
    title: msg('Nobody was chosen'),
    next: msg(
      'Look at its audience in a clone: the sample says which part of the rule holds for nobody.',
    ),
  },
}

const pauseCauseSteps: Record<DeliverabilityIssue, string> = {
  bounces: msg(
    'Find out where these addresses come from, then resume it: it is judged on what it sends from then on.',
  ),
  complaints: msg(
    'Look at whom it writes to and how often, then resume it: it is judged on what it sends from then on.',
  ),
  channel_failing: msg(
    'Look at the provider’s status and the limits of the account, then resume it.',
  ),
}

/**
 * Returns the next step for a cause. For a campaign that was paused automatically it is about the
 * reason of the pause.
 */
export const nextStep = (
  cause: string,
  { paused_because }: Pick<CampaignHealth, 'paused_because'>,
) =>
  cause === 'paused' && paused_because
    ? pauseCauseSteps[paused_because.cause]
    : (causeMessages[cause]?.next ?? '')
