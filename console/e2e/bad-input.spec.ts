// Checks what goes wrong: an API that is slow or down (its real answers, late or lost on the way),
// other languages, long names, and leaving without saving.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { callAsOperator, createDraft, holdRequests, signIn } from './stack'

const unique = randomUUID().slice(0, 8)

test('a slow API: the page is there at once, its numbers follow', async ({ page }) => {
  await createDraft(`Slow ${unique}`)
  await signIn(page, 'viewer')
  const answers = await holdRequests(page, '**/api/**')
  await page.goto('/marketing/promotion')
  await expect(page.getByRole('heading', { name: 'Promotion', level: 1 })).toBeVisible()
  await expect(page.getByRole('status', { name: 'Loading' })).toBeVisible()
  answers.release()
  await expect(page.getByRole('link', { name: `Slow ${unique}` })).toBeVisible()
})

test('an API that is down: it is said, nothing typed is lost, and trying again goes on', async ({
  page,
}) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion/new')
  await page.getByRole('textbox', { name: 'Name' }).fill(`Down ${unique}`)
  await page.route('**/api/**', (route) => route.abort())
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(page.getByRole('alert')).toContainText('The service is not responding')
  await page.unroute('**/api/**')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  await expect(page.getByRole('heading', { name: `Edit Down ${unique}` })).toBeVisible()
  const { items } = (await (
    await callAsOperator('viewer', 'GET', '/v1/campaigns?kind=promotion&state=draft&limit=100')
  ).json()) as { items: { name: string }[] }
  expect(items.filter(({ name }) => name === `Down ${unique}`)).toHaveLength(1)
})

test('an answer that was lost: a repeat makes nothing twice, and something else is saved as well', async ({
  page,
}) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion/new')
  await page.getByRole('textbox', { name: 'Name' }).fill(`Lost ${unique}`)
  await page.route('**/api/v1/campaigns', async (route) => {
    await route.fetch()
    await route.abort()
  })
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(page.getByRole('alert')).toContainText('The service is not responding')
  await page.reload()
  await page.unroute('**/api/v1/campaigns')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(page.getByRole('heading', { name: `Edit Lost ${unique}` })).toBeVisible()
  const { items } = (await (
    await callAsOperator('viewer', 'GET', '/v1/campaigns?kind=promotion&state=draft&limit=100')
  ).json()) as { items: { name: string }[] }
  expect(items.filter(({ name }) => name === `Lost ${unique}`)).toHaveLength(1)
})

test('a list that cannot be read says so and can be asked again', async ({ page }) => {
  await signIn(page, 'viewer')
  await page.route('**/api/v1/configuration/**', (route) => route.abort())
  await page.goto('/configuration/voucher-campaign/pending-triggers')
  await expect(page.getByRole('alert')).toContainText('The service is not responding', {
    timeout: 15_000,
  })
  await page.unroute('**/api/v1/configuration/**')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('alert')).toBeHidden()
})

test('the longest name, emoji and markup are text, and nothing overflows on a phone', async ({
  page,
}) => {
  const markup = `<img src=x onerror="document.title='run'"> <b>🎁</b>`
  const name = `${markup} ${unique} ${'ع'.repeat(20)} ${'x'.repeat(70)}`
  const { id } = await createDraft(name)
  await signIn(page, 'marketer')
  await page.setViewportSize({ width: 360, height: 740 })
  for (const path of [
    `/marketing/promotion/${id}`,
    '/marketing/promotion',
    `/marketing/promotion/${id}/edit?step=review`,
  ]) {
    await page.goto(path)
    await expect(page.getByText(unique).first()).toBeVisible()
    expect(await page.locator('main b:has-text("🎁")').count()).toBe(0)
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.title()).not.toBe('run')
    expect(
      await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      ),
      path,
    ).toBeLessThanOrEqual(0)
  }
  const long = await callAsOperator('marketer', 'POST', '/v1/playbooks/vip-thank-you', {
    changes: { name: 'n'.repeat(500) },
  })
  expect(long.status).toBe(422)
})

test('a reader whose language has no message sees which one they get', async ({ page }) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion/new?step=messages')
  const preview = page.getByRole('region', { name: 'Preview' })
  await preview.getByRole('textbox', { name: 'Preview language' }).fill('fr')
  await expect(preview).toContainText('There is no message in fr: customers get it in en.')
})

