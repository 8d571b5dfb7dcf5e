// Checks goodwill: a marketer makes the campaign, support issues its voucher to one customer, gives
// more time, and tries a cart; and administrators set what each group may give away.
import { expect, test, type Page } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import {
  callAsBackend,
  callAsOperator,
  dayFromNow,
  launchCampaign,
  putCustomer,
  signIn,
} from './stack'

// One test after the other: the last changes the limits of the others.
test.describe.configure({ mode: 'default' })

const unique = randomUUID().slice(0, 8)
const name = `Goodwill ${unique}`
const goodwill = '/v1/configuration/voucher-campaign/goodwill'
let campaign = ''
let policy: GoodwillPolicy

interface GoodwillPolicy {
  support: object
  marketer: object
  customer_vouchers: number
}

async function readPolicy(): Promise<GoodwillPolicy> {
  const answer = await callAsOperator('admin', 'GET', goodwill)
  const { support, marketer, customer_vouchers } = (await answer.json()) as GoodwillPolicy
  return { support, marketer, customer_vouchers }
}

async function putPolicy(body: GoodwillPolicy) {
  const now = await callAsOperator('admin', 'GET', goodwill)
  const answer = await callAsOperator('admin', 'PUT', goodwill, body, {
    'if-match': now.headers.get('etag') ?? '',
  })
  expect(answer.status).toBe(200)
}

test.beforeAll(async () => {
  // Runs of the same day share the day's limit of an operator.
  policy = await readPolicy()
  await putPolicy({ ...policy, support: { vouchers_per_day: 1000, extension_days: 30 } })
  const made = await callAsOperator('marketer', 'POST', '/v1/campaigns', {
    name,
    kind: 'autopilot',
    trigger: { when: { goodwill: {} } },
    offer: {
      benefit: { fixed_amount: { amount: { amount: 500, currency: 'EUR' } } },
      minimum_basket: { amount: 2000, currency: 'EUR' },
    },
    validity: { from_acceptance: { accept_within_hours: 168, hours: 168 } },
    audience: { everyone: {} },
    channels: { mode: 'first_available', ladder: ['email'] },
    messages: {
      default_locale: 'en',
      locales: {
        en: { email: { subject: 'Sorry', html: '<p>{{ offer }}</p>', text: '{{ offer }}' } },
      },
    },
    holdout_percent: 0,
  })
  expect(made.status).toBe(201)
  campaign = ((await made.json()) as { id: string }).id
  await launchCampaign(campaign)
  await expect
    .poll(async () => {
      const answer = await callAsOperator('viewer', 'GET', `/v1/campaigns/${campaign}`)
      return ((await answer.json()) as { state: string }).state
    })
    .toBe('enabled')
})

test.afterAll(async () => {
  await callAsOperator('marketer', 'POST', `/v1/campaigns/${campaign}/cancel`, { revoke: 'none' })
  await putPolicy(policy)
})

const customerPage = (customer: string) =>
  `/configuration/voucher-campaign/diagnostics?customer=${customer}`

/** Chooses this test's campaign: other goodwill campaigns may be enabled as well. */
async function issue(page: Page, reason: string) {
  await page.getByRole('button', { name: 'Issue a voucher' }).click()
  const dialog = page.getByRole('dialog', { name: 'Issue a voucher' })
  await dialog.getByRole('combobox', { name: 'Campaign' }).click()
  await page.getByRole('option', { name }).click()
  await dialog.getByRole('textbox', { name: 'Reason' }).fill(reason)
  await dialog.getByRole('button', { name: 'Issue a voucher' }).click()
  await expect(page.getByText('Voucher issued. The customer is notified by E-mail.')).toBeVisible()
}

test('the wizard makes a goodwill campaign without hour, audience and holdout', async ({
  page,
}) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/autopilot/new')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Made ${unique}`)
  await page.getByRole('combobox', { name: 'When to send' }).click()
  await page.getByRole('option', { name: 'Goodwill: issued manually by support' }).click()
  await expect(page.getByText(/Nothing triggers this autopilot/)).toBeVisible()
  await expect(
    page.getByRole('textbox', { name: 'Re-entry: at most once every (days)' }),
  ).toBeHidden()
  await page.getByRole('button', { name: 'Next' }).click()
  await expect(page.getByText(/Support chooses each customer/)).toBeVisible()
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  await expect(page.getByRole('heading', { name: `Edit Made ${unique}` })).toBeVisible()
  const id = new URL(page.url()).pathname.split('/')[3]!
  const saved = (await (await callAsOperator('viewer', 'GET', `/v1/campaigns/${id}`)).json()) as {
    trigger: object
    holdout_percent: number
  }
  expect(saved.trigger).toMatchObject({ when: { goodwill: {} } })
  expect(saved.holdout_percent).toBe(0)
})

