// Chooses, of a campaign's open matches, the one that says best why it waits.
import type { PendingTrigger } from '../client'

/** Returns a match that is held back, the earliest one; work that is under way holds nothing back. */
export const nextToWait = (items: readonly PendingTrigger[]): PendingTrigger | undefined =>
  items
    .filter(({ state }) => state === 'waiting' || state === 'paused' || state === 'retrying')
    .toSorted((one, other) => Date.parse(one.until) - Date.parse(other.until))[0]
