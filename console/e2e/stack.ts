// Knows the stack that the tests run against: signs operators in, and calls the API as an operator or
// as the app backend.
import type { Page } from '@playwright/test'
import { createHmac, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface StackFile {
  api_url: string
  console_url: string
  endpoint_url: string
  inbox_url: string
  client_id: string
  user_pool_id: string
  region: string
  webhook_key_id: string
  webhook_secret: string
  clock_file: string
  groups_users: Record<
    'viewer' | 'support' | 'marketer' | 'approver' | 'admin',
    { username: string; password: string }
  >
}
const stackFile =
  process.env.STACK_JSON ?? join(dirname(fileURLToPath(import.meta.url)), '../../.local/stack.json')
export const stack = JSON.parse(readFileSync(stackFile, 'utf8')) as StackFile

interface OperatorTokens {
  AccessToken: string
  IdToken: string
  ExpiresIn: number
}

const tokensByGroup = new Map<string, Promise<OperatorTokens>>()

/** Returns the tokens of a group's user. They live longer than the tests: one sign-in is enough. */
export function fetchTokens(group: keyof StackFile['groups_users']): Promise<OperatorTokens> {
  const known = tokensByGroup.get(group) ?? requestTokens(group)
  tokensByGroup.set(group, known)
  return known
}

async function requestTokens(group: keyof StackFile['groups_users']): Promise<OperatorTokens> {
  const { username, password } = stack.groups_users[group]
  const answer = await fetch(`${stack.endpoint_url}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    },
    body: JSON.stringify({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: stack.client_id,
      AuthParameters: { USERNAME: username, PASSWORD: password },
    }),
  })
  return ((await answer.json()) as { AuthenticationResult: OperatorTokens }).AuthenticationResult
}

/**
 * Puts a session where the console keeps it. That is quicker than the sign-in form, which one test
 * walks through.
 */
export async function signIn(
  page: Page,
  group: keyof StackFile['groups_users'] = 'admin',
  look: { language?: string; scheme?: string } = {},
) {
  const { AccessToken, IdToken, ExpiresIn } = await fetchTokens(group)
  const profile = JSON.parse(
    Buffer.from(IdToken.split('.')[1] ?? '', 'base64url').toString(),
  ) as object
  const key = `oidc.user:https://cognito-idp.${stack.region}.amazonaws.com/${stack.user_pool_id}:${stack.client_id}`
  const user = JSON.stringify({
    access_token: AccessToken,
    id_token: IdToken,
    token_type: 'Bearer',
    scope: 'openid email profile',
    profile,
    expires_at: Math.floor(Date.now() / 1000) + ExpiresIn,
  })
  await page.addInitScript(
    ([name, value, language, scheme]) => {
      sessionStorage.setItem(name!, value!)
      if (language) localStorage.setItem('console.language', language)
      if (scheme) localStorage.setItem('mantine-color-scheme-value', scheme)
    },
    [key, user, look.language, look.scheme],
  )
}

/** Sends a signed request, as docs/api.md describes it. */
export async function callAsBackend<T>(method: string, path: string, body?: unknown): Promise<T> {
  const content = body === undefined ? '' : JSON.stringify(body)
  const id = `msg_${randomUUID()}`
  const at = String(Math.floor(Date.now() / 1000))
  const key = Buffer.from(stack.webhook_secret.replace('whsec_', ''), 'base64')
  const signed = `${id}.${at}.${method} ${path}\n${content}`
  const signature = createHmac('sha256', key).update(signed).digest('base64')
  const answer = await fetch(stack.api_url + path, {
    method,
    body: content || undefined,
    headers: {
      'webhook-key-id': stack.webhook_key_id,
      'webhook-id': id,
      'webhook-timestamp': at,
      'webhook-signature': `v1,${signature}`,
      'content-type': 'application/json',
    },
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return (answer.status === 204 ? undefined : await answer.json()) as T
}

/** Calls the API as an operator, for what a test checks beside the browser. */
export async function callAsOperator(
  group: keyof StackFile['groups_users'],
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const { AccessToken } = await fetchTokens(group)
  return fetch(stack.api_url + path, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: {
      authorization: `Bearer ${AccessToken}`,
      'content-type': 'application/json',
      ...headers,
    },
  })
}

/** Sends an SMS as a phone that answers a message, by the emulator of the providers. */
export async function sendSmsReply(from: string, body: string) {
  const answer = await fetch(new URL('_emulator/replies', stack.inbox_url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ from, body }),
  })
  if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`)
}

/** Creates a customer who agreed to e-mail, in UTC, with tags to select them by. */
export const putCustomer = (id: string, tags: string[], profile: object = {}) =>
  callAsBackend('PUT', `/v1/customers/${id}`, {
    profile: { first_name: 'Ana', locale: 'en', zone: 'UTC', tags, ...profile },
    contacts: { email: `${id}@example.com` },
    consents: { email: { state: 'granted', source: 'signup_form', at: '2026-01-01T10:00:00Z' } },
  })

/**
 * Creates a draft by the API: by e-mail to every customer with a tag, without holdout. `changes`
 * override it.
 */
export async function createDraft(name: string, tag = 'nobody', changes: object = {}) {
  const made = await callAsOperator('marketer', 'POST', '/v1/playbooks/vip-thank-you', {
    changes: {
      name,
      audience: { tags: { any_of: [tag] } },
      channels: { mode: 'first_available', ladder: ['email'] },
      holdout_percent: 0,
      ...changes,
    },
  })
  if (made.status !== 201) throw new Error(`${made.status} ${await made.text()}`)
  return { id: ((await made.json()) as { id: string }).id, etag: made.headers.get('etag') ?? '' }
}

export async function launchCampaign(id: string) {
  const answer = await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/launch`)
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
}

/** Holds the requests of a page to addresses that match, until the test releases them. */
export async function holdRequests(page: Page, address: string) {
  let release = () => {}
  const released = new Promise<void>((done) => {
    release = done
  })
  await page.route(address, async (route) => {
    await released
    await route.continue()
  })
  return { release }
}

/** Returns how far `make later` has moved this stack's time, in milliseconds. */
const clockOffset = () =>
  existsSync(stack.clock_file) ? Number(readFileSync(stack.clock_file, 'utf8')) || 0 : 0

/** Returns a day so many days from now by the stack's clock, as inputs of days take it. */
export const dayFromNow = (days: number) =>
  new Date(Date.now() + clockOffset() + days * 86_400_000).toISOString().slice(0, 10)

/** Returns an hour of the day that is far from now by the stack's clock: messages for it wait. */
export const distantHour = () => (new Date(Date.now() + clockOffset()).getUTCHours() + 12) % 24