test('support issues a voucher, gives more time for it, and the history says why', async ({
  page,
}) => {
  const customer = `console-goodwill-${unique}-late`
  await putCustomer(customer, [`goodwill-${unique}`])
  await signIn(page, 'support')
  await page.goto(customerPage(customer))
  await expect(page.getByText('No orders on record.')).toBeVisible()
  await issue(page, `Late order ${unique}`)
  const vouchers = page.getByRole('region', { name: 'Vouchers, and where there is none' })
  await expect(vouchers.getByRole('row', { name: new RegExp(name) })).toContainText('Issued')

  await vouchers.getByRole('button', { name: `Extend: ${name}` }).click()
  const dialog = page.getByRole('dialog', { name: 'Extend' })
  await dialog.getByRole('textbox', { name: 'Reason' }).fill(`On holiday ${unique}`)
  await dialog.getByLabel('Last day').fill(dayFromNow(20))
  await dialog.getByRole('button', { name: 'Extend' }).click()
  await expect(page.getByText(/The voucher is now valid until/)).toBeVisible()

  await page.goto(`/marketing/autopilot/${campaign}?tab=history`)
  const history = page.getByRole('region', { name: 'History' })
  await expect(history).toContainText('issued a goodwill voucher')
  await expect(history).toContainText('extended a voucher')
  await expect(history).toContainText(`On holiday ${unique}`)
})

test('a voucher that was declined is issued again', async ({ page }) => {
  const customer = `console-goodwill-${unique}-again`
  await putCustomer(customer, [`goodwill-${unique}`])
  await signIn(page, 'support')
  await page.goto(customerPage(customer))
  await issue(page, `First ${unique}`)
  const [voucher] = await wallet(customer)
  await callAsBackend('POST', `/v1/customers/${customer}/vouchers/${voucher}/decline`, {})
  await page.reload()
  await page.getByRole('button', { name: `Reissue: ${name}` }).click()
  const dialog = page.getByRole('dialog', { name: 'Reissue' })
  await dialog.getByRole('textbox', { name: 'Reason' }).fill(`Declined by mistake ${unique}`)
  await dialog.getByRole('button', { name: 'Reissue' }).click()
  await expect(page.getByText('Voucher issued. The customer is notified by E-mail.')).toBeVisible()
  await expect(page.getByRole('button', { name: `Extend: ${name}` })).toBeVisible()
})

test('a cart is tried: what is missing is said, and then what is taken off', async ({ page }) => {
  const customer = `console-goodwill-${unique}-cart`
  await putCustomer(customer, [`goodwill-${unique}`])
  await signIn(page, 'support')
  await page.goto(customerPage(customer))
  await issue(page, `Cart ${unique}`)
  const [voucher] = await wallet(customer)
  await callAsBackend('POST', `/v1/customers/${customer}/vouchers/${voucher}/accept`, {})

  const card = page.getByRole('region', { name: 'Try a cart' })
  await card.getByRole('textbox', { name: 'Vertical' }).fill('groceries')
  await card.getByRole('textbox', { name: 'Merchant' }).fill('m-1')
  await card.getByRole('textbox', { name: 'Amount of the line' }).fill('12.50')
  await card.getByRole('button', { name: 'Try it' }).click()
  await expect(card).toContainText('basket below the minimum')
  await expect(card).toContainText('€7.50 more needed')

  await card.getByRole('button', { name: 'Add a line' }).click()
  const second = card.getByRole('group', { name: 'Line 2' })
  await second.getByRole('textbox', { name: 'Vertical' }).fill('food')
  await second.getByRole('textbox', { name: 'Merchant' }).fill('m-2')
  await second.getByRole('textbox', { name: 'Amount of the line' }).fill('12.50')
  await card.getByRole('button', { name: 'Try it' }).click()
  await expect(card).toContainText('€5.00 off')
  await expect(card).toContainText('Line 2: €2.50')
  await expect(card).toContainText('Total to pay€20.00')
})

test('a viewer is offered nothing to give, and tries a cart', async ({ page }) => {
  const customer = `console-goodwill-${unique}-seen`
  await putCustomer(customer, [`goodwill-${unique}`])
  await signIn(page, 'viewer')
  await page.goto(customerPage(customer))
  await expect(page.getByRole('region', { name: 'Try a cart' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Issue a voucher' })).toBeHidden()
})

test('an administrator sets the limits; a wrong one is refused at its input', async ({ page }) => {
  await signIn(page, 'admin')
  await page.goto('/configuration/voucher-campaign/settings?tab=goodwill')
  const card = page.getByRole('region', { name: 'Limits for support' })
  const vouchers = card.getByRole('textbox', { name: 'Maximum vouchers per day' })
  await vouchers.fill('99999')
  await card.getByRole('textbox', { name: 'Maximum cost of a voucher' }).fill('12.50')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(vouchers).toHaveAttribute('aria-invalid', 'true')
  await vouchers.fill('500')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  expect((await readPolicy()).support).toMatchObject({ max_cost: 1250, vouchers_per_day: 500 })
})

/** Returns the ids of a customer's vouchers of this test's campaign, once there is one. */
async function wallet(customer: string): Promise<string[]> {
  let found: string[] = []
  await expect
    .poll(async () => {
      const { items } = await callAsBackend<{
        items: { voucher_id: string; campaign_id: string }[]
      }>('GET', `/v1/customers/${customer}/vouchers`)
      found = items
        .filter(({ campaign_id }) => campaign_id === campaign)
        .map(({ voucher_id }) => voucher_id)
      return found.length
    })
    .toBeGreaterThan(0)
  return found
}
