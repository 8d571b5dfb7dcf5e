// Judges whether a channel does well, by the shares at which providers begin to stop senders and at
// which customers are not reached. The functions are pure.
import type { AttemptCounts } from '../client'

export type ChannelStatus = 'good' | 'watch' | 'bad' | 'few'
export type VerdictReason = 'failures' | 'bounces' | 'complaints' | 'unanswered'

const MIN_ATTEMPTS = 20
/**
 * The shares from which a problem is worth watching and from which it is bad. Those of bounces and
 * complaints are the ones at which Amazon SES reviews and pauses accounts.
 */
const warningLimits: Record<
  VerdictReason,
  { share: (one: AttemptCounts) => number; watch: number; bad: number }
> = {
  failures: { share: ({ failed, attempts }) => shareOf(failed, attempts), watch: 0.05, bad: 0.3 },
  bounces: { share: ({ bounced, accepted }) => shareOf(bounced, accepted), watch: 0.05, bad: 0.1 },
  complaints: {
    share: ({ complained, accepted }) => shareOf(complained, accepted),
    watch: 0.001,
    bad: 0.005,
  },
  unanswered: {
    share: ({ unknown, attempts }) => shareOf(unknown, attempts),
    watch: 0.02,
    bad: 0.2,
  },
}
const shareOf = (part: number, whole: number) => (whole > 0 ? part / whole : 0)

export function judgeChannel(one: AttemptCounts): {
  status: ChannelStatus
  reasons: VerdictReason[]
} {
  if (one.attempts < MIN_ATTEMPTS) return { status: 'few', reasons: [] }
  const over = (Object.keys(warningLimits) as VerdictReason[]).filter(
    (name) => warningLimits[name].share(one) >= warningLimits[name].watch,
  )
  const bad = over.some((name) => warningLimits[name].share(one) >= warningLimits[name].bad)
  return { status: bad ? 'bad' : over.length > 0 ? 'watch' : 'good', reasons: over }
}
