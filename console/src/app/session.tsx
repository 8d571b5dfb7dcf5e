// Who is signed in (OIDC, code flow with PKCE), what their groups allow, and how they sign in again without losing what they were typing.
import { Button, Center, Stack, Text, Title } from '@mantine/core'
import { WebStorageStateStore, type User } from 'oidc-client-ts'
import { createContext, lazy, Suspense, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { AuthProvider, useAuth, type AuthProviderProps } from 'react-oidc-context'
import { connect } from './api'
import type { Config } from './config'
import { useWords } from './i18n'
import { Waiting } from './parts'

export interface Session { name: string; groups: string[]; mayChange: boolean; mayAdminister: boolean; mayApprove: boolean; signOut: () => void; currency: string }
const Ended = lazy(() => import('./session-ended'))
const Context = createContext<Session | null>(null)

export function useSession() {
  const found = useContext(Context)
  if (!found) throw new Error('the session is used outside SessionProvider')
  return found
}

export function SessionProvider({ config, children }: { config: Config; children: ReactNode }) {
  const settings = useMemo<AuthProviderProps>(() => ({
    authority: config.oidc.authority,
    client_id: config.oidc.client_id,
    redirect_uri: window.location.origin,
    popup_redirect_uri: window.location.origin,
    response_type: 'code',
    scope: 'openid email profile',
    metadata: config.oidc.metadata,
    automaticSilentRenew: false,
    userStore: new WebStorageStateStore({ store: window.sessionStorage }),
    onSigninCallback: (user) => {
      const { back } = ((user as User | undefined)?.state ?? {}) as { back?: string }
      window.history.replaceState({}, '', back?.startsWith('/') ? back : '/')
    },
  }), [config])
  return <AuthProvider {...settings}><Gate config={config}>{children}</Gate></AuthProvider>
}

/** `cognito:groups` of the id token, or of the access token where the id token has none. */
function groupsOf(user: User): string[] {
  const own = user.profile['cognito:groups']
  if (Array.isArray(own)) return own as string[]
  try {
    const claims = JSON.parse(atob((user.access_token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>
    return Array.isArray(claims['cognito:groups']) ? (claims['cognito:groups'] as string[]) : []
  } catch {
    return []
  }
}

function Gate({ config, children }: { config: Config; children: ReactNode }) {
  const auth = useAuth()
  const { t } = useWords()
  const [ended, setEnded] = useState(false)
  const token = useRef<string | undefined>(undefined)
  token.current = auth.user?.access_token
  const user = auth.user

  useEffect(() => connect(config.api, () => token.current, () => setEnded(true)), [config])
  const session = useMemo<Session | null>(() => {
    if (!user) return null
    const groups = groupsOf(user)
    const claim = user.profile['cognito:username'] ?? user.profile.email ?? user.profile.sub
    return {
      name: String(claim), groups, currency: config.currency,
      mayChange: groups.includes('marketer') || groups.includes('admin'),
      mayAdminister: groups.includes('admin'),
      mayApprove: groups.includes('approver') || groups.includes('admin'),
      signOut: () => {
        void auth.removeUser().then(() => {
          const { sign_out, client_id } = config.oidc
          window.location.assign(sign_out
            ? `${sign_out}?client_id=${encodeURIComponent(client_id)}&logout_uri=${encodeURIComponent(window.location.origin)}` : '/')
        })
      },
    }
  }, [user, auth, config])

  const signIn = () => {
    const { pathname, search, hash } = window.location
    const state = { back: new URLSearchParams(search).has('code') || new URLSearchParams(search).has('error') ? '/' : pathname + search + hash }
    void auth.signinRedirect({ state })
  }
  if (auth.isLoading || (auth.activeNavigator === 'signinRedirect')) return <Center mih="60vh"><Waiting /></Center>
  if (!session) {
    return (
      <Center component="main" mih="80vh" p="md">
        <Stack align="flex-start" maw={420}>
          <img src="/favicon.svg" alt="" width={56} height={56} />
          <Title order={1}>{t('Voucher campaigns')}</Title>
          <Text>{t('Personal offers: who got one, who took it up, and what it earned.')}</Text>
          {auth.error && <Text c="var(--mantine-color-error)" role="alert">{t('Signing in did not work: {why}', { why: auth.error.message })}</Text>}
          <Button size="md" onClick={signIn}>{t('Sign in')}</Button>
        </Stack>
      </Center>
    )
  }
  return (
    <Context.Provider value={session}>
      {children}
      {ended && <Suspense><Ended close={() => setEnded(false)} signIn={() => void auth.signinPopup().then(() => setEnded(false), () => undefined)} /></Suspense>}
    </Context.Provider>
  )
}
