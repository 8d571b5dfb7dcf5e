// Checks what administrators set: hours, caps and rates, several vouchers on one order, brand,
// costs, webhooks with their secrets; what belongs to the deployment; two editors; and a session
// that ends meanwhile.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { callAsOperator, signIn, stack } from './stack'

// One test after the other: several change the brand.
test.describe.configure({ mode: 'default' })

const unique = randomUUID().slice(0, 8)
const settings = '/configuration/voucher-campaign/settings'
const policy = '/v1/configuration/voucher-campaign/contact-policy'
const brand = '/v1/configuration/voucher-campaign/brand'
const combination = '/v1/configuration/voucher-campaign/combination'

async function put(path: string, body: object) {
  const now = await callAsOperator('admin', 'GET', path)
  const answer = await callAsOperator('admin', 'PUT', path, body, {
    'if-match': now.headers.get('etag') ?? '',
  })
  expect(answer.status).toBe(200)
}
const only = ({
  updated_at: _,
  updated_by: __,
  version: ___,
  tenant_zone: ____,
  ...rest
}: Record<string, unknown>) => rest
const read = async (path: string) =>
  only((await (await callAsOperator('admin', 'GET', path)).json()) as Record<string, unknown>)

test('quiet hours, caps and rates are set, wrong ones refused at their input', async ({ page }) => {
  const before = await read(policy)
  try {
    await put(policy, {})
    await signIn(page, 'admin')
    await page.goto(settings)
    const quiet = page.getByRole('region', { name: 'Quiet hours' })
    await quiet.getByRole('checkbox', { name: 'SMS' }).check()
    await quiet.getByLabel('From').fill('21:30')
    await page.getByRole('checkbox', { name: 'At most so many messages to one customer' }).check()
    await page.getByRole('textbox', { name: 'in so many days' }).fill('14')
    await page.getByRole('textbox', { name: 'Open offers of one customer, at most' }).fill('5000')
    await page
      .getByRole('region', { name: 'Messages a second' })
      .getByRole('textbox', { name: 'E-mail' })
      .fill('40')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect(
      page.getByRole('textbox', { name: 'Open offers of one customer, at most' }),
    ).toHaveAttribute('aria-invalid', 'true')
    await page.getByRole('textbox', { name: 'Open offers of one customer, at most' }).fill('50')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByText('Saved.')).toBeVisible()
    expect(await read(policy)).toMatchObject({
      quiet_hours: { sms: { from: '21:30', to: '08:00' } },
      frequency_cap: { messages: 3, days: 14 },
      open_offers_cap: 50,
      rates: { email: 40 },
    })
    await expect(page.getByText('SmsRatePerSecond')).toBeVisible()
    // The wizard says what holds for all campaigns.
    await page.goto('/marketing/promotion/new?step=schedule')
    await expect(page.getByText('SMS 21:30–08:00')).toBeVisible()
  } finally {
    await put(policy, before)
  }
})

test('several vouchers on one order: the rules are set, a wrong number refused at its input', async ({
  page,
}) => {
  const before = await read(combination)
  try {
    await put(combination, {})
    await signIn(page, 'admin')
    await page.goto(`${settings}?tab=combination`)
    const most = page.getByRole('textbox', { name: 'Vouchers on one order, at most' })
    await expect(most).toHaveValue('1')
    await most.fill('9')
    await page.getByRole('radio', { name: 'Fixed amounts' }).check()
    await page.getByRole('radio', { name: 'The original prices' }).check()
    await page.getByRole('button', { name: 'Save' }).click()
    await expect(most).toHaveAttribute('aria-invalid', 'true')
    await most.fill('3')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect(page.getByText('Saved.')).toBeVisible()
    expect(await read(combination)).toEqual({
      max_vouchers: 3,
      first: 'fixed_amount',
      percent_of: 'original',
    })
  } finally {
    await put(combination, before)
  }
})

