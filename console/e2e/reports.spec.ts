// Checks the reports: the period in the address, the table behind each chart, the CSV file, and
// words before numbers.
import { expect, test } from '@playwright/test'
import { signIn } from './stack'

const at = (report: string) => `/reports/voucher-campaigns/${report}`

test('each report keeps its period in the address, and gives a file of it', async ({ page }) => {
  await signIn(page, 'viewer')
  for (const [report, title] of [
    ['overview', 'Overview'],
    ['customer-engagement', 'Customer engagement'],
    ['campaign-perf', 'Campaign performance'],
    ['api-perf', 'Delivery'],
    ['system-health', 'System health'],
  ]) {
    await page.goto(at(report!))
    await expect(page.getByRole('heading', { name: title, level: 1 })).toBeVisible()
    await page.getByRole('button', { name: '7 days' }).click()
    await expect(page.getByRole('button', { name: '7 days' })).toHaveAttribute(
      'aria-pressed',
      'true',
    )
    const { from, to } = Object.fromEntries(new URL(page.url()).searchParams)
    expect((Date.parse(to!) - Date.parse(from!)) / 86_400_000).toBe(6)
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export CSV' }).click()
    expect((await saved).suggestedFilename()).toBe(`${report}-${from}-${to}.csv`)
  }
})

test('a chart has its numbers as a table, and a breakdown stays when one comes back', async ({
  page,
}) => {
  await signIn(page, 'viewer')
  await page.goto(at('customer-engagement'))
  const chart = page.getByRole('region', { name: 'Day by day' })
  await chart.getByRole('button', { name: 'Show as table' }).click()
  await expect(chart.getByRole('columnheader', { name: 'Redeemed' })).toBeVisible()
  await page.getByRole('tab', { name: 'By channel' }).click()
  await expect(page.getByRole('columnheader', { name: 'redeemed of sent' })).toBeVisible()
  await page.getByRole('link', { name: 'See campaign performance' }).click()
  await expect(page.getByRole('heading', { name: 'Campaign performance', level: 1 })).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('tab', { name: 'By channel' })).toHaveAttribute(
    'aria-selected',
    'true',
  )
})

test('what is printed is the report with its period, without the menu', async ({ page }) => {
  await signIn(page, 'viewer')
  await page.goto(at('customer-engagement'))
  await expect(page.getByRole('region', { name: 'Funnel' })).toBeVisible()
  await page.emulateMedia({ media: 'print' })
  await expect(page.getByRole('button', { name: 'Print' })).toBeHidden()
  await expect(page.getByRole('navigation', { name: 'Main menu' })).toBeHidden()
  await expect(page.locator('.print-only')).toBeVisible()
  // A page that is dark on the screen has black text on paper.
  await page.locator('html').evaluate((html) => {
    html.dataset.mantineColorScheme = 'dark'
  })
  await expect(page.getByRole('heading', { level: 1 })).toHaveCSS('color', 'rgb(0, 0, 0)')
})

test('system health says in words how it stands', async ({ page }) => {
  await signIn(page, 'viewer')
  await page.goto(at('system-health'))
  await expect(
    page.getByRole('status', {
      name: /The system is healthy|Action needed|Something has stalled/,
    }),
  ).toBeVisible()
  await expect(page.getByRole('region', { name: 'Queues' })).toBeVisible()
})

test('the overview says what vouchers can still cost, and which campaigns earned most', async ({
  page,
}) => {
  await signIn(page, 'viewer')
  await page.goto(at('overview'))
  const exposure = page.getByRole('group', { name: 'What vouchers can still cost' })
  await expect(exposure.getByRole('columnheader', { name: 'Issued, not accepted' })).toBeVisible()
  await expect(exposure.getByRole('row', { name: /Promotions? · EUR/ })).toBeVisible()
  await expect(
    page.getByText(/campaigns of this period have enough customers to judge/),
  ).toBeVisible()
})

test('a period is compared with as many days before it: a number that moved says by how much', async ({
  page,
}) => {
  await signIn(page, 'viewer')
  // The report's own answer for this period, with half of it for the period before.
  await page.route(/api\/v1\/reports\/voucher-campaigns\/overview\?/, async (route) => {
    const asked = new URL(route.request().url())
    const before = asked.searchParams.get('to')! < '2026-02-01'
    const answer = await route.fetch()
    const report = (await answer.json()) as { totals: object[] }
    const total = {
      kind: 'promotion',
      currency: 'EUR',
      issued: before ? 500 : 1000,
      sent: 900,
      delivered: 800,
      accepted: 400,
      redeemed: before ? 200 : 100,
      revenue: 100_000,
      discount: 50_000,
      message_cost: 1_000,
      exposure: 0,
    }
    await route.fulfill({
      response: answer,
      json: { ...report, totals: [{ ...report.totals[0], ...total }] },
    })
  })
  await page.goto(at('overview?from=2026-02-01&to=2026-02-28'))
  await expect(
    page.getByText('Compared with 4 Jan 2026 – 31 Jan 2026, as many days before.'),
  ).toBeVisible()
  const card = page.getByRole('region', { name: 'Promotion · EUR' })
  await expect(card).toContainText(/\+100%.? against the period before/)
  await expect(card).toContainText(/−50%.? against the period before/)
  await expect(card).toContainText(
    '100 of 1,000 vouchers were redeemed, on orders worth €1,000.00, for €510.00.',
  )
  await expect(card).toContainText(/Most drop-off/)
})
