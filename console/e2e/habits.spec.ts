// Checks what people expect of any page: the keyboard, dark colours, languages and directions, a
// guard over unsaved input, and empty pages that explain themselves.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { createDraft, signIn } from './stack'

const unique = randomUUID().slice(0, 8)

test('by keyboard: over the menu, to the search, into a dialog and out of it', async ({ page }) => {
  const { id } = await createDraft(`Keys ${unique}`, `none-${unique}`)
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion')
  await expect(page.getByRole('link', { name: `Keys ${unique}` })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'New promotion' })).toBeFocused()
  await page.keyboard.press('Control+/')
  await expect(page.getByRole('searchbox', { name: 'Search by name' })).toBeFocused()
  await page.keyboard.type(`keys ${unique}`)
  await expect(page.getByRole('row')).toHaveCount(2)
  await page.getByRole('link', { name: `Keys ${unique}` }).focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(id))
  await page.getByRole('button', { name: 'Launch', exact: true }).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await expect(dialog).toBeVisible()
  for (let n = 0; n < 5; n += 1) await page.keyboard.press('Tab')
  expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true)
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('button', { name: 'Launch', exact: true })).toBeFocused()
})

test('dark colours and the language stay chosen, and Arabic turns the page around', async ({
  page,
}) => {
  await signIn(page, 'viewer')
  await page.goto('/marketing/promotion')
  await page.getByRole('button', { name: 'Dark colours' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await page.getByRole('combobox', { name: 'Language' }).selectOption('ar')
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl')
  await expect(page.locator('html')).toHaveAttribute('lang', 'ar')
  const menu = await page.getByRole('navigation', { name: 'القائمة الرئيسية' }).boundingBox()
  expect(menu!.x).toBeGreaterThan(600)
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText(/[a-z]/i)
})

test.describe('a browser whose language is not here', () => {
  test.use({ locale: 'fr-FR' })
  test('gets English, as a whole', async ({ page }) => {
    await signIn(page, 'viewer')
    await page.goto('/marketing/promotion')
    await expect(page.getByRole('heading', { name: 'Promotion', level: 1 })).toBeVisible()
    await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  })
})

test('leaving a wizard with changes asks, and what was typed is back', async ({ page }) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion')
  await page.getByRole('link', { name: 'New promotion' }).first().click()
  await page.getByRole('textbox', { name: 'Name' }).fill(`Half ${unique}`)
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('link', { name: 'Health', exact: true }).click()
  await page
    .getByRole('dialog', { name: 'Leave without saving?' })
    .getByRole('button', { name: 'Stay' })
    .click()
  // Back returns to the step before, not out of the wizard.
  await page.goBack()
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue(`Half ${unique}`)
  await page.getByRole('link', { name: 'Health', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Health', level: 1 })).toBeVisible()
  await page.goto('/marketing/promotion/new')
  await expect(page.getByText('Your draft was restored')).toBeVisible()
  await page.getByRole('button', { name: 'Discard draft' }).click()
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue('')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue(`Half ${unique}`)
})

test('where nothing is yet, the page says what comes here and how', async ({ page }) => {
  await signIn(page, 'marketer')
  await page.goto('/configuration/voucher-campaign/pending-triggers?customer=nobody-at-all')
  await expect(page.getByRole('heading', { name: 'Nothing is pending' })).toBeVisible()
  await page.goto('/reports/voucher-campaigns/overview?from=2020-01-01&to=2020-01-07')
  await expect(page.getByText(/Launch a promotion or enable an autopilot/)).toBeVisible()
  await page.goto('/marketing/nowhere')
  await expect(page.getByRole('link', { name: 'Go to promotions' })).toBeVisible()
})
