// Checks the home page, the checklist of the setup, the calendar, charts by keyboard, several campaigns
// at once, saved views, and the page of components in each look.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  findAxeViolations,
  findOverflow,
  loadAxe,
  openSettled,
  switchScheme,
  switchToArabic,
} from './console-pages'
import {
  callAsOperator,
  createDraft,
  dayFromNow,
  launchCampaign,
  putCustomer,
  signIn,
} from './stack'

const unique = randomUUID().slice(0, 8)

test('home says which campaign needs a decision, why, and leads to it', async ({ page }) => {
  const made = await callAsOperator('marketer', 'POST', '/v1/playbooks/celebration', {
    changes: { name: `Decide ${unique}` },
  })
  const { id } = (await made.json()) as { id: string }
  await launchCampaign(id)
  expect((await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/pause`)).status).toBe(200)
  try {
    await signIn(page, 'viewer')
    await page.goto('/')
    await expect(page.getByRole('heading', { name: 'Home', level: 1 })).toBeVisible()
    const menu = page.getByRole('navigation', { name: 'Main menu' })
    await expect(menu.getByRole('link', { name: 'Home' })).toHaveAttribute('aria-current', 'page')
    await expect(menu.getByRole('link', { name: 'Promotion' })).not.toHaveAttribute('aria-current')
    const decisions = page.getByRole('region', { name: 'Needs a decision' })
    const item = decisions.getByRole('listitem').filter({ hasText: `Decide ${unique}` })
    await expect(item).toContainText('It is paused')
    await expect(item).toContainText('Resume it')
    await expect(page.getByRole('region', { name: 'The last 7 days' })).toContainText(
      /Revenue|No vouchers were issued/,
    )
    await expect(page.getByRole('link', { name: 'New promotion' })).toHaveCount(0)
    await item.getByRole('link', { name: `Decide ${unique}` }).click()
    await expect(page).toHaveURL(new RegExp(`/marketing/autopilot/${id}`))
  } finally {
    await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/cancel`, { revoke: 'none' })
  }
})

test('home lists drafts to finish, and opens in the address without a path', async ({ page }) => {
  await createDraft(`Finish ${unique}`, `none-${unique}`)
  await signIn(page, 'marketer')
  await page.goto('/')
  const next = page.getByRole('region', { name: 'What comes next' })
  await expect(next.getByText('Drafts to finish')).toBeVisible()
  await page.getByRole('link', { name: 'Open the calendar' }).click()
  await expect(page.getByRole('heading', { name: 'Calendar', level: 1 })).toBeVisible()
})

test('the checklist knows what is done, leads to what is not, and stays hidden', async ({
  page,
}) => {
  await createDraft(`Checked ${unique}`, `none-${unique}`)
  await signIn(page, 'admin')
  // The costs of a stack that nobody has set up yet; everything else is the stack's own.
  await page.route(/voucher-campaign\/costs$/, async (route) => {
    const answer = await route.fetch()
    const real = (await answer.json()) as Record<string, unknown>
    const {
      margin_percent: _,
      sms_micros: __,
      email_micros: ___,
      push_micros: ____,
      ...rest
    } = real
    await route.fulfill({ response: answer, json: rest })
  })
  await page.goto('/')
  const checklist = page.getByRole('region', { name: 'Get to your first campaign' })
  const step = (title: string) => checklist.getByRole('listitem').filter({ hasText: title })
  await expect(step('Create your first campaign')).toContainText('Done')
  await expect(step('Enter your costs and margin')).not.toContainText('Done')
  await expect(step('Enter your costs and margin')).toContainText('Reports then show profit')
  await step('Enter your costs and margin').getByRole('link', { name: 'Open costs' }).click()
  await expect(page.getByRole('tab', { name: 'Costs' })).toHaveAttribute('aria-selected', 'true')
  await page.goBack()
  await checklist.getByRole('button', { name: 'Hide checklist' }).click()
  await expect(checklist).toHaveCount(0)
  await page.reload()
  await expect(page.getByRole('button', { name: 'Show the setup checklist' })).toBeVisible()
  await expect(checklist).toHaveCount(0)
  await page.getByRole('button', { name: 'Show the setup checklist' }).click()
  await expect(checklist).toBeVisible()
})

test('the calendar shows a launched campaign on its days, month by month', async ({ page }) => {
  const tag = `calendar-${unique}`
  await putCustomer(`console-${tag}`, [tag])
  const { id } = await createDraft(`Dated ${unique}`, tag)
  await launchCampaign(id)
  await signIn(page, 'viewer')
  await page.goto(`/marketing/calendar?month=${dayFromNow(0).slice(0, 7)}`)
  const row = page.getByRole('row').filter({ hasText: `Dated ${unique}` })
  await expect(row).toContainText('Promotion')
  await expect(page.getByRole('slider', { name: /Campaigns on each day/ })).toBeVisible()
  await page.getByRole('button', { name: 'Previous month' }).click()
  await expect(row).toHaveCount(0)
  await expect(page).toHaveURL(/month=\d{4}-\d\d/)
  await page.goBack()
  await expect(row).toBeVisible()
  await row.getByRole('link', { name: `Dated ${unique}` }).click()
  await expect(page).toHaveURL(new RegExp(id))
})

