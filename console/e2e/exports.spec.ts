// Checks exports: a viewer starts one, sees it finish with its files and checksums, and saves a part; a
// marketer removes the files; contacts are offered to administrators alone.
import { expect, test } from '@playwright/test'
import { signIn } from './stack'

const exports = '/configuration/voucher-campaign/exports'
const LONG_MS = 60_000

test('campaigns are exported, saved and removed', async ({ page }) => {
  test.slow()
  await signIn(page, 'marketer')
  await page.goto(`${exports}?new=yes`)
  await page.getByRole('combobox', { name: 'Content' }).click()
  await page.getByRole('option', { name: 'Campaigns' }).click()
  await page.getByRole('button', { name: 'Start export' }).click()
  await expect(page.getByText('The export is complete.')).toBeVisible({ timeout: LONG_MS })
  const part = page.getByRole('link', { name: /^part-00001-[0-9a-f]{16}\.csv$/ })
  await expect(part).toBeVisible()
  await expect(page.getByRole('link', { name: 'manifest.json' })).toBeVisible()
  const saved = page.waitForEvent('download')
  await part.click()
  const stream = await (await saved).createReadStream()
  let text = ''
  for await (const piece of stream) text += String(piece)
  expect(text).toMatch(/^campaign_id,campaign_kind,name,/)

  await page.getByRole('button', { name: 'Remove files' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove files' }).click()
  await expect(page.getByText('The files were removed.')).toBeVisible()
  await expect(part).toHaveCount(0)
  await page.getByRole('button', { name: 'All exports' }).click()
  await expect(page.getByRole('link', { name: 'Campaigns' }).first()).toBeVisible()
})

test('customers are offered to marketers, and their contacts to administrators', async ({
  page,
}) => {
  const openKinds = async () => {
    await page.goto(`${exports}?new=yes`)
    await page.getByRole('combobox', { name: 'Content' }).click()
  }
  await signIn(page, 'viewer')
  await openKinds()
  await expect(page.getByRole('option', { name: 'Vouchers' })).toBeVisible()
  await expect(page.getByRole('option', { name: 'Customers' })).toHaveCount(0)
})

test('contacts need a purpose', async ({ page }) => {
  await signIn(page, 'admin')
  await page.goto(`${exports}?new=yes`)
  await page.getByRole('combobox', { name: 'Content' }).click()
  await page.getByRole('option', { name: 'Customers' }).click()
  await page.getByRole('checkbox', { name: 'Include names, addresses and cities' }).check()
  await expect(page.getByRole('textbox', { name: 'Purpose' })).toHaveAttribute('required', '')
})
