// Checks the lists: filters, order and search in the address, which "back" undoes; the content of
// each row; exact times; and the health of autopilots.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { callAsOperator, putCustomer, createDraft, launchCampaign, signIn } from './stack'

const unique = randomUUID().slice(0, 8)

test('filter, order and search are in the address, and back takes each of them back', async ({
  page,
}) => {
  for (const name of ['B', 'A']) await createDraft(`Listed ${name} ${unique}`, `none-${unique}`)
  await signIn(page, 'viewer')
  await page.goto('/marketing/promotion')
  await page.getByRole('searchbox', { name: 'Search by name' }).pressSequentially(`listed`)
  await page.getByRole('searchbox', { name: 'Search by name' }).fill(`${unique}`)
  await expect(page.getByRole('row')).toHaveCount(3)
  await page.getByRole('combobox', { name: 'Sort by' }).selectOption('name')
  await expect(page.getByRole('row').nth(1)).toContainText(`Listed A ${unique}`)
  await page.getByRole('combobox', { name: 'State' }).selectOption('completed')
  await expect(page.getByRole('status')).toContainText('No campaign')
  expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({
    q: unique,
    sort: 'name',
    state: 'completed',
  })
  await page.reload()
  await expect(page.getByRole('combobox', { name: 'State' })).toHaveValue('completed')
  await page.goBack()
  await expect(page.getByRole('row')).toHaveCount(3)
  await page.goBack()
  await expect(page.getByRole('combobox', { name: 'Sort by' })).toHaveValue('newest')
  await page.goBack()
  await expect(page.getByRole('searchbox', { name: 'Search by name' })).toHaveValue('')
})

test('a row says state, audience, funnel, revenue and cost, and when it changed to the second', async ({
  page,
}) => {
  const tag = `row-${unique}`
  await putCustomer(`console-${tag}`, [tag])
  const { id } = await createDraft(`Row ${unique}`, tag)
  await launchCampaign(id)
  await signIn(page, 'viewer')
  const row = page.getByRole('row', { name: new RegExp(`Row ${unique}`) })
  await expect(async () => {
    await page.goto(`/marketing/promotion?q=Row ${unique}`)
    await expect(row).toContainText('1 issued, 1 delivered, 0 accepted, 0 redeemed', {
      timeout: 3_000,
    })
  }).toPass({ timeout: 40_000 })
  await expect(row.locator('svg')).toBeVisible()
  await expect(row.getByRole('cell').nth(2)).toHaveText('1')
  await expect(row.getByRole('cell').nth(4)).toHaveText('€0.00')
  await expect(row.getByRole('cell').nth(5)).toContainText('€')
  await expect(row.getByRole('time')).toHaveAttribute('title', /\d:\d\d:\d\d.*UTC/)
  await expect(row.getByRole('time')).toHaveText(/ago|now/)
})