test('a chart says the numbers of a day by the arrow keys, and gives them as a file', async ({
  page,
}) => {
  await signIn(page, 'viewer')
  const [from, to] = [dayFromNow(-6), dayFromNow(0)]
  await page.goto(`/reports/voucher-campaigns/customer-engagement?from=${from}&to=${to}`)
  const card = page.getByRole('region', { name: 'Day by day' })
  const chart = card.getByRole('slider', { name: /Day by day/ })
  await expect(chart).toHaveAttribute('aria-valuetext', /^Whole period: Issued: /)
  await chart.focus()
  await page.keyboard.press('End')
  await expect(chart).toHaveAttribute('aria-valuenow', '6')
  const last = await chart.getAttribute('aria-valuetext')
  await page.keyboard.press('ArrowLeft')
  await expect(chart).toHaveAttribute('aria-valuenow', '5')
  expect(await chart.getAttribute('aria-valuetext')).not.toBe(last)
  await page.keyboard.press('Home')
  await expect(chart).toHaveAttribute('aria-valuenow', '0')
  const saved = page.waitForEvent('download')
  await card.getByRole('button', { name: /as CSV: Day by day/ }).click()
  const lines = readFileSync(await (await saved).path(), 'utf8')
    .trim()
    .split('\r\n')
  expect(lines[0]).toBe('Day,Issued,Accepted,Redeemed')
  expect(lines).toHaveLength(8)
  expect(lines[1]).toMatch(new RegExp(`^${from},\\d+,\\d+,\\d+$`))
  await card.getByRole('button', { name: 'Show as table' }).click()
  await expect(card.getByRole('row')).toHaveCount(8)
})

test('several drafts are deleted by one action, and a launched one stays as it is', async ({
  page,
}) => {
  const tag = `bulk-${unique}`
  await putCustomer(`console-${tag}`, [tag])
  for (const name of ['one', 'two']) await createDraft(`Bulk ${name} ${unique}`, tag)
  const { id } = await createDraft(`Bulk kept ${unique}`, tag)
  await launchCampaign(id)
  await signIn(page, 'marketer')
  await page.goto(`/marketing/promotion?q=${unique}`)
  for (const name of ['one', 'two', 'kept'])
    await page.getByRole('checkbox', { name: `Select Bulk ${name} ${unique}` }).check()
  const actions = page.getByRole('group', { name: 'Actions for selected campaigns' })
  await expect(actions).toContainText('3 campaigns selected')
  await actions.getByRole('button', { name: 'Delete draft (2)' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete draft' })
  await expect(dialog).toContainText('This changes 2 campaigns.')
  await expect(dialog).toContainText('1 selected campaign stays as it is')
  await dialog.getByRole('button', { name: 'Delete draft' }).click()
  await expect(page.getByRole('link', { name: `Bulk one ${unique}` })).toHaveCount(0)
  await expect(page.getByRole('link', { name: `Bulk two ${unique}` })).toHaveCount(0)
  await expect(page.getByRole('link', { name: `Bulk kept ${unique}` })).toBeVisible()
})

test('who may change nothing chooses nothing', async ({ page }) => {
  await createDraft(`Seen ${unique}`, `none-${unique}`)
  await signIn(page, 'viewer')
  await page.goto(`/marketing/promotion?q=Seen ${unique}`)
  await expect(page.getByRole('link', { name: `Seen ${unique}` })).toBeVisible()
  await expect(page.getByRole('checkbox')).toHaveCount(0)
})

test('a saved view brings its filters back, also after a reload, until it is deleted', async ({
  page,
}) => {
  await createDraft(`View ${unique}`, `none-${unique}`)
  await signIn(page, 'viewer')
  await page.goto('/marketing/promotion?state=draft&sort=name')
  await page.getByRole('button', { name: 'Save view' }).click()
  const dialog = page.getByRole('dialog', { name: 'Save view' })
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Drafts by name')
  await dialog.getByRole('button', { name: 'Save view' }).click()
  const views = page.getByRole('combobox', { name: 'Saved views' })
  await expect(views).toHaveValue('Drafts by name')
  await page.goto('/marketing/promotion')
  await expect(views).toHaveValue('')
  await views.selectOption('Drafts by name')
  await expect(page.getByRole('combobox', { name: 'State' })).toHaveValue('draft')
  await expect(page).toHaveURL(/sort=name/)
  await page.getByRole('button', { name: 'Delete view' }).click()
  await expect(views).toHaveCount(0)
})

test('the page of components is for administrators', async ({ page }) => {
  await signIn(page, 'viewer')
  await page.goto('/components')
  await expect(page.getByText('There is no page at this address')).toBeVisible()
})

test('every component is shown in each look: dark, narrow, from right to left', async ({
  page,
}) => {
  await signIn(page, 'admin', { language: 'en', scheme: 'auto' })
  await loadAxe(page)
  await openSettled(page, '/components?width=narrow&direction=rtl')
  const gallery = page.getByTestId('gallery')
  await expect(gallery).toHaveAttribute('dir', 'rtl')
  expect((await gallery.boundingBox())!.width).toBeLessThan(340)
  for (const name of ['Badge', 'ChartCard', 'EmptyState', 'ProblemAlert', 'TypedNumberInput'])
    await expect(gallery.getByRole('region', { name, exact: true })).toBeVisible()
  const pictures = gallery.getByRole('region', { name: 'PictureField', exact: true })
  const uploaded = pictures.getByRole('group', { name: 'Image', exact: true }).locator('img')
  await expect.poll(() => uploaded.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(240)
  await expect(pictures.getByText('This image can’t be loaded.')).toBeVisible()
  const problems = await findAxeViolations(page, 'components, narrow')
  await switchScheme(page, 'dark')
  problems.push(...(await findAxeViolations(page, 'components, dark', 'colours')))
  await page.setViewportSize({ width: 390, height: 720 })
  problems.push(...(await findOverflow(page, 'components on a phone')))
  await switchToArabic(page)
  problems.push(...(await findOverflow(page, 'components in Arabic')))
  expect(problems).toEqual([])
  await page.setViewportSize({ width: 1280, height: 720 })
  await page.getByRole('button', { name: 'فتح مربع حوار' }).click()
  await expect(page.getByRole('dialog')).toBeVisible()
})
