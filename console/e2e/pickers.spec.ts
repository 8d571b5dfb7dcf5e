// Checks the pickers of the wizard: verticals by the names that people use, a value that nobody has,
// and a place by the name of a city.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { callAsBackend, callAsOperator, signIn } from './stack'

const unique = randomUUID().slice(0, 8)
const [vertical, city, merchant] = [`food-${unique}`, `Villa ${unique}`, `m-${unique}`]
const people = [1, 2].map((n) => `console-pick-${unique}-${n}`)
/** The counts follow the streams, which are read every second or so. */
const COUNTED_MS = 30_000

test.beforeAll(async () => {
  const names = { en: `Eateries ${unique}`, es: `Comedores ${unique}` }
  await callAsBackend('PUT', `/v1/catalogue/verticals/${vertical}`, { names })
  await callAsBackend('PUT', `/v1/merchants/${merchant}`, { name: `Casa ${unique}` })
  for (const [place, id] of people.entries()) {
    const location = { lat: 40 + place, lon: -4 }
    const profile = { locale: 'es-ES', currency: 'EUR', tags: [`pick-${unique}`], location, city }
    const consent = { state: 'granted', source: 'e2e', at: new Date().toISOString() }
    await callAsBackend('PUT', `/v1/customers/${id}`, {
      profile,
      contacts: { email: `${id}@example.com` },
      consents: { email: consent },
    })
    await callAsBackend('POST', '/v1/orders', {
      event: 'placed',
      event_id: 'placed',
      order_id: `ord-${id}`,
      customer_id: id,
      at: new Date().toISOString(),
      basket: { currency: 'EUR', lines: [{ id: '1', vertical, merchant, amount: 1000 }] },
    })
  }
  const count = async (of: string, value: string) => {
    const query = new URLSearchParams({ of, q: value })
    const answer = await callAsOperator('viewer', 'GET', `/v1/values?${query}`)
    const { items } = (await answer.json()) as { items: { value: string; count: number }[] }
    return items.find((item) => item.value === value)?.count
  }
  for (const [of, value] of [
    ['vertical', vertical],
    ['city', city],
    ['merchant', merchant],
  ] as const)
    await expect.poll(() => count(of, value), { timeout: COUNTED_MS }).toBe(people.length)
})

test('a vertical is found by the name that people use, with how many ordered in it', async ({
  page,
}) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion/new?step=audience')
  await page.getByRole('combobox', { name: 'Condition' }).nth(1).click()
  await page.getByRole('option', { name: 'ordered in a vertical', exact: true }).click()
  const input = page.getByLabel('Vertical').first()
  await input.fill(`eateries ${unique}`)
  const option = page.getByRole('option', { name: new RegExp(`Eateries ${unique}`) })
  await expect(option).toContainText('2 customers')
  await option.click()
  await expect(input).toHaveValue(vertical)
  await expect(page.getByRole('region', { name: 'Estimated audience' })).toContainText('Matches2')
})

test('a value that nobody has is marked at its input, and the one that was meant is named', async ({
  page,
}) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion/new?step=audience')
  await page.getByRole('combobox', { name: 'Condition' }).nth(1).click()
  await page.getByRole('option', { name: 'ordered in a vertical', exact: true }).click()
  await page.getByLabel('Vertical').first().fill(`foood-${unique}`)
  await expect(page.locator('[data-unseen]').first()).toContainText('No customer has ordered in')
  await expect(page.locator('[data-warning]')).toContainText(`Did you mean “${vertical}”?`)
})

test('a place is picked by the name of its city, and the summary says so', async ({ page }) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion/new?step=audience')
  await page.getByRole('combobox', { name: 'Condition' }).nth(1).click()
  await page.getByRole('option', { name: 'location near a place' }).click()
  const places = page.getByLabel('Places').first()
  await places.fill(city.toLowerCase())
  await page.getByRole('option', { name: new RegExp(city) }).click()
  await page.getByLabel('Kilometres').fill('100')
  const now = page.getByRole('region', { name: 'Estimated audience' })
  // Two customers, and two more for each worker that has begun this file before.
  await expect(now).toContainText(/Matches[2468]of/)
  await page.goto('/marketing/promotion/new?step=review')
  await expect(page.getByText(`within 100 km of ${city}`)).toBeVisible()
})
