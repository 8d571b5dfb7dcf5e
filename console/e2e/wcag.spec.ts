// What is not there when a page opens, in both schemes, by the rules of accessibility; screenshots.spec.ts has the pages themselves.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { broken } from './pages'
import { draft, signedIn } from './stack'

for (const scheme of ['light', 'dark'] as const) {
  test(`neither the sign-in page, nor dialogs, nor what is open on a page break a rule of accessibility, ${scheme}`, async ({ page }) => {
    await page.addInitScript((chosen) => localStorage.setItem('mantine-color-scheme-value', chosen), scheme)
    const found: string[] = []
    await page.goto('/marketing/promotion')
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    found.push(...await broken(page, 'sign-in'))
    await signedIn(page, 'admin', { scheme })
    const { id } = await draft(`Dialog ${randomUUID().slice(0, 8)}`, 'none')
    await page.goto(`/marketing/promotion/${id}`)
    for (const name of ['Launch', 'Clone', 'Delete draft']) {
      await page.getByRole('button', { name, exact: true }).click()
      await page.getByRole('dialog').getByRole('button', { name, exact: true }).waitFor()
      found.push(...await broken(page, name))
      await page.keyboard.press('Escape')
      await expect(page.getByRole('dialog')).toBeHidden()
    }
    await page.goto('/marketing/playbooks')
    await page.getByRole('button', { name: 'Use Launch near new merchants' }).click()
    await page.getByRole('dialog').getByRole('textbox', { name: 'Place' }).waitFor()
    found.push(...await broken(page, 'playbook'))
    await page.goto('/configuration/voucher-campaign/settings?tab=webhooks')
    await page.getByRole('button', { name: 'Add an endpoint' }).click()
    await page.getByRole('dialog').getByRole('switch').waitFor()
    found.push(...await broken(page, 'webhook'))
    // a form with what is wrong in it, and a list that is open
    await page.goto('/marketing/promotion/new')
    await page.getByRole('button', { name: 'Save draft' }).click()
    await expect(page.getByRole('textbox', { name: 'Name' })).toHaveAttribute('aria-invalid', 'true')
    // the focus goes to what is wrong, and would close a list that was opened before it
    await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused()
    await page.getByRole('combobox', { name: 'Benefit' }).click()
    await page.getByRole('option', { name: 'A percentage off, with a most' }).waitFor()
    found.push(...await broken(page, 'wrong input'))
    expect(found).toEqual([])
  })
}
