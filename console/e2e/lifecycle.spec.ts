// What can be done with a campaign after its launch: clone, pause, resume, cancel with what to take back, archive; and with a draft.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { asBackend, asOperator, customer, draft, farHour, launch, signedIn, tokens, stack } from './stack'

const unique = randomUUID().slice(0, 8)
const tag = `life-${unique}`
const SLOW_MS = 3_000

test.beforeAll(async () => { for (const n of [1, 2]) await customer(`console-${tag}-${n}`, [tag]) })

const stateOf = async (id: string) => ((await (await asOperator('viewer', 'GET', `/v1/campaigns/${id}`)).json()) as { state: string }).state
/** The badge of the page's head. */
const badge = (page: import('@playwright/test').Page, state: string) => page.locator('main .mantine-Badge-root').filter({ hasText: new RegExp(`^${state}$`) }).first()

test('a clone is launched; cancelled, it takes back what nobody accepted, and leaves the rest', async ({ page }) => {
  // the provider puts the third off, so the campaign stays on
  await asBackend('PUT', `/v1/customers/console-${tag}-late`, {
    profile: { first_name: 'Ana', locale: 'en', zone: 'UTC', tags: [`late-${unique}`] }, contacts: { email: `${tag}+throttle@example.com` }, consents: { email: { state: 'granted', source: 'signup_form', at: '2026-01-01T10:00:00Z' } },
  })
  const { id: first } = await draft(`Cloned ${unique}`, tag, { audience: { tags: { any_of: [tag, `late-${unique}`] } } })
  await signedIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${first}`)
  await page.getByRole('button', { name: 'Clone' }).click()
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill(`Clone ${unique}`)
  await page.getByRole('dialog').getByRole('button', { name: 'Clone' }).click()
  await expect(page.getByRole('heading', { name: `Clone ${unique}` })).toBeVisible()
  const id = new URL(page.url()).pathname.split('/')[3]!
  expect(id).not.toBe(first)

  await page.getByRole('button', { name: 'Launch' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Launch' }).click()
  await expect(page.getByRole('region', { name: 'Nobody lost, nobody twice' })).toContainText(/[23] issued/, { timeout: 30_000 })
  const wallet = await asBackend<{ items: { voucher_id: string; campaign_id: string }[] }>('GET', `/v1/customers/console-${tag}-1/vouchers`)
  await asBackend('POST', `/v1/customers/console-${tag}-1/vouchers/${wallet.items.find(({ campaign_id }) => campaign_id === id)!.voucher_id}/accept`, {})
  await page.getByRole('button', { name: 'Cancel campaign' }).click()
  await page.getByRole('dialog').getByRole('radio', { name: /Take back what nobody accepted/ }).check()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel campaign' }).click()
  await expect(badge(page, 'Cancelled')).toBeVisible()
  await expect(async () => {
    await page.goto(`/marketing/promotion/${id}?tab=vouchers`)
    await expect(page.getByRole('row', { name: new RegExp(`${tag}-2`) })).toContainText('Revoked', { timeout: 3_000 })
  }).toPass({ timeout: 40_000 })
  await expect(page.getByRole('row', { name: new RegExp(`${tag}-1`) })).toContainText('Accepted')
})

test('pause is shown at once, resumed it goes on; ended, it says so in its history', async ({ page }) => {
  const { id: waiting } = await draft(`Waits ${unique}`, tag, { schedule: { local_hour: farHour() } })
  await launch(waiting)
  await signedIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${waiting}`)
  await expect(page.getByRole('region', { name: 'Nobody lost, nobody twice' })).toContainText('2 waiting', { timeout: 30_000 })

  await page.route('**/pause', async (route) => { await new Promise((done) => { setTimeout(done, SLOW_MS) }); await route.continue() })
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
  await expect(badge(page, 'Paused')).toBeVisible({ timeout: SLOW_MS - 1_500 })
  await expect.poll(() => stateOf(waiting)).toBe('paused')
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click()
  await expect(badge(page, 'Running')).toBeVisible()
  await expect.poll(() => stateOf(waiting)).toBe('running')

  await page.getByRole('button', { name: 'Cancel campaign' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('radio', { name: /Keep them all/ })).toBeChecked()
  await dialog.getByRole('radio', { name: /Take back all that are not redeemed/ }).check()
  await dialog.getByRole('button', { name: 'Cancel campaign' }).click()
  await expect(badge(page, 'Cancelled')).toBeVisible()
  await page.getByRole('tab', { name: 'History' }).click()
  await expect(page.getByRole('row', { name: /paused/ })).toBeVisible()
  await page.getByRole('button', { name: 'Archive' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click()
  await expect(badge(page, 'Archived')).toBeVisible()
})

test('a pause that the API refuses is taken back, and said', async ({ page }) => {
  const { id } = await draft(`Refused ${unique}`, tag, { schedule: { local_hour: farHour() } })
  await launch(id)
  await signedIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${id}`)
  await expect(page.getByRole('region', { name: 'Nobody lost, nobody twice' })).toContainText('2 waiting', { timeout: 30_000 })
  await page.getByRole('button', { name: 'Pause' }).click()
  // somebody else ends it while the question stands
  await page.route(`**/v1/campaigns/${id}`, (route) => route.abort())
  expect((await asOperator('marketer', 'POST', `/v1/campaigns/${id}/cancel`, { revoke: 'none' })).status).toBe(200)
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByRole('alert').filter({ hasText: /changed this|present state/ })).toBeVisible()
  await page.unroute(`**/v1/campaigns/${id}`)
  await expect(badge(page, 'Cancelled')).toBeVisible({ timeout: 15_000 })
})

test('a draft is deleted only after it was asked', async ({ page }) => {
  const { id } = await draft(`Deleted ${unique}`, tag)
  await signedIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${id}`)
  await page.getByRole('button', { name: 'Delete draft' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Back' }).click()
  expect(await stateOf(id)).toBe('draft')
  await page.getByRole('button', { name: 'Delete draft' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete draft' }).click()
  await expect(page.getByRole('heading', { name: 'Promotion', level: 1 })).toBeVisible()
  const { AccessToken } = await tokens('viewer')
  expect((await fetch(`${stack.api_url}/v1/campaigns/${id}`, { headers: { authorization: `Bearer ${AccessToken}` } })).status).toBe(404)
})
