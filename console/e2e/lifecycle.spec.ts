// Checks the actions on a launched campaign: clone, pause, resume, cancel with revoking, archive; and
// deleting a draft.
import { expect, test, type Page } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import {
  callAsBackend,
  callAsOperator,
  putCustomer,
  createDraft,
  distantHour,
  holdRequests,
  launchCampaign,
  signIn,
  fetchTokens,
  stack,
} from './stack'

const unique = randomUUID().slice(0, 8)
const tag = `life-${unique}`

test.beforeAll(async () => {
  for (const n of [1, 2]) await putCustomer(`console-${tag}-${n}`, [tag])
})

const stateOf = async (id: string) =>
  (
    (await (await callAsOperator('viewer', 'GET', `/v1/campaigns/${id}`)).json()) as {
      state: string
    }
  ).state
/** Finds the badge in the head of the page. */
const badge = (page: Page, state: string) =>
  page
    .locator('main .mantine-Badge-root')
    .filter({ hasText: new RegExp(`^${state}$`) })
    .first()

test('a clone is launched; cancelled, it takes back what nobody accepted, and leaves the rest', async ({
  page,
}) => {
  // The provider throttles the third message, so the campaign stays on.
  await callAsBackend('PUT', `/v1/customers/console-${tag}-late`, {
    profile: { first_name: 'Ana', locale: 'en', zone: 'UTC', tags: [`late-${unique}`] },
    contacts: { email: `${tag}+throttle@example.com` },
    consents: { email: { state: 'granted', source: 'signup_form', at: '2026-01-01T10:00:00Z' } },
  })
  const { id: first } = await createDraft(`Cloned ${unique}`, tag, {
    audience: { tags: { any_of: [tag, `late-${unique}`] } },
  })
  await signIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${first}`)
  await page.getByRole('button', { name: 'Clone' }).click()
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill(`Clone ${unique}`)
  await page.getByRole('dialog').getByRole('button', { name: 'Clone' }).click()
  await expect(page.getByRole('heading', { name: `Clone ${unique}` })).toBeVisible()
  const id = new URL(page.url()).pathname.split('/')[3]!
  expect(id).not.toBe(first)

  await page.getByRole('button', { name: 'Launch', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Launch', exact: true }).click()
  await page.getByRole('button', { name: 'Start sending now' }).click()
  await expect(page.getByRole('region', { name: 'Delivery status' })).toContainText(/[23] issued/, {
    timeout: 30_000,
  })
  const wallet = await callAsBackend<{ items: { voucher_id: string; campaign_id: string }[] }>(
    'GET',
    `/v1/customers/console-${tag}-1/vouchers`,
  )
  await callAsBackend(
    'POST',
    `/v1/customers/console-${tag}-1/vouchers/${wallet.items.find(({ campaign_id }) => campaign_id === id)!.voucher_id}/accept`,
    {},
  )
  await page.getByRole('button', { name: 'Cancel campaign' }).click()
  await page
    .getByRole('dialog')
    .getByRole('radio', { name: /Revoke vouchers that were not accepted/ })
    .check()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel campaign' }).click()
  await expect(badge(page, 'Cancelled')).toBeVisible()
  await expect(async () => {
    await page.goto(`/marketing/promotion/${id}?tab=vouchers`)
    await expect(page.getByRole('row', { name: new RegExp(`${tag}-2`) })).toContainText('Revoked', {
      timeout: 3_000,
    })
  }).toPass({ timeout: 40_000 })
  await expect(page.getByRole('row', { name: new RegExp(`${tag}-1`) })).toContainText('Accepted')
})

test('pause is shown at once, resumed it goes on; ended, it says so in its history', async ({
  page,
}) => {
  const { id: waiting } = await createDraft(`Waits ${unique}`, tag, {
    schedule: { local_hour: distantHour() },
  })
  await launchCampaign(waiting)
  await signIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${waiting}`)
  await expect(page.getByRole('region', { name: 'Delivery status' })).toContainText('2 waiting', {
    timeout: 30_000,
  })

  const answer = await holdRequests(page, '**/pause')
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
  await expect(badge(page, 'Paused')).toBeVisible()
  expect(await stateOf(waiting)).toBe('running')
  answer.release()
  await expect.poll(() => stateOf(waiting)).toBe('paused')
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click()
  await expect(badge(page, 'Running')).toBeVisible()
  await expect.poll(() => stateOf(waiting)).toBe('running')

  await page.getByRole('button', { name: 'Cancel campaign' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('radio', { name: /Keep all vouchers/ })).toBeChecked()
  await dialog.getByRole('radio', { name: /Revoke all vouchers that were not redeemed/ }).check()
  await dialog.getByRole('button', { name: 'Cancel campaign' }).click()
  await expect(badge(page, 'Cancelled')).toBeVisible()
  await page.getByRole('tab', { name: 'History' }).click()
  await expect(page.getByRole('row', { name: /paused/ })).toBeVisible()
  await page.getByRole('button', { name: 'Archive' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click()
  await expect(badge(page, 'Archived')).toBeVisible()
})

test('a pause that the API refuses is taken back, and said', async ({ page }) => {
  const { id } = await createDraft(`Refused ${unique}`, tag, {
    schedule: { local_hour: distantHour() },
  })
  await launchCampaign(id)
  await signIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${id}`)
  await expect(page.getByRole('region', { name: 'Delivery status' })).toContainText('2 waiting', {
    timeout: 30_000,
  })
  await page.getByRole('button', { name: 'Pause' }).click()
  // Another operator ends it while the dialog is open.
  await page.route(`**/v1/campaigns/${id}`, (route) => route.abort())
  expect(
    (await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/cancel`, { revoke: 'none' }))
      .status,
  ).toBe(200)
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
  await expect(
    page.getByRole('alert').filter({ hasText: /changed this|present state/ }),
  ).toBeVisible()
  await page.unroute(`**/v1/campaigns/${id}`)
  await expect(badge(page, 'Cancelled')).toBeVisible({ timeout: 15_000 })
})

