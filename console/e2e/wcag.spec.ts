// Every page, in both schemes, by the rules of WCAG 2.2 AA that a program can check.
import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { places, settled } from './pages'
import { signedIn } from './stack'

for (const { scheme, language } of [{ scheme: 'light', language: 'en' }, { scheme: 'dark', language: 'ar' }]) {
  test(`no page breaks a rule of accessibility, ${scheme} in ${language}`, async ({ page }) => {
    test.setTimeout(120_000)
    await signedIn(page, 'admin', { scheme, language })
    const found: string[] = []
    for (const { name, path } of await places()) {
      await page.goto(path)
      await settled(page)
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
      found.push(...violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ html, any }) => `${html.slice(0, 160)} (${any[0]?.message ?? ''})`).slice(0, 3).join(' | ')}`))
    }
    expect(found).toEqual([])
  })
}
