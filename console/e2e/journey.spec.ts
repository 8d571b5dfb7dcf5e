// Checks what operators do, from the wizard to the funnel, against the real local stack: nothing
// between browser and API is simulated.
import { expect, test, type Page } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import {
  callAsBackend,
  callAsOperator,
  createDraft,
  fetchTokens,
  putCustomer,
  signIn,
  stack,
} from './stack'

const unique = randomUUID().slice(0, 8)
const tag = `console-${unique}`
const customers = [1, 2, 3].map((n) => `console-${unique}-${n}`)

test.beforeAll(async () => {
  for (const id of customers) await putCustomer(id, [tag])
})

const inRow = (page: Page, stage: string) =>
  page.getByRole('row', { name: new RegExp(`^${stage}`) }).getByRole('cell')

test('a promotion goes from the wizard to a redeemed voucher, and the funnel shows it', async ({
  page,
}) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion')
  await page.getByRole('link', { name: 'New promotion' }).first().click()
  await page.getByRole('textbox', { name: 'Name' }).fill(`Journey ${unique}`)
  await page.getByRole('textbox', { name: 'Minimum basket' }).fill('')
  await page.getByRole('button', { name: 'Next' }).click()

  await page.getByRole('combobox', { name: 'Condition' }).nth(1).click()
  await page.getByRole('option', { name: 'tags' }).click()
  await page.getByLabel('Any of').first().fill(tag)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('region', { name: 'Estimated audience' })).toContainText('Matches3')
  await page.getByRole('button', { name: 'Next' }).click()

  await page.getByRole('tab', { name: 'SMS' }).click()
  await expect(page.getByRole('region', { name: 'Preview' })).toContainText('characters')
  await page.getByRole('tab', { name: 'E-mail' }).click()
  await expect(
    page.frameLocator('iframe[title="The e-mail"]').getByText('See your voucher'),
  ).toBeVisible()
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('textbox', { name: 'Control group (%)' }).fill('0')
  await page.getByRole('button', { name: 'Next' }).click()

  await expect(page.getByText('Maximum exposure')).toBeVisible()
  await page.getByRole('button', { name: 'Save and continue' }).click()
  await expect(page.getByRole('region', { name: 'Priority & frequency' })).toContainText(
    /No active campaign reaches|Customers in common/,
    { timeout: 20_000 },
  )
  await page.getByRole('button', { name: 'Launch', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Launch', exact: true }).click()
  await page.getByRole('button', { name: 'Start sending now' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
  const id = new URL(page.url()).pathname.split('/')[3]!
  await expect(page.getByRole('region', { name: 'Delivery status' })).toContainText('3 issued', {
    timeout: 30_000,
  })

  const customer = customers[0]!
  const wallet = await callAsBackend<{ items: { voucher_id: string; campaign_id: string }[] }>(
    'GET',
    `/v1/customers/${customer}/vouchers`,
  )
  const voucher = wallet.items.find(({ campaign_id }) => campaign_id === id)!
  await callAsBackend('POST', `/v1/customers/${customer}/vouchers/${voucher.voucher_id}/accept`, {})
  await callAsBackend('POST', `/v1/customers/${customer}/checkout/redeem`, {
    order_id: `o-${unique}`,
    vouchers: [voucher.voucher_id],
    basket: {
      currency: 'EUR',
      lines: [{ id: '1', vertical: 'food', merchant: 'm-1', amount: 3000 }],
    },
  })
  await expect(inRow(page, 'Delivered').nth(1)).toHaveText('3', { timeout: 30_000 })
  await expect(inRow(page, 'Redeemed').nth(1)).toHaveText('1', { timeout: 30_000 })
  await page.getByRole('tab', { name: 'Vouchers' }).click()
  await expect(page.getByRole('row', { name: new RegExp(customer) })).toContainText('Redeemed')
})

test('a playbook becomes an enabled autopilot, after a look at its replay', async ({ page }) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/playbooks')
  await page.getByRole('button', { name: 'Use playbook: Birthday' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(`Birthday ${unique}`)
  await page.getByRole('button', { name: 'Create draft' }).click()
  await expect(page.getByRole('heading', { name: `Edit Birthday ${unique}` })).toBeVisible()
  const id = new URL(page.url()).pathname.split('/')[3]!
  await page.goto(`/marketing/autopilot/${id}`)
  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  await expect(page.getByText('On a typical day')).toBeVisible({ timeout: 30_000 })
  await page.getByRole('button', { name: 'Enable' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Enable' }).click()
  await page.getByRole('button', { name: 'Start sending now' }).click()
  await expect(page.getByText('Enabled', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'End autopilot' }).click()
  await page
    .getByRole('dialog')
    .getByRole('radio', { name: /Keep all vouchers/ })
    .check()
  await page.getByRole('dialog').getByRole('button', { name: 'End autopilot' }).click()
  await expect(page.getByText('Ended', { exact: true })).toBeVisible()
})

test('a viewer sees no way to launch, and the API refuses them', async ({ page }) => {
  const { id } = await createDraft(`Looked at ${unique}`)
  await signIn(page, 'viewer')
  await page.goto(`/marketing/promotion/${id}`)
  await expect(page.getByRole('heading', { name: `Looked at ${unique}` })).toBeVisible()
  for (const name of ['Launch', 'Edit', 'Clone'])
    await expect(page.getByRole('button', { name, exact: true })).toHaveCount(0)
  expect((await callAsOperator('viewer', 'POST', `/v1/campaigns/${id}/launch`)).status).toBe(403)
  await page.goto(`/marketing/promotion/${id}/edit`)
  await expect(page.getByText('View only')).toBeVisible()
  await page.goto('/marketing/promotion')
  await expect(page.getByRole('link', { name: `Looked at ${unique}` })).toBeVisible()
  await expect(page.getByRole('link', { name: 'New promotion' })).toHaveCount(0)
  await page.goto('/configuration/voucher-campaign/settings?tab=brand')
  await expect(page.getByRole('textbox', { name: 'Sender name' })).toBeDisabled()
  await expect(page.getByRole('button', { name: 'Save' })).toHaveCount(0)
  expect((await callAsOperator('viewer', 'POST', '/v1/campaigns', {})).status).toBe(403)
})

test('what is wrong lands on its input, and what was typed stays there', async ({ page }) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion/new?step=review')
  await page.getByRole('button', { name: 'Save and continue' }).click()
  await expect(page.getByText('Has errors', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Show' }).first().click()
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveAttribute('aria-invalid', 'true')
  await page.getByRole('textbox', { name: 'Name' }).fill('A name')
  await expect(page.getByText('Has errors', { exact: true })).toBeHidden()
  const tooLong = 'n'.repeat(500)
  await page.getByRole('textbox', { name: 'Name' }).fill(tooLong)
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveAttribute('aria-invalid', 'true')
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue(tooLong)
})

test('two editors: both versions are shown, and one is chosen', async ({ page }) => {
  const { id, etag } = await createDraft(`Ours ${unique}`)
  await signIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${id}/edit`)
  await page.getByRole('textbox', { name: 'Description' }).fill('mine')
  const { AccessToken } = await fetchTokens('admin')
  const other = await fetch(`${stack.api_url}/v1/campaigns/${id}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${AccessToken}`,
      'content-type': 'application/json',
      'if-match': etag,
    },
    body: JSON.stringify({ description: 'theirs' }),
  })
  expect(other.status).toBe(200)
  await page.getByRole('button', { name: 'Save draft' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('mine')
  await expect(dialog).toContainText('theirs')
  await dialog.getByRole('button', { name: 'Keep my version' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  const now = (await (await callAsOperator('viewer', 'GET', `/v1/campaigns/${id}`)).json()) as {
    description: string
  }
  expect(now.description).toBe('mine')
})

test('an ended session loses nothing', async ({ page }) => {
  await signIn(page, 'marketer')
  // The values that a picker offers would tell of the end before anything is typed.
  await page.route(/\/api\/v1\/values\?/, (route) =>
    route.fulfill({ json: { items: [], next_cursor: null } }),
  )
  await page.addInitScript(() => {
    const name = Object.keys(sessionStorage).find((one) => one.startsWith('oidc.user:'))!
    const user = JSON.parse(sessionStorage.getItem(name)!) as { access_token: string }
    sessionStorage.setItem(
      name,
      JSON.stringify({ ...user, access_token: `${user.access_token.slice(0, -8)}AAAAAAAA` }),
    )
  })
  await page.goto('/marketing/promotion/new')
  await page.getByRole('textbox', { name: 'Name' }).fill('Typed before')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(page.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible()
  await page.reload()
  await expect(page.getByText('Your draft was restored')).toBeVisible()
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('Typed before')

  await page.getByRole('button', { name: 'Save draft' }).click()
  const opened = page.waitForEvent('popup')
  await page.getByRole('dialog').getByRole('button', { name: 'Sign in again' }).click()
  const beside = await opened
  const { username, password } = stack.groups_users.marketer
  await beside.locator('input[name=username]').fill(username)
  await beside.locator('input[name=password]').fill(password)
  await beside.locator('button[type=submit], input[type=submit]').first().click()
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('Typed before')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
})
