// Checks the page of customers and the profile: a customer is found by name, e-mail and id, filtered by
// tag, opened with all tabs; and a viewer sees no contact.
import { expect, test, type Page } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { callAsBackend, signIn } from './stack'

const unique = randomUUID().slice(0, 8)
/** A family name of these tests: letters only. */
const family = `Zq${unique.replaceAll(/\d/g, (digit) => 'ghijklmnop'[Number(digit)]!)}`
const ana = `console-people-${unique}-a`
const tag = `people_${unique}`

test.beforeAll(async () => {
  for (const [id, first] of [
    [ana, 'Ángela'],
    [`console-people-${unique}-b`, 'Bruno'],
  ] as const) {
    await callAsBackend('PUT', `/v1/customers/${id}`, {
      profile: {
        first_name: first,
        last_name: family,
        tags: first === 'Ángela' ? [tag] : [],
        zone: 'Europe/Madrid',
      },
      contacts: { email: `${id}@example.com` },
      consents: {
        email: { state: 'granted', source: 'signup_form', at: '2026-01-01T10:00:00Z' },
      },
    })
  }
})

async function find(page: Page, text: string) {
  await page.getByRole('searchbox', { name: 'Customer' }).fill(text)
  await page.getByRole('button', { name: 'Find' }).click()
}
const row = (page: Page, id: string) => page.getByRole('row').filter({ hasText: id })

test('a customer is found by name, e-mail and id, and opened', async ({ page }) => {
  await signIn(page, 'support')
  await page.goto('/customers')
  await find(page, family.toUpperCase())
  await expect(row(page, ana)).toContainText(`Ángela ${family}`)
  await expect(row(page, `${unique}-b`)).toContainText('Bruno')
  await find(page, `angela ${family}`)
  await expect(row(page, `${unique}-b`)).toHaveCount(0)
  await expect(row(page, ana)).toBeVisible()
  await find(page, `${ana}@EXAMPLE.com`)
  await expect(row(page, ana)).toBeVisible()
  // What was searched is personal data, and stays out of the address.
  expect(page.url()).not.toContain('example')
  await row(page, ana).getByRole('link').click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Ángela ${family}`)
  await page.getByRole('tab', { name: 'Data' }).click()
  await expect(page.getByRole('row', { name: /^E-mail/ }).first()).toContainText(
    `${ana}@example.com`,
  )
  for (const tab of ['Orders', 'Vouchers', 'Timeline', 'Overview']) {
    await page.getByRole('tab', { name: tab }).click()
    await expect(page.getByRole('tabpanel')).toBeVisible()
  }
  // The list is where it was left.
  await page.getByRole('link', { name: 'All customers' }).click()
  await expect(page.getByRole('searchbox', { name: 'Customer' })).toHaveValue(`${ana}@EXAMPLE.com`)
})

test('a tag filters the list, and a search that finds nobody says so', async ({ page }) => {
  await signIn(page, 'marketer')
  await page.goto('/customers')
  await page.getByRole('textbox', { name: 'Tag' }).fill(tag)
  await find(page, family)
  await expect(row(page, ana)).toBeVisible()
  await expect(row(page, `${unique}-b`)).toHaveCount(0)
  await find(page, `nobody-${unique}`)
  await expect(page.getByText('No customer found')).toBeVisible()
  await find(page, 'not an address@')
  await expect(page.getByRole('searchbox', { name: 'Customer' })).toHaveAttribute(
    'aria-invalid',
    'true',
  )
})

test('a viewer sees neither names nor addresses', async ({ page }) => {
  await signIn(page, 'viewer')
  await page.goto('/customers')
  await expect(page.getByText('Names and contacts are masked for your role')).toBeVisible()
  await find(page, ana)
  await expect(row(page, ana)).toContainText('Á…')
  await row(page, ana).getByRole('link').click()
  await page.getByRole('tab', { name: 'Data' }).click()
  await expect(page.getByText('Names and contacts are masked for your role.')).toBeVisible()
  await expect(page.getByText(`${ana}@example.com`)).toHaveCount(0)
  await expect(page.getByText(family)).toHaveCount(0)
})

test('the customers of a filter are a file without names and contacts', async ({ page }) => {
  await signIn(page, 'marketer')
  await page.goto('/customers')
  await page.getByRole('textbox', { name: 'Tag' }).fill(tag)
  await find(page, family)
  await expect(row(page, ana)).toBeVisible()
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export CSV' }).click()
  const lines = readFileSync(await (await saved).path(), 'utf8')
    .trim()
    .split('\r\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toContain(ana)
  expect(lines[1]).not.toMatch(new RegExp(`${family}|@example`))
})
