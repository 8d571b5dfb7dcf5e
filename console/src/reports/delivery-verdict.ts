// Whether a channel does well: by the shares at which providers begin to stop senders, and at which customers are not reached. Pure.
import type { Attempts } from '../client'

export type Standing = 'good' | 'watch' | 'bad' | 'few'
export type Because = 'failures' | 'bounces' | 'complaints' | 'unanswered'

const ENOUGH = 20
/** As percent: from where on it is told, and from where on it is bad. Bounces and complaints as Amazon SES reviews and pauses accounts. */
const limits: Record<Because, { share: (one: Attempts) => number; watch: number; bad: number }> = {
  failures: { share: ({ failed, attempts }) => ratio(failed, attempts), watch: 0.05, bad: 0.3 },
  bounces: { share: ({ bounced, accepted }) => ratio(bounced, accepted), watch: 0.05, bad: 0.1 },
  complaints: { share: ({ complained, accepted }) => ratio(complained, accepted), watch: 0.001, bad: 0.005 },
  unanswered: { share: ({ unknown, attempts }) => ratio(unknown, attempts), watch: 0.02, bad: 0.2 },
}
const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : 0)

export function channelVerdict(one: Attempts): { standing: Standing; because: Because[] } {
  if (one.attempts < ENOUGH) return { standing: 'few', because: [] }
  const over = (Object.keys(limits) as Because[]).filter((name) => limits[name].share(one) >= limits[name].watch)
  const bad = over.some((name) => limits[name].share(one) >= limits[name].bad)
  return { standing: bad ? 'bad' : over.length > 0 ? 'watch' : 'good', because: over }
}
