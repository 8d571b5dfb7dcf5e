// Checks that an operator who signs in by the identity provider's form comes back to the page that
// they asked for, that a second tab needs no form, and that a sign-out ends both.
import { expect, test } from '@playwright/test'
import { stack } from './stack'

test('the sign-in form leads back to the page that was asked for', async ({ page }) => {
  const { username, password } = stack.groups_users.admin
  await page.goto('/marketing/autopilot?state=draft')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('input[name=username]').fill(username)
  await page.locator('input[name=password]').fill(password)
  await page.locator('button[type=submit], input[type=submit]').first().click()
  await expect(page.getByRole('heading', { name: 'Autopilot', level: 1 })).toBeVisible()
  expect(new URL(page.url()).search).toBe('?state=draft')
  await expect(page.getByRole('group', { name: 'Your account' })).toContainText(username)

  const second = await page.context().newPage()
  await second.goto('/marketing/calendar')
  await expect(second.getByRole('heading', { name: 'Calendar', level: 1 })).toBeVisible()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(second.getByRole('button', { name: 'Sign in' })).toBeVisible()
})