test('a draft is deleted only after it was asked', async ({ page }) => {
  const { id } = await createDraft(`Deleted ${unique}`, tag)
  await signIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${id}`)
  await page.getByRole('button', { name: 'Delete draft' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Back' }).click()
  expect(await stateOf(id)).toBe('draft')
  await page.getByRole('button', { name: 'Delete draft' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete draft' }).click()
  await expect(page.getByRole('heading', { name: 'Promotion', level: 1 })).toBeVisible()
  const { AccessToken } = await fetchTokens('viewer')
  expect(
    (
      await fetch(`${stack.api_url}/v1/campaigns/${id}`, {
        headers: { authorization: `Bearer ${AccessToken}` },
      })
    ).status,
  ).toBe(404)
})

test('a launched campaign shows what may still change, and saves it', async ({ page }) => {
  const { id } = await createDraft(`Amended ${unique}`, tag, {
    schedule: { local_hour: distantHour() },
  })
  await launchCampaign(id)
  try {
    await signIn(page, 'marketer')
    await page.goto(`/marketing/promotion/${id}`)
    await page.getByRole('link', { name: 'Edit', exact: true }).click()
    await expect(page.getByText('Fixed since the launch')).toBeVisible()
    await expect(page.getByRole('textbox', { name: 'Minimum basket' })).toHaveCount(0)
    await page.getByRole('textbox', { name: 'Description' }).fill(`For colleagues ${unique}`)
    await page.getByRole('textbox', { name: 'Maximum vouchers' }).fill('1,500')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByText('Saved.')).toBeVisible()
    const now = (await (await callAsOperator('viewer', 'GET', `/v1/campaigns/${id}`)).json()) as {
      description: string
      caps: { vouchers: number }
    }
    expect(now.description).toBe(`For colleagues ${unique}`)
    expect(now.caps.vouchers).toBe(1500)
  } finally {
    await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/cancel`, { revoke: 'none' })
  }
})