test('a webhook: its secret is shown once, changed without a gap, and it is removed after it was asked', async ({
  page,
}) => {
  const name = `hook-${unique}`
  await signIn(page, 'admin')
  await page.goto(`${settings}?tab=webhooks`)
  await page.getByRole('button', { name: 'Add an endpoint' }).click()
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill(name)
  await page
    .getByRole('dialog')
    .getByRole('textbox', { name: 'Address' })
    .fill('https://app.example.com/hooks')
  await page.getByRole('dialog').getByRole('switch', { name: 'On' }).uncheck()
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  const shown = page.getByRole('dialog', { name: 'The secret, shown once' })
  const secret = await shown.getByText(/^whsec_/).textContent()
  expect(secret).toMatch(/^whsec_/)
  await shown.getByRole('button', { name: 'Close' }).click()
  const card = page.getByRole('region', { name })
  await expect(card).toContainText('off')
  await expect(page.getByText(secret!)).toHaveCount(0)

  await card.getByRole('button', { name: 'New secret' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'New secret' }).click()
  await expect(shown).toBeVisible()
  await expect(shown).toContainText(/The old secret counts until .*UTC/)
  expect(await shown.getByText(/^whsec_/).textContent()).not.toBe(secret)
  await shown.getByRole('button', { name: 'Close' }).click()
  await expect(card).toContainText('Its secret was changed')

  await card.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Back' }).click()
  await expect(card).toBeVisible()
  await card.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await expect(card).toBeHidden()
})

test('currency and zone are shown, with where they are changed; each group’s rights too', async ({
  page,
}) => {
  await signIn(page, 'viewer')
  await page.goto(`${settings}?tab=costs`)
  const card = page.getByRole('region', { name: 'Currency and time zone' })
  await expect(card).toContainText('EUR Euro')
  await expect(card).toContainText('UTC')
  await expect(card).toContainText('Currency, TimeZone')
  await page.getByRole('tab', { name: 'Groups' }).click()
  await expect(
    page.getByRole('region', { name: `You are ${stack.groups_users.viewer.username}` }),
  ).toContainText('viewer')
  const launch = page.getByRole('row', { name: /launch, pause and cancel/ }).getByRole('cell')
  await expect(launch).toHaveText([/no/, /no/, /yes/, /no/, /yes/])
  await page.goBack()
  await expect(page.getByRole('tab', { name: 'Costs' })).toHaveAttribute('aria-selected', 'true')
})

test('two administrators: both versions are shown, and one is taken', async ({ page }) => {
  const before = await read(brand)
  try {
    await signIn(page, 'admin')
    await page.goto(`${settings}?tab=brand`)
    await page.getByRole('textbox', { name: 'Support' }).fill(`mine ${unique}`)
    await put(brand, { ...before, support: `theirs ${unique}` })
    await page.getByRole('button', { name: 'Save' }).click()
    const both = page.getByRole('alert').filter({ hasText: 'Someone changed this' })
    await expect(both).toContainText(`mine ${unique}`)
    await expect(both).toContainText(`theirs ${unique}`)
    await both.getByRole('button', { name: 'Take theirs' }).click()
    await expect(page.getByRole('textbox', { name: 'Support' })).toHaveValue(`theirs ${unique}`)
  } finally {
    await put(brand, before)
  }
})

test('a session that ends over a setting: what was typed stays', async ({ page }) => {
  await signIn(page, 'admin')
  await page.goto(`${settings}?tab=brand`)
  await page.getByRole('textbox', { name: 'Support' }).fill(`kept ${unique}`)
  // The API itself refuses: the request goes out with a token that has expired.
  await page.route(`**/api${brand}`, async (route) =>
    route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer ended' } }),
  )
  await page.getByRole('button', { name: 'Save' }).click()
  const ended = page.getByRole('dialog', { name: 'Your session has ended' })
  await expect(ended).toBeVisible()
  await ended.getByRole('button', { name: 'Close' }).click()
  await expect(page.getByRole('textbox', { name: 'Support' })).toHaveValue(`kept ${unique}`)
})

test('an administrator sets the brand; what is wrong stands at its input', async ({ page }) => {
  await signIn(page, 'admin')
  await page.goto('/configuration/voucher-campaign/settings?tab=brand')
  await page.getByRole('textbox', { name: 'Logo', exact: true }).fill('not an address')
  await page.getByRole('textbox', { name: 'Sender name' }).fill(`Shop ${unique}`)
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('textbox', { name: 'Logo', exact: true })).toHaveAttribute(
    'aria-invalid',
    'true',
  )
  await page.getByRole('textbox', { name: 'Logo', exact: true }).fill('')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('textbox', { name: 'Sender name' })).toHaveValue(`Shop ${unique}`)
})

test('an administrator sets what an SMS costs; empty it is as deployed again', async ({ page }) => {
  await signIn(page, 'admin')
  const inForce = async () =>
    (
      (await (
        await callAsOperator('viewer', 'GET', '/v1/configuration/voucher-campaign/costs')
      ).json()) as { in_force: { sms_micros: number } }
    ).in_force.sms_micros
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
