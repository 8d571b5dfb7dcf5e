// Puts a campaign's health into words and colours, and each cause into a title and a next step.
import type { CampaignHealth, DeliverabilityIssue, HealthState } from '../client'
import { msg } from '../locales/i18n'

export const healthLabels: Record<HealthState, string> = {
  ok: msg('Healthy'),
  unknown: msg('Too early to tell'),
  paused: msg('Paused'),
  dormant: msg('Not triggering'),
  attention: msg('Needs attention'),
  failing: msg('Failing'),
  idle: msg('Idle'),
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
    next: msg('Resume it. Waiting messages are sent unless their deadline has passed.'),
  },
  schedule_not_running: {
    title: msg('Its schedule has stalled'),
    next: msg(
      'Ask your system operator to check the timer, the autopilot queue with its failed jobs, and the log of scan-autopilot.',
    ),
  },
  caps_used_up: {
    title: msg('Its limits are reached'),
    next: msg('Raise the caps, or end the campaign.'),
  },
  all_suppressed: {
    title: msg('Every match was skipped'),
    next: msg(
      'See the skip reasons in its diagnostics, and compare its channels with these customers’ consents.',
    ),
  },
  no_matches: {
    title: msg('No customers match'),
    next: msg(
      'Replay it. If the replay matches, check whether orders and events still arrive; if not, its rule is too narrow.',
    ),
  },
  fewer_than_expected: {
    title: msg('Fewer than expected'),
    next: msg('Replay it, and compare its rule and what comes in with the weeks before.'),
  },
  more_than_expected: {
    title: msg('More than expected'),
    next: msg(
      'Check which customers match in its list of vouchers, and pause it if this is not intended.',
    ),
  },
  selection_stalled: {
    title: msg('Audience selection has stalled'),
    next: msg(
      'Ask your system operator to check the expansion queue with its failed jobs, and the log of expand-audience.',
    ),
  },
  sends_failing: {
    title: msg('Messages fail'),
    next: msg('See the reasons in the delivery report; pause it until the provider answers.'),
  },
  nobody_selected: {
    title: msg('No customers were selected'),
    next: msg('Check its audience in a clone: the sample shows which condition matches nobody.'),
  },
}

const pauseCauseSteps: Record<DeliverabilityIssue, string> = {
  bounces: msg(
    'Find out where these addresses come from, then resume it. Only new messages count from then on.',
  ),
  complaints: msg(
    'Check whom it messages and how often, then resume it. Only new messages count from then on.',
  ),
  channel_failing: msg('Check the provider’s status and your account limits, then resume it.'),
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
