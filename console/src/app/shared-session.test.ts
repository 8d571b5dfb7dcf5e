// Checks that a new tab takes over the session of another one, and only that, and that all end together.
import { expect, test } from 'vitest'
import { shareSession, takeSharedSession } from './shared-session'

const storage = (session?: string) => {
  const kept = new Map(session === undefined ? [] : [['user', session]])
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  }
}

test('a new tab takes over what another tab has', async () => {
  const shared = shareSession('user', storage('{"name":"ana"}'), () => {})
  const tab = storage()
  await takeSharedSession('user', tab)
  expect(tab.getItem('user')).toBe('{"name":"ana"}')
  shared.close()
})
test('without another tab, or one of another stack, it goes on without a session', async () => {
  const shared = shareSession('other', storage('x'), () => {})
  const signedOut = shareSession('user', storage(), () => {})
  const tab = storage()
  await takeSharedSession('user', tab)
  expect(tab.getItem('user')).toBeNull()
  shared.close()
  signedOut.close()
})
test('a tab that is signed in asks nobody', async () => {
  const shared = shareSession('user', storage('theirs'), () => {})
  const tab = storage('mine')
  await takeSharedSession('user', tab)
  expect(tab.getItem('user')).toBe('mine')
  shared.close()
})
test('a sign-out in one tab is told to the others', async () => {
  const heard: string[] = []
  const own = shareSession('user', storage('x'), () => heard.push('own'))
  await new Promise<void>((done) => {
    const other = shareSession('user', storage('x'), () => {
      heard.push('other')
      other.close()
      done()
    })
    own.end()
  })
  own.close()
  expect(heard).toEqual(['other'])
})
