// Shares a session among the tabs of one browser: a new tab takes it over from one that is signed in, and a
// sign-out ends it in all. The session itself stays in each tab's own storage, and is gone with the last one.

/** How long a new tab waits for another one to answer. */
const ANSWER_MS = 250
const CHANNEL = 'console.session'

type SessionMessage =
  { kind: 'ask' } | { kind: 'here'; key: string; value: string } | { kind: 'ended' }

const isMessage = (data: unknown): data is SessionMessage =>
  typeof data === 'object' && data !== null && 'kind' in data

/** Takes the session of another tab over, if this one has none. Resolves once there is one, or none answered. */
export function takeSharedSession(
  key: string,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
): Promise<void> {
  if (storage.getItem(key) !== null || typeof BroadcastChannel === 'undefined')
    return Promise.resolve()
  const channel = new BroadcastChannel(CHANNEL)
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      channel.close()
      resolve()
    }
    const timer = setTimeout(finish, ANSWER_MS)
    channel.onmessage = ({ data }) => {
      if (!isMessage(data) || data.kind !== 'here' || data.key !== key) return
      storage.setItem(key, data.value)
      finish()
    }
    channel.postMessage({ kind: 'ask' } satisfies SessionMessage)
  })
}

/** Answers tabs that ask, as long as this one is signed in, and says when another tab signs out. */
export function shareSession(
  key: string,
  storage: Pick<Storage, 'getItem'>,
  onEnded: () => void,
): { end: () => void; close: () => void } {
  if (typeof BroadcastChannel === 'undefined') return { end: () => {}, close: () => {} }
  const channel = new BroadcastChannel(CHANNEL)
  channel.onmessage = ({ data }) => {
    if (!isMessage(data)) return
    if (data.kind === 'ended') return onEnded()
    const value = storage.getItem(key)
    if (data.kind === 'ask' && value !== null)
      channel.postMessage({ kind: 'here', key, value } satisfies SessionMessage)
  }
  return {
    end: () => channel.postMessage({ kind: 'ended' } satisfies SessionMessage),
    close: () => channel.close(),
  }
}
