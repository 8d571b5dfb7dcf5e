// Collects what an operator should know of wherever they are in the console: what needs a decision, imports
// that are over or can start, webhook endpoints that refuse events, and an AWS account that is not ready. Remembers in the browser what was seen.
import type { ImportState, ImportSummary, ReadinessState, ReadinessView } from '../client'
import { type Decision, findDecisions, type HomeFacts } from './decisions'

export type Notice =
  | Decision
  | { kind: 'import'; file: Pick<ImportSummary, 'id' | 'file_name' | 'state' | 'updated_at'> }
  | { kind: 'webhook'; endpoint: string; waiting: number; more: boolean }
  | { kind: 'readiness'; state: ReadinessState; trial: number }

export interface NoticeFacts extends HomeFacts {
  readiness?: Pick<ReadinessView, 'state' | 'trial_customers'>
  imports?: readonly Pick<ImportSummary, 'id' | 'file_name' | 'state' | 'updated_at'>[]
  webhooks?: readonly { endpoint: string; waiting: number; more: boolean }[]
}

/** Imports are worth a word as soon as nothing goes on by itself, for a day. */
const toldStates: ImportState[] = ['checked', 'done', 'failed']
export const IMPORT_NEWS_MS = 86_400_000
/** An account that was never checked is a step of the setup, and no news. */
const unreadyStates: ReadinessState[] = ['not_ready', 'not_known', 'old']

/** Returns notices, the urgent ones first. `now` decides which imports are news. */
export function findNotices(facts: NoticeFacts, now: number): Notice[] {
  const webhooks = (facts.webhooks ?? [])
    .filter(({ waiting }) => waiting > 0)
    .map((one) => ({ kind: 'webhook' as const, ...one }))
  const imports = (facts.imports ?? [])
    .filter(
      ({ state, updated_at }) =>
        toldStates.includes(state) && now - Date.parse(updated_at) < IMPORT_NEWS_MS,
    )
    .map((file) => ({ kind: 'import' as const, file }))
  const { readiness } = facts
  const account =
    readiness && unreadyStates.includes(readiness.state)
      ? [
          {
            kind: 'readiness' as const,
            state: readiness.state,
            trial: readiness.trial_customers,
          },
        ]
      : []
  return [...findDecisions(facts), ...account, ...webhooks, ...imports]
}

/** Names a notice, so that the same is not new again, but the next one of the same campaign is. */
export function noticeKey(notice: Notice): string {
  switch (notice.kind) {
    case 'system':
      return `system ${notice.state} ${notice.alerts}`
    case 'health':
      return `health ${notice.campaign.campaign_id} ${notice.cause}`
    case 'redeeming':
    case 'approval':
      return `${notice.kind} ${notice.campaign.id}`
    case 'replies':
      return `replies ${notice.waiting}`
    case 'import':
      return `import ${notice.file.id} ${notice.file.state}`
    case 'readiness':
      return `readiness ${notice.state}`
    case 'webhook':
      return `webhook ${notice.endpoint}`
  }
}

const SEEN_KEY = 'console.notices.seen'

/** Returns the names of the notices that were seen in this browser. */
export function readSeen(storage: Pick<Storage, 'getItem'>): ReadonlySet<string> {
  try {
    const read: unknown = JSON.parse(storage.getItem(SEEN_KEY) ?? '[]')
    return new Set(Array.isArray(read) ? read.filter((one) => typeof one === 'string') : [])
  } catch {
    return new Set()
  }
}

/** Remembers the present notices as seen. What is over is forgotten, and is new if it comes again. */
export const saveSeen = (notices: readonly Notice[], storage: Pick<Storage, 'setItem'>) =>
  storage.setItem(SEEN_KEY, JSON.stringify(notices.map(noticeKey)))