test('the list of autopilots says how often each fired and when last, and how often it should have', async ({
  page,
}) => {
  const made = await callAsOperator('marketer', 'POST', '/v1/playbooks/win-back', {
    changes: { name: `Fires ${unique}` },
  })
  const { id } = (await made.json()) as { id: string }
  await launchCampaign(id)
  try {
    await signIn(page, 'viewer')
    await page.goto('/marketing/autopilot')
    const row = page.getByRole('row', { name: new RegExp(`Fires ${unique}`) })
    await expect(row).toContainText('Collecting data (first 24 h)')
    await expect(row).toContainText('Too early to tell')
    // The same answer as it would be a week later: the stack's time is not moved under other tests.
    await page.route(/voucher-campaign\/health\?/, async (route) => {
      const answer = await route.fetch()
      const real = (await answer.json()) as { items: { campaign_id: string }[] }
      const later = {
        health: 'ok',
        last_active: '2026-03-07',
        fired: {
          from: '2026-03-01',
          until: '2026-03-07',
          matches: 1_250,
          vouchers: 1_000,
          ghost: 100,
          suppressed: { no_consent: 150 },
        },
        expected: { low: 900, high: 1_400, days: 7, from: 'history' },
      }
      await route.fulfill({
        response: answer,
        json: {
          ...real,
          items: real.items.map((one) => (one.campaign_id === id ? { ...one, ...later } : one)),
        },
      })
    })
    await page.reload()
    await expect(row).toContainText('1,250 in 7 days')
    await expect(row).toContainText('last on 7 Mar 2026')
    await expect(row).toContainText('expected: 900 to 1,400')
    await expect(row).toContainText('Healthy')
  } finally {
    await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/cancel`, { revoke: 'none' })
  }
})

test('paused, an autopilot says on the health page why it is silent and what comes next', async ({
  page,
}) => {
  const made = await callAsOperator('marketer', 'POST', '/v1/playbooks/celebration', {
    changes: { name: `Silent ${unique}` },
  })
  const { id } = (await made.json()) as { id: string }
  await launchCampaign(id)
  expect((await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/pause`)).status).toBe(200)
  try {
    await signIn(page, 'viewer', { language: 'en' })
    await page.goto('/configuration/voucher-campaign/health')
    const card = page.getByRole('region', { name: `Silent ${unique}` })
    await expect(card.getByText('It is paused')).toBeVisible()
    await expect(card).toContainText('Next: Resume it')
    const equation = await card.getByText(/selected = /).textContent()
    const [selected, ...parts] = [...equation!.matchAll(/[\d,]+/g)].map(([n]) =>
      Number(n.replaceAll(',', '')),
    )
    expect(parts).toHaveLength(5)
    expect(parts.reduce((sum, n) => sum + n, 0)).toBe(selected)
    await page.getByRole('combobox', { name: 'Language' }).selectOption('ar')
    await expect(page.getByRole('region', { name: `Silent ${unique}` })).toContainText('استأنفها')
  } finally {
    await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/cancel`, { revoke: 'none' })
  }
})

test('the vouchers of a campaign are a file, and the funnel leads to them by status', async ({
  page,
}) => {
  const tag = `file-${unique}`
  await putCustomer(`console-${tag}`, [tag])
  const { id } = await createDraft(`File ${unique}`, tag)
  await launchCampaign(id)
  await signIn(page, 'viewer')
  await expect(async () => {
    await page.goto(`/marketing/promotion/${id}`)
    await expect(page.getByText('Vouchers by status:')).toBeVisible({ timeout: 3_000 })
  }).toPass({ timeout: 40_000 })
  await page.getByRole('link', { name: 'Issued', exact: true }).click()
  await expect(page).toHaveURL(/tab=vouchers/)
  await expect(page).toHaveURL(/status=issued/)
  await expect(page.getByRole('link', { name: `console-${tag}` })).toBeVisible()
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export CSV' }).click()
  const file = await saved
  expect(file.suggestedFilename()).toBe(`vouchers-${id}-issued.csv`)
  const lines = readFileSync(await file.path(), 'utf8')
    .trim()
    .split('\r\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toContain(`console-${tag},issued`)
})

test('all drafts that a search finds are chosen at once, over more than one page', async ({
  page,
}) => {
  const many = 27
  for (let n = 0; n < many; n += 1) await createDraft(`Many ${unique} ${n}`, `none-${unique}`)
  await signIn(page, 'marketer')
  await page.goto(`/marketing/promotion?q=Many ${unique}`)
  await expect(page.getByRole('row')).toHaveCount(26)
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
  const bar = page.getByRole('group', { name: 'Actions for selected campaigns' })
  await expect(bar).toContainText('25 campaigns selected')
  await bar.getByRole('button', { name: 'Select all that match' }).click()
  await expect(bar).toContainText(`${many} campaigns selected`)
  await bar.getByRole('button', { name: `Delete draft (${many})` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete draft' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'No campaign has' })).toBeVisible({
    timeout: 30_000,
  })
})
