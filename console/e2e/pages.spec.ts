// Checks every page: rules of accessibility in both colour schemes, no page wider than a phone, and
// no English left in Arabic. Opening a page takes longer than looking at it, so each page is opened
// once and then switched in place.
import { expect, test, type Page } from '@playwright/test'
import {
  campaignNames,
  campaignPages,
  findAxeViolations,
  findEnglishTexts,
  findOverflow,
  fixedPages,
  launchIfNone,
  loadAxe,
  openSettled,
  switchScheme,
  switchToArabic,
  type ConsolePage,
} from './console-pages'
import { signIn } from './stack'

/** The window is lower than the menu, so that the check sees whether the menu scrolls by keyboard. */
const WIDE = { width: 1280, height: 720 }
const PHONE = { width: 390, height: 720 }
const SECTION_TIMEOUT_MS = 180_000

async function checkPages(page: Page, pages: ConsolePage[]) {
  test.setTimeout(SECTION_TIMEOUT_MS)
  const names = await campaignNames()
  await signIn(page, 'admin', { language: 'en', scheme: 'auto' })
  await loadAxe(page)
  const problems: string[] = []
  for (const { name, path } of pages) {
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize(WIDE)
    await openSettled(page, path)
    problems.push(...(await findAxeViolations(page, name)))
    await switchScheme(page, 'dark')
    problems.push(...(await findAxeViolations(page, `${name}, dark`, 'colours')))

    await page.setViewportSize(PHONE)
    problems.push(...(await findOverflow(page, `${name} in English`)))
    await switchToArabic(page)
    problems.push(...(await findOverflow(page, `${name} in Arabic`)))
    const english = (await findEnglishTexts(page)).filter(
      (text) => !names.some((campaign) => text.includes(campaign)),
    )
    problems.push(...english.map((text) => `${name}: English in Arabic: ${text}`))
  }
  expect(problems).toEqual([])
}

for (const [section, pages] of Object.entries(fixedPages))
  test(`${section}: accessible in both schemes, fits a phone, Arabic throughout`, ({ page }) =>
    checkPages(page, pages))

for (const kind of ['promotion', 'autopilot'] as const)
  test(`one ${kind}: accessible in both schemes, fits a phone, Arabic throughout`, async ({
    page,
  }) => {
    await launchIfNone(kind)
    await checkPages(page, await campaignPages(kind))
  })
