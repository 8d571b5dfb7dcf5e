// Gives the stack's time, which a local stack can move ahead, and days in the form that the API
// uses.

export const DAY_MS = 86_400_000

export const isoDay = (time: number) => new Date(time).toISOString().slice(0, 10)

let clockOffsetMs = 0

/** Returns the stack's time, in milliseconds. */
export const stackTime = () => Date.now() + clockOffsetMs

/** Sets how far the stack's time is ahead of this browser's. */
export function setClockOffset(milliseconds: number) {
  clockOffsetMs = milliseconds
}
