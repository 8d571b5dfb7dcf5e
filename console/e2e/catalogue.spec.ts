// Checks the catalogue: a marketer adds a merchant with its place and names a vertical, sees what the
// API refuses at its field, and finds both again by their names; a viewer sees them and adds nothing.
import { expect, test } from '@playwright/test'
import { signIn } from './stack'

const catalogue = '/configuration/voucher-campaign/catalogue'

test('a merchant is added with its place and found by its name', async ({ page }) => {
  const id = `e2e-${Date.now()}`
  await signIn(page, 'marketer')
  await page.goto(catalogue)
  await page.getByRole('button', { name: 'Add a merchant' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Id' }).fill(id)
  await dialog.getByRole('textbox', { name: 'Name' }).first().fill(`Casa ${id}`)
  await dialog.getByRole('button', { name: 'Add a place' }).click()
  await dialog.getByRole('textbox', { name: 'Latitude, longitude' }).fill('nowhere')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByRole('textbox', { name: 'Latitude, longitude' })).toHaveAttribute(
    'aria-invalid',
    'true',
  )
  await dialog.getByRole('textbox', { name: 'Latitude, longitude' }).fill('40.4168, -3.7038')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  await page.getByRole('textbox', { name: 'Search' }).fill(`casa ${id}`)
  await expect(page.getByRole('button', { name: `Casa ${id}` })).toBeVisible()
})

test('a vertical gets names by language', async ({ page }) => {
  const key = `v${Date.now()}`
  await signIn(page, 'marketer')
  await page.goto(`${catalogue}?part=verticals`)
  await page.getByRole('button', { name: 'Add names' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Key' }).fill(key)
  await dialog.getByRole('textbox', { name: 'Name' }).fill(`Flowers ${key}`)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog).toBeHidden()
  await page.getByRole('textbox', { name: 'Search' }).fill(`flowers ${key}`)
  // names are kept for ten seconds
  const named = page.getByRole('button', { name: `Flowers ${key}` })
  await expect(named).toBeVisible({ timeout: 20_000 })
})

test('a viewer reads the catalogue and adds nothing', async ({ page }) => {
  await signIn(page, 'viewer')
  await page.goto(catalogue)
  await expect(page.getByRole('heading', { name: 'Catalogue' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Add a merchant' })).toHaveCount(0)
})
