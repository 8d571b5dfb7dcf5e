// Checks what is not there when a page opens: the sign-in page, dialogs, wrong inputs and open
// lists keep the rules of accessibility in both colour schemes. pages.spec.ts checks the pages.
import { randomUUID } from 'node:crypto'
import { expect, test, type Page } from '@playwright/test'
import { findAxeViolations, loadAxe, stopTransitions, switchScheme } from './console-pages'
import { createDraft, signIn } from './stack'

/** Checks what is open now in the light and in the dark scheme, without opening it again. */
async function findInBothSchemes(page: Page, name: string) {
  await stopTransitions(page)
  const light = await findAxeViolations(page, name)
  await switchScheme(page, 'dark')
  const dark = await findAxeViolations(page, `${name}, dark`, 'colours')
  await switchScheme(page, 'light')
  return [...light, ...dark]
}

test('the sign-in page, dialogs and open lists are accessible in both schemes', async ({
  page,
}) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await loadAxe(page)
  const problems: string[] = []
  await page.goto('/marketing/promotion')
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  problems.push(...(await findInBothSchemes(page, 'sign-in')))

  await signIn(page, 'admin', { scheme: 'auto' })
  const { id } = await createDraft(`Dialog ${randomUUID().slice(0, 8)}`, 'none')
  await page.goto(`/marketing/promotion/${id}`)
  for (const name of ['Launch', 'Clone', 'Delete draft']) {
    await page.getByRole('button', { name, exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name, exact: true }).waitFor()
    problems.push(...(await findInBothSchemes(page, name)))
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()
  }

  await page.goto('/marketing/playbooks')
  await page.getByRole('button', { name: 'Use playbook: Launch near new merchants' }).click()
  await page.getByRole('dialog').getByRole('textbox', { name: 'Vertical' }).waitFor()
  problems.push(...(await findInBothSchemes(page, 'playbook')))

  await page.goto('/configuration/voucher-campaign/settings?tab=webhooks')
  await page.getByRole('button', { name: 'Add an endpoint' }).click()
  await page.getByRole('dialog').getByRole('switch').waitFor()
  problems.push(...(await findInBothSchemes(page, 'webhook')))

  await page.goto('/configuration/voucher-campaign/suppressions')
  for (const [name, field] of [
    ['Suppress an address', 'Note'],
    ['Import CSV', 'File'],
  ] as const) {
    await page.getByRole('button', { name }).click()
    await page.getByRole('dialog').getByLabel(field).waitFor()
    problems.push(...(await findInBothSchemes(page, name)))
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()
  }

  // A form with a wrong input, and an open list.
  await page.goto('/marketing/promotion/new')
  await page.getByRole('button', { name: 'Save draft' }).click()
  const name = page.getByRole('textbox', { name: 'Name' })
  await expect(name).toHaveAttribute('aria-invalid', 'true')
  // The focus moves to the wrong input, and would close a list that was opened before.
  await expect(name).toBeFocused()
  await page.getByRole('combobox', { name: 'Benefit' }).click()
  await page.getByRole('option', { name: 'Percentage off, up to a maximum' }).waitFor()
  problems.push(...(await findInBothSchemes(page, 'wrong input')))
  expect(problems).toEqual([])
})
