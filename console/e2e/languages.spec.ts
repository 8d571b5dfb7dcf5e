// Checks the languages that are written from left to right as English is: every page in Spanish and
// in German has no English text and fits a narrow phone, and the browser's language is the first
// choice. Each page is opened once and then switched in place. Arabic is in pages.spec.ts.
import { expect, test, type Page } from '@playwright/test'
import { de } from '../src/locales/de'
import { es } from '../src/locales/es'
import type { TranslationTable } from '../src/locales/i18n'
import {
  campaignNames,
  campaignPages,
  findOverflow,
  fixedPages,
  launchIfNone,
  openSettled,
  readTexts,
  switchLanguage,
  type ConsolePage,
} from './console-pages'
import { signIn } from './stack'

const NARROW = { width: 360, height: 720 }
const SECTION_TIMEOUT_MS = 180_000
/** A shorter text can be a word of the other language, or a value of the operator's data. */
const SHORTEST_TEXT = 5
/** So many letters of a text with blanks tell it from a name that somebody gave. */
const LETTERS_AROUND_BLANKS = 8
const languages = [
  { code: 'es', table: es },
  { code: 'de', table: de },
] satisfies { code: string; table: TranslationTable }[]

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/** Returns a function that finds the English of a table in texts: whole texts, with any blanks. */
function englishFinder(table: TranslationTable) {
  const own = new Set(
    Object.values(table).flatMap((said) =>
      typeof said === 'string' ? [said] : Object.values(said),
    ),
  )
  const keys = Object.keys(table).filter((key) => !own.has(key) && key.length >= SHORTEST_TEXT)
  const whole = new Set(keys.filter((key) => !key.includes('{')))
  const patterns = keys
    .filter((key) => key.includes('{'))
    .map((key) => key.split(/\{\w+\}/))
    .filter((parts) => parts.join('').replaceAll(/[^a-z]/gi, '').length >= LETTERS_AROUND_BLANKS)
    .map((parts) => new RegExp(`^${parts.map(escape).join('.+')}$`, 's'))
  return (texts: string[]) =>
    texts.filter(
      (text) => !own.has(text) && (whole.has(text) || patterns.some((one) => one.test(text))),
    )
}

async function checkPages(page: Page, pages: ConsolePage[]) {
  test.setTimeout(SECTION_TIMEOUT_MS)
  const names = new Set(await campaignNames())
  await signIn(page, 'admin')
  await page.setViewportSize(NARROW)
  const problems: string[] = []
  for (const { name, path } of pages) {
    await openSettled(page, path)
    for (const { code, table } of languages) {
      await switchLanguage(page, code, String(table['Language']))
      problems.push(...(await findOverflow(page, `${name} in ${code}`)))
      const english = englishFinder(table)(await readTexts(page)).filter((text) => !names.has(text))
      problems.push(...english.map((text) => `${name}: English in ${code}: ${text}`))
    }
  }
  expect(problems).toEqual([])
}

for (const [section, pages] of Object.entries(fixedPages))
  test(`${section}: fits a narrow phone in Spanish and German, without English`, ({ page }) =>
    checkPages(page, pages))

for (const kind of ['promotion', 'autopilot'] as const)
  test(`one ${kind}: fits a narrow phone in Spanish and German, without English`, async ({
    page,
  }) => {
    await launchIfNone(kind)
    await checkPages(page, await campaignPages(kind))
  })

for (const { locale, code, table } of [
  { locale: 'es-MX', code: 'es', table: es },
  { locale: 'de-AT', code: 'de', table: de },
])
  test.describe(`a browser in ${locale}`, () => {
    test.use({ locale })
    test(`gets ${code}, and what is chosen instead stays chosen`, async ({ page }) => {
      await signIn(page, 'viewer')
      await page.goto('/marketing/playbooks')
      const title = page.getByRole('heading', { level: 1 })
      await expect(title).toHaveText(String(table['Playbooks']))
      await expect(page.locator('html')).toHaveAttribute('lang', code)
      await expect(page.locator('html')).toHaveAttribute('dir', 'ltr')
      const menu = page.getByRole('combobox', { name: String(table['Language']), exact: true })
      for (const name of ['English', 'العربية', 'Español', 'Deutsch'])
        await expect(menu).toContainText(name)
      await menu.selectOption('en')
      await expect(title).toHaveText('Playbooks')
      await page.reload()
      await expect(title).toHaveText('Playbooks')
      await expect(page.locator('html')).toHaveAttribute('lang', 'en')
    })
  })

test.describe('numbers of a German operator', () => {
  test.use({ locale: 'de-DE' })
  test('are typed and written with a point for thousands and a comma for cents', async ({
    page,
  }) => {
    await signIn(page, 'marketer')
    await page.goto('/marketing/promotion/new')
    const basket = page.getByRole('textbox', { name: String(de['Minimum basket']) })
    for (const [typed, written] of [
      ['1.000,00', '1.000'],
      ['1.000', '1.000'],
      ['1,5', '1,5'],
      ['12345,50', '12.345,5'],
    ] as const) {
      await basket.fill(typed)
      await basket.blur()
      await expect(basket).toHaveValue(written)
    }
  })
})
