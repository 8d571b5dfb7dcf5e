// Checks diagnostics: why one customer got a voucher and another did not, asked in the browser and
// answered by the real stack.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { callAsBackend, callAsOperator, signIn } from './stack'

const unique = randomUUID().slice(0, 8)
const tag = `why-${unique}`
const who = (name: string) => `console-why-${unique}-${name}`
const page = '/configuration/voucher-campaign/diagnostics'
let campaign = ''

test.beforeAll(async () => {
  const consent = { state: 'granted', source: 'signup_form', at: '2026-01-01T10:00:00Z' }
  const customer = (tags: string[], name: string, consents: object) =>
    callAsBackend('PUT', `/v1/customers/${who(name)}`, {
      profile: { first_name: 'Ana', locale: 'en', zone: 'UTC', tags },
      contacts: { email: `${unique}-${name}@example.com` },
      consents,
    })
  await customer([tag], 'got', { email: consent })
  await customer([tag], 'refused', {
    email: { ...consent, state: 'denied', source: 'app_settings' },
  })
  await customer(['other'], 'outside', { email: consent })
  const made = await callAsOperator('marketer', 'POST', '/v1/playbooks/vip-thank-you', {
    changes: {
      name: `Why ${unique}`,
      audience: { all: [{ tags: { any_of: [tag] } }] },
      channels: { mode: 'first_available', ladder: ['email'] },
      holdout_percent: 0,
    },
  })
  campaign = ((await made.json()) as { id: string }).id
  expect(
    (await callAsOperator('marketer', 'POST', `/v1/campaigns/${campaign}/launch`)).status,
  ).toBe(200)
})

test('why not: the condition that does not hold is shown, and what was found', async ({
  page: browser,
}) => {
  await signIn(browser, 'viewer')
  await browser.goto(page)
  await browser.getByRole('searchbox', { name: 'Customer' }).fill(who('outside'))
  await browser.getByRole('button', { name: 'Find' }).click()
  await expect(browser.getByRole('region', { name: `Customer ${who('outside')}` })).toContainText(
    'known',
  )
  await browser.getByRole('combobox', { name: 'Campaign' }).click()
  await browser.getByRole('combobox', { name: 'Campaign' }).fill(`Why ${unique}`)
  await browser.getByRole('option', { name: new RegExp(`Why ${unique}`) }).click()
  const answer = browser.getByRole('region', { name: 'Why, or why not' })
  await expect(answer).toContainText('The audience does not include them')
  await expect(answer).toContainText(`tags: any of ${tag}`)
  await expect(answer).toContainText('does not hold:')
  await expect(answer).toContainText('tags other')
  expect(new URL(browser.url()).searchParams.get('campaign')).toBe(campaign)
})

test('why not: they said no, and the history of their consent says when', async ({
  page: browser,
}) => {
  await signIn(browser, 'viewer')
  await expect(async () => {
    await browser.goto(`${page}?customer=${who('refused')}&campaign=${campaign}`)
    await expect(browser.getByRole('region', { name: 'Why, or why not' })).toContainText(
      'They were skipped',
      { timeout: 3_000 },
    )
  }).toPass({ timeout: 40_000 })
  await expect(browser.getByRole('region', { name: 'Why, or why not' })).toContainText(
    'Reason: opted out',
  )
  await expect(browser.getByRole('row', { name: /^E-mail/ })).toContainText('opted out')
})

test('why: the timeline tells of the voucher, and a campaign leads to its customers', async ({
  page: browser,
}) => {
  await signIn(browser, 'viewer')
  await expect(async () => {
    await browser.goto(`${page}?campaign=${campaign}`)
    await expect(browser.getByRole('region', { name: 'Delivery status' })).toContainText(
      '1 issued',
      { timeout: 3_000 },
    )
  }).toPass({ timeout: 40_000 })
  await expect(browser.getByRole('region', { name: 'Skipped, by reason' })).toContainText(
    'opted out',
    { timeout: 20_000 },
  )
  await browser.goto(`/marketing/promotion/${campaign}?tab=vouchers`)
  await browser.getByRole('link', { name: who('got') }).click()
  await expect(browser.getByRole('tab', { name: 'Timeline' })).toBeVisible()
  await browser.goBack()
  await expect(browser.getByRole('tab', { name: 'Vouchers' })).toHaveAttribute(
    'aria-selected',
    'true',
  )
  await browser.goto(`${page}?campaign=${campaign}&customer=${who('got')}`)
  await expect(browser.getByRole('region', { name: 'Why, or why not' })).toContainText(
    'They got a voucher',
  )
  await expect(browser.getByRole('list', { name: 'Timeline' })).toContainText('Voucher issued')
})

test('a customer is found by their e-mail, which stands in no address', async ({
  page: browser,
}) => {
  await signIn(browser, 'viewer')
  await browser.goto(page)
  await browser.getByRole('searchbox', { name: 'Customer' }).fill(`${unique}-GOT@example.com`)
  await browser.getByRole('button', { name: 'Find' }).click()
  await expect(browser.getByRole('region', { name: `Customer ${who('got')}` })).toBeVisible()
  expect(browser.url()).not.toContain('example.com')
  await browser.getByRole('searchbox', { name: 'Customer' }).fill('nobody@example.com')
  await browser.getByRole('button', { name: 'Find' }).click()
  await expect(browser.getByText('No customer has this address now.')).toBeVisible()
})

test('a customer is found by their phone', async ({ page: browser }) => {
  const phone = `+4915${String(Number.parseInt(unique.slice(0, 7), 16))
    .padStart(9, '0')
    .slice(0, 9)}`
  await callAsBackend('PUT', `/v1/customers/${who('phone')}`, {
    profile: { first_name: 'Ana', locale: 'en', zone: 'UTC' },
    contacts: { phone },
  })
  await signIn(browser, 'viewer')
  await browser.goto(page)
  await browser.getByRole('searchbox', { name: 'Customer' }).fill(phone)
  await browser.getByRole('button', { name: 'Find' }).click()
  await expect(browser.getByRole('region', { name: `Customer ${who('phone')}` })).toBeVisible()
  expect(browser.url()).not.toContain(phone.slice(1))
})
