// Checks what operators do when a message is stuck, and that a campaign's history tells what changed.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import {
  callAsBackend,
  callAsOperator,
  putCustomer,
  createDraft,
  distantHour,
  launchCampaign,
  signIn,
} from './stack'

const unique = randomUUID().slice(0, 8)

test('a throttled message is pending, says so, and is tried again at the press of a button', async ({
  page,
}) => {
  const customer = `console-throttled-${unique}`
  await callAsBackend('PUT', `/v1/customers/${customer}`, {
    profile: { first_name: 'Ana', locale: 'en', zone: 'UTC' },
    contacts: { email: `${unique}+throttle@example.com` },
    consents: { email: { state: 'granted', source: 'signup_form', at: '2026-01-01T10:00:00Z' } },
  })
  const made = await callAsOperator('marketer', 'POST', '/v1/playbooks/vip-thank-you', {
    changes: {
      name: `Throttled ${unique}`,
      audience: { customer_ids: { any_of: [customer] } },
      channels: { mode: 'first_available', ladder: ['email'] },
      holdout_percent: 0,
    },
  })
  const { id } = (await made.json()) as { id: string }
  expect((await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/launch`)).status).toBe(200)

  await signIn(page, 'marketer')
  await page.goto(`/configuration/voucher-campaign/pending-triggers?customer=${customer}`)
  const row = page.getByRole('row', { name: new RegExp(customer) })
  const history = async () =>
    (
      (await (await callAsOperator('viewer', 'GET', `/v1/campaigns/${id}/audit`)).json()) as {
        items: { action: string }[]
      }
    ).items.map(({ action }) => action)
  // A retry whose time has come by itself is only nudged, and leaves no record: then the next one is
  // retried.
  await expect(async () => {
    await page.reload()
    await expect(row).toContainText('to be tried again', { timeout: 3_000 })
    await expect(row.getByRole('button', { name: `Drop ${customer}` })).toBeDisabled({
      timeout: 1_000,
    })
    await row.getByRole('button', { name: `Retry ${customer}` }).click({ timeout: 2_000 })
    await expect(page.getByText('Tried again now: 1')).toBeVisible()
    expect(await history()).toContain('retry')
  }).toPass({ timeout: 50_000 })
})

test('several that wait are dropped at once, after it was asked; the filters are in the address', async ({
  page,
}) => {
  const tag = `drop-${unique}`
  for (const n of [1, 2, 3]) await putCustomer(`console-${tag}-${n}`, [tag])
  const { id } = await createDraft(`Dropped ${unique}`, tag, {
    schedule: { local_hour: distantHour() },
  })
  await launchCampaign(id)
  await signIn(page, 'marketer')
  await page.goto(`/configuration/voucher-campaign/pending-triggers?campaign=${id}`)
  await expect(async () => {
    await page.reload()
    await expect(page.getByRole('row')).toHaveCount(4, { timeout: 3_000 })
  }).toPass({ timeout: 40_000 })
  await expect(page.getByRole('row').nth(1)).toContainText('Scheduled for later')
  await expect(page.getByRole('row').nth(1).getByRole('time')).toHaveText(/^in \d+ (hours|minutes)/)
  await page.getByRole('combobox', { name: 'State' }).click()
  await page.getByRole('option', { name: 'to be tried again' }).click()
  await expect(page.getByText('Nothing is pending')).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('row')).toHaveCount(4)
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
  await expect(page.getByText('Selected: 3')).toBeVisible()
  await page.getByRole('checkbox', { name: `Select console-${tag}-3` }).uncheck()
  await page.getByRole('button', { name: 'Drop selected' }).click()
  await expect(page.getByRole('dialog')).toContainText('2. You can’t undo this.')
  await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click()
  await expect(page.getByText('Dropped: 2')).toBeVisible()
  await expect(page.getByRole('row')).toHaveCount(2)
  await expect(page.getByRole('row').nth(1)).toContainText(`console-${tag}-3`)
  await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/cancel`, { revoke: 'none' })
})

test('the history says what an edit was from and to', async ({ page }) => {
  const made = await callAsOperator('marketer', 'POST', '/v1/playbooks/vip-thank-you', {
    changes: { name: `Edited ${unique}`, pressure: { priority: 40 } },
  })
  expect(made.status).toBe(201)
  const { id } = (await made.json()) as { id: string }
  const edited = await callAsOperator(
    'marketer',
    'PATCH',
    `/v1/campaigns/${id}`,
    { pressure: { priority: 70 } },
    {
      'if-match': made.headers.get('etag') ?? '"1"',
      'content-type': 'application/merge-patch+json',
    },
  )
  expect(edited.status).toBe(200)
  await signIn(page, 'viewer')
  await page.goto(`/marketing/promotion/${id}?tab=history`)
  const change = page.getByRole('listitem').filter({ hasText: '/pressure/priority' })
  await expect(change).toContainText('40')
  await expect(change).toContainText('70')
})
