// Checks what the office needs: a launch that is undone before anything has left, and the log of who
// did what.
import { expect, test } from '@playwright/test'
import { findAxeViolations, findOverflow, loadAxe } from './console-pages'
import { callAsOperator, createDraft, putCustomer, signIn } from './stack'

const unique = Date.now().toString(36)
const tag = `office-${unique}`

test('a launch is undone while it counts down, and nobody gets anything', async ({ page }) => {
  await putCustomer(`console-${tag}-1`, [tag])
  const { id } = await createDraft(`Undone ${unique}`, tag)
  await loadAxe(page)
  await signIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${id}`)
  await page.getByRole('button', { name: 'Launch', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Launch', exact: true }).click()
  await expect(page.getByText(/Sending starts in \d+ seconds?\./)).toBeVisible()
  expect(await findAxeViolations(page, 'undo')).toEqual([])
  await page.getByRole('button', { name: 'Undo launch' }).click()
  await expect(page.getByText('Launch undone. The campaign is a draft again.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Launch', exact: true })).toBeVisible()
  const vouchers = await callAsOperator('viewer', 'GET', `/v1/campaigns/${id}/vouchers`)
  expect(((await vouchers.json()) as { items: unknown[] }).items).toEqual([])
  const read = await callAsOperator('viewer', 'GET', `/v1/campaigns/${id}`)
  expect(await read.json()).toMatchObject({ state: 'draft', run: null, launched_at: null })

  await page.goto('/configuration/voucher-campaign/audit')
  const rows = page.getByRole('row').filter({ hasText: `Undone ${unique}` })
  await expect(rows.first()).toContainText('undid the launch')
  await page.getByRole('combobox', { name: 'What was changed' }).selectOption('Setting')
  await expect(rows).toHaveCount(0)
  await page.getByRole('combobox', { name: 'What was changed' }).selectOption('Campaign')
  await expect(rows.first()).toBeVisible()
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export CSV' }).click()
  expect((await downloading).suggestedFilename()).toBe('audit-log.csv')
  await page.setViewportSize({ width: 360, height: 800 })
  // the menu takes a moment to fold away
  await expect.poll(() => findOverflow(page, 'audit')).toEqual([])
})
