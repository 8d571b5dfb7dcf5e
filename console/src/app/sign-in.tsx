// Signs operators in (OpenID Connect, code flow with PKCE), reads their groups, shares the session among
// tabs, and lets operators sign in again without losing what they typed.
import { Button, Center, Stack, Text, Title } from '@mantine/core'
import { type User, WebStorageStateStore } from 'oidc-client-ts'
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { AuthProvider, type AuthProviderProps, useAuth } from 'react-oidc-context'
import { connectApi } from '../api/requests'
import { LoadingSpinner } from '../components/loading'
import { useLocale } from '../locales/i18n'
import type { ConsoleConfig } from './config'
import { type OperatorSession, SessionContext } from './session'
import { shareSession, takeSharedSession } from './shared-session'

const SessionEndedDialog = lazy(() => import('./session-ended-dialog'))

/** The name under which the library keeps a tab's session. */
const sessionKey = ({ oidc }: ConsoleConfig) => `oidc.user:${oidc.authority}:${oidc.client_id}`

export function SessionProvider({
  config,
  children,
}: {
  config: ConsoleConfig
  children: ReactNode
}) {
  const settings = useMemo<AuthProviderProps>(
    () => ({
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
    }),
    [config],
  )
  // A tab that comes back from the form brings its own session.
  const [asked, setAsked] = useState(() => /[?&](code|error)=/.test(window.location.search))
  const key = sessionKey(config)
  useEffect(() => {
    if (!asked) void takeSharedSession(key, window.sessionStorage).then(() => setAsked(true))
  }, [asked, key])
  if (!asked) return null
  return (
    <AuthProvider {...settings}>
      <SignInGate config={config}>{children}</SignInGate>
    </AuthProvider>
  )
}

/**
 * Reads `cognito:groups` from the id token, or from the access token where the id token has none.
 */
function readGroups(user: User): string[] {
  const own = user.profile['cognito:groups']
  if (Array.isArray(own)) return own as string[]
  try {
    const claims = JSON.parse(
      atob((user.access_token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')),
    ) as Record<string, unknown>
    return Array.isArray(claims['cognito:groups']) ? (claims['cognito:groups'] as string[]) : []
  } catch {
    return []
  }
}

function SignInGate({ config, children }: { config: ConsoleConfig; children: ReactNode }) {
  const auth = useAuth()
  const { t } = useLocale()
  const [ended, setEnded] = useState(false)
  const token = useRef<string | undefined>(undefined)
  token.current = auth.user?.access_token
  const user = auth.user

  useEffect(
    () =>
      connectApi(
        config.api,
        () => token.current,
        () => setEnded(true),
      ),
    [config],
  )
  const removeUser = useRef(auth.removeUser)
  removeUser.current = auth.removeUser
  const shared = useRef<ReturnType<typeof shareSession>>(undefined)
  useEffect(() => {
    const own = shareSession(sessionKey(config), window.sessionStorage, () => {
      void removeUser.current()
    })
    shared.current = own
    return () => own.close()
  }, [config])
  const session = useMemo<OperatorSession | null>(() => {
    if (!user) return null
    const groups = readGroups(user)
    const claim = user.profile['cognito:username'] ?? user.profile.email ?? user.profile.sub
    return {
      name: String(claim),
      groups,
      currency: config.currency,
      mayChange: groups.includes('marketer') || groups.includes('admin'),
      mayAdminister: groups.includes('admin'),
      mayApprove: groups.includes('approver') || groups.includes('admin'),
      mayGiveGoodwill: ['support', 'marketer', 'admin'].some((group) => groups.includes(group)),
      signOut: () => {
        shared.current?.end()
        void auth.removeUser().then(() => {
          const { sign_out, client_id } = config.oidc
          window.location.assign(
            sign_out
              ? `${sign_out}?client_id=${encodeURIComponent(client_id)}&logout_uri=${encodeURIComponent(window.location.origin)}`
              : '/',
          )
        })
      },
    }
  }, [user, auth, config])

  const signIn = () => {
    const { pathname, search, hash } = window.location
    const state = {
      back:
        new URLSearchParams(search).has('code') || new URLSearchParams(search).has('error')
          ? '/'
          : pathname + search + hash,
    }
    void auth.signinRedirect({ state })
  }
  if (auth.isLoading || auth.activeNavigator === 'signinRedirect')
    return (
      <Center mih="60vh">
        <LoadingSpinner />
      </Center>
    )
  if (!session) {
    return (
      <Center component="main" mih="80vh" p="md">
        <Stack align="flex-start" maw={420}>
          <img src="/favicon.svg" alt="" width={56} height={56} />
          <Title order={1}>{t('Voucher campaigns')}</Title>
          <Text>{t('Personal offers: reach, redemptions and revenue.')}</Text>
          {auth.error && (
            <Text c="var(--mantine-color-error)" role="alert">
              {t('Couldn’t sign in: {why}', { why: auth.error.message })}
            </Text>
          )}
          <Button size="md" onClick={signIn}>
            {t('Sign in')}
          </Button>
        </Stack>
      </Center>
    )
  }
  return (
    <SessionContext.Provider value={session}>
      {children}
      {ended && (
        <Suspense>
          <SessionEndedDialog
            close={() => setEnded(false)}
            signIn={() =>
              void auth.signinPopup().then(
                () => setEnded(false),
                () => undefined,
              )
            }
          />
        </Suspense>
      )}
    </SessionContext.Provider>
  )
}
