// Every page, in both schemes, by the rules of WCAG 2.2 AA that a program can check.
import { AxeBuilder } from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { places, settled } from './pages'
import { draft, signedIn } from './stack'

async function broken(page: Page, name: string) {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  return violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ html, any }) => `${html.slice(0, 160)} (${any[0]?.message ?? ''})`).slice(0, 3).join(' | ')}`)
}

for (const { scheme, language } of [{ scheme: 'light', language: 'en' }, { scheme: 'dark', language: 'ar' }]) {
  test(`no page breaks a rule of accessibility, ${scheme} in ${language}`, async ({ page }) => {
    test.setTimeout(360_000)
    await signedIn(page, 'admin', { scheme, language })
    const found: string[] = []
    for (const { name, path } of await places()) {
      await page.goto(path)
      await settled(page)
      found.push(...await broken(page, name))
    }
    expect(found).toEqual([])
  })
}

for (const scheme of ['light', 'dark'] as const) {
  test(`neither do the sign-in page, dialogs, and what is open on a page, ${scheme}`, async ({ page }) => {
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
    await page.getByRole('combobox', { name: 'Benefit' }).click()
    await page.getByRole('option', { name: 'A percentage off, with a most' }).waitFor()
    found.push(...await broken(page, 'wrong input'))
    expect(found).toEqual([])
  })
}
