// What operators do when something stands still, and what administrators set.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { asBackend, asOperator, customer, draft, farHour, launch, signedIn } from './stack'

const unique = randomUUID().slice(0, 8)

test('a throttled message is pending, says so, and is tried again at the press of a button', async ({ page }) => {
  const customer = `console-throttled-${unique}`
  await asBackend('PUT', `/v1/customers/${customer}`, {
    profile: { first_name: 'Ana', locale: 'en', zone: 'UTC' }, contacts: { email: `${unique}+throttle@example.com` },
    consents: { email: { state: 'granted', source: 'signup_form', at: '2026-01-01T10:00:00Z' } },
  })
  const made = await asOperator('marketer', 'POST', '/v1/playbooks/vip-thank-you', {
    changes: { name: `Throttled ${unique}`, audience: { customer_ids: { any_of: [customer] } }, channels: { mode: 'first_available', ladder: ['email'] }, holdout_percent: 0 },
  })
  const { id } = (await made.json()) as { id: string }
  expect((await asOperator('marketer', 'POST', `/v1/campaigns/${id}/launch`)).status).toBe(200)

  await signedIn(page, 'marketer')
  await page.goto(`/configuration/voucher-campaign/pending-triggers?customer=${customer}`)
  const row = page.getByRole('row', { name: new RegExp(customer) })
  const history = async () => ((await (await asOperator('viewer', 'GET', `/v1/campaigns/${id}/audit`)).json()) as { items: { action: string }[] }).items.map(({ action }) => action)
  // one whose time has come by itself meanwhile is only nudged, and leaves no record: then the next one is pressed
  await expect(async () => {
    await page.reload()
    await expect(row).toContainText('to be tried again', { timeout: 3_000 })
    await expect(row.getByRole('button', { name: `Drop ${customer}` })).toBeDisabled({ timeout: 1_000 })
    await row.getByRole('button', { name: `Retry ${customer}` }).click({ timeout: 2_000 })
    await expect(page.getByText('Tried again now: 1')).toBeVisible()
    expect(await history()).toContain('retry')
  }).toPass({ timeout: 50_000 })
})

test('several that wait are dropped at once, after it was asked; the filters are in the address', async ({ page }) => {
  const tag = `drop-${unique}`
  for (const n of [1, 2, 3]) await customer(`console-${tag}-${n}`, [tag])
  const { id } = await draft(`Dropped ${unique}`, tag, { schedule: { local_hour: farHour() } })
  await launch(id)
  await signedIn(page, 'marketer')
  await page.goto(`/configuration/voucher-campaign/pending-triggers?campaign=${id}`)
  await expect(async () => {
    await page.reload()
    await expect(page.getByRole('row')).toHaveCount(4, { timeout: 3_000 })
  }).toPass({ timeout: 40_000 })
  await expect(page.getByRole('row').nth(1)).toContainText('waits for its hour')
  await expect(page.getByRole('row').nth(1).getByRole('time')).toHaveText(/^in \d+ (hours|minutes)/)
  await page.getByRole('combobox', { name: 'State' }).click()
  await page.getByRole('option', { name: 'to be tried again' }).click()
  await expect(page.getByText('Nothing is pending')).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('row')).toHaveCount(4)
  await page.getByRole('checkbox', { name: 'Choose all on this page' }).check()
  await expect(page.getByText('Chosen: 3')).toBeVisible()
  await page.getByRole('checkbox', { name: `Choose console-${tag}-3` }).uncheck()
  await page.getByRole('button', { name: 'Drop the chosen' }).click()
  await expect(page.getByRole('dialog')).toContainText('2. It cannot be taken back.')
  await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click()
  await expect(page.getByText('Dropped: 2')).toBeVisible()
  await expect(page.getByRole('row')).toHaveCount(2)
  await expect(page.getByRole('row').nth(1)).toContainText(`console-${tag}-3`)
  await asOperator('marketer', 'POST', `/v1/campaigns/${id}/cancel`, { revoke: 'none' })
})

test('an administrator sets the brand; what is wrong stands at its input', async ({ page }) => {
  await signedIn(page, 'admin')
  await page.goto('/configuration/voucher-campaign/settings?tab=brand')
  await page.getByRole('textbox', { name: 'Logo' }).fill('not an address')
  await page.getByRole('textbox', { name: 'Sender name' }).fill(`Shop ${unique}`)
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('textbox', { name: 'Logo' })).toHaveAttribute('aria-invalid', 'true')
  await page.getByRole('textbox', { name: 'Logo' }).fill('')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('textbox', { name: 'Sender name' })).toHaveValue(`Shop ${unique}`)
})

test('an administrator sets what an SMS costs; empty it is as deployed again', async ({ page }) => {
  await signedIn(page, 'admin')
  const inForce = async () => ((await (await asOperator('viewer', 'GET', '/v1/configuration/voucher-campaign/costs')).json()) as { in_force: { sms_micros: number } }).in_force.sms_micros
  const deployed = await inForce()
  await page.goto('/configuration/voucher-campaign/settings?tab=costs')
  const sms = page.getByRole('textbox', { name: 'One SMS segment' })
  await sms.fill('0.0725')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  expect(await inForce()).toBe(72_500)
  await sms.fill('')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect.poll(inForce).toBe(deployed)
})

test('a campaign over a threshold: somebody else approves, and then it starts', async ({ page }) => {
  const set = async (body: object) => {
    const now = await asOperator('admin', 'GET', '/v1/configuration/voucher-campaign/approvals')
    return asOperator('admin', 'PUT', '/v1/configuration/voucher-campaign/approvals', body, { 'if-match': now.headers.get('etag') ?? '' })
  }
  expect((await set({ customers: 1 })).status).toBe(200)
  try {
    const made = await asOperator('marketer', 'POST', '/v1/playbooks/vip-thank-you', { changes: { name: `Large ${unique}`, audience: { customer_ids: { any_of: [`nobody-${unique}`] } } } })
    const { id } = (await made.json()) as { id: string }
    expect((await asOperator('marketer', 'POST', `/v1/campaigns/${id}/launch`)).status).toBe(409)
    await signedIn(page, 'approver')
    await page.goto(`/marketing/promotion/${id}`)
    await expect(page.getByText('It may reach more customers than one person decides on.')).toBeVisible()
    await page.getByRole('button', { name: 'Approve', exact: true }).click()
    await expect(page.getByText('Approved. It can start now.')).toBeVisible()
    await expect(page.getByText('Approved by')).toBeVisible()
    expect((await asOperator('marketer', 'POST', `/v1/campaigns/${id}/launch`)).status).toBe(200)
  } finally {
    expect((await set({})).status).toBe(200)
  }
})

test('the history says what an edit was from and to', async ({ page }) => {
  const made = await asOperator('marketer', 'POST', '/v1/playbooks/vip-thank-you', { changes: { name: `Edited ${unique}`, pressure: { priority: 40 } } })
  expect(made.status).toBe(201)
  const { id } = (await made.json()) as { id: string }
  const edited = await asOperator('marketer', 'PATCH', `/v1/campaigns/${id}`, { pressure: { priority: 70 } }, { 'if-match': made.headers.get('etag') ?? '"1"', 'content-type': 'application/merge-patch+json' })
  expect(edited.status).toBe(200)
  await signedIn(page, 'viewer')
  await page.goto(`/marketing/promotion/${id}?tab=history`)
  const change = page.getByRole('listitem').filter({ hasText: '/pressure/priority' })
  await expect(change).toContainText('40')
  await expect(change).toContainText('70')
})