test('leaving a form with changes is asked first', async ({ page }) => {
  await signIn(page, 'admin')
  await page.goto('/configuration/voucher-campaign/settings?tab=brand')
  await page.getByRole('textbox', { name: 'Sender name' }).fill(`Never saved ${unique}`)
  await page.getByRole('link', { name: 'Health', exact: true }).click()
  await expect(page.getByRole('dialog', { name: 'Leave without saving?' })).toBeVisible()
  await page.getByRole('button', { name: 'Stay' }).click()
  await expect(page.getByRole('textbox', { name: 'Sender name' })).toHaveValue(
    `Never saved ${unique}`,
  )
  await page.getByRole('link', { name: 'Health', exact: true }).click()
  await page.getByRole('button', { name: 'Leave', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Health', level: 1 })).toBeVisible()
})

test('a search goes over all campaigns, and the file has what it found', async ({ page }) => {
  await createDraft(`Found ${unique}`)
  await signIn(page, 'viewer')
  await page.goto('/marketing/promotion')
  await page.getByRole('searchbox', { name: 'Search by name' }).fill(`found ${unique}`)
  await expect(page.getByRole('link', { name: `Found ${unique}` })).toBeVisible()
  await expect(page.getByRole('row')).toHaveCount(2)
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export CSV' }).click()
  const lines = (
    await (await saved).createReadStream().then(async (stream) => {
      let text = ''
      for await (const part of stream) text += String(part)
      return text
    })
  )
    .trim()
    .split('\r\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toContain(`Found ${unique}`)
})

test('ten thousand campaigns: a page of them at a time, the next one, and a search', async ({
  page,
}) => {
  const ROWS = 10_000
  await createDraft(`Many ${unique}`)
  await signIn(page, 'viewer')
  // The API's own first row, ten thousand times.
  await page.route(/\/api\/v1\/campaigns\?/, async (route) => {
    const asked = new URL(route.request().url()).searchParams
    const answer = await route.fetch({
      url: route
        .request()
        .url()
        .replace(/cursor=[^&]*&?/, '')
        .replace(/q=[^&]*&?/, ''),
    })
    const real = (await answer.json()) as { items: { id: string; name: string }[] }
    const start = Number(asked.get('cursor') ?? 0)
    const end = Math.min(start + Number(asked.get('limit') ?? 25), ROWS)
    const row = (at: number) => ({
      ...real.items[0]!,
      id: `cmp_many_${at}`,
      name: `Row ${at}`,
    })
    const searched = asked.get('q')
    const items = searched
      ? [row(Number(searched.replace('Row ', '')))]
      : Array.from({ length: end - start }, (_, at) => row(start + at))
    const next = !searched && end < ROWS ? String(end) : null
    await route.fulfill({ response: answer, json: { items, next_cursor: next } })
  })
  await page.goto('/marketing/promotion')
  await expect(page.getByRole('link', { name: 'Row 0', exact: true })).toBeVisible()
  expect(await page.getByRole('row').count()).toBeLessThanOrEqual(101)
  await page.getByRole('button', { name: 'Next', exact: true }).click()
  await expect(page.getByRole('link', { name: 'Row 0', exact: true })).toBeHidden()
  expect(await page.getByRole('row').count()).toBeLessThanOrEqual(101)
  await page.goto('/marketing/promotion?q=Row 1234')
  await expect(page.getByRole('link', { name: 'Row 1234', exact: true })).toBeVisible({
    timeout: 30_000,
  })
})

test('a thousand is a thousand in any writing, and what can mean two numbers holds back the save', async ({
  page,
}) => {
  await signIn(page, 'marketer', { language: 'en' })
  await page.goto('/marketing/promotion/new')
  const basket = page.getByRole('textbox', { name: 'Minimum basket' })
  await basket.fill('1.000,00')
  await basket.press('Tab')
  await expect(basket).toHaveValue('1,000')
  await basket.fill('1.000')
  await basket.press('Tab')
  await expect(basket).toHaveAttribute('aria-invalid', 'true')
  await expect(page.getByText('This can mean 1000 or 1. Enter one of these.')).toBeVisible()
  await page.getByRole('textbox', { name: 'Name' }).fill(`Thousand ${unique}`)
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(basket).toBeFocused()
  await basket.fill('1000')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
})
