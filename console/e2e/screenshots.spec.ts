// Every page, in English and in Arabic: by the rules of accessibility; as a picture, light, dark, narrow and right to left, kept in test-results/pages
// (SHOTS names another folder, and then pictures are all that is made); and what can be told of a page's look without eyes: nothing reaches over a phone's
// edge, and no English is left in Arabic. Opening a page takes longer than looking at it: it is opened once in each language.
import { expect, test, type Page } from '@playwright/test'
import { broken, overflow, places, settled, untranslated, type Place } from './pages'
import { asOperator, signedIn } from './stack'

interface Look { name: string; width: number; scheme: 'light' | 'dark' }
interface Visit { language: string; scheme: 'light' | 'dark'; looks: Look[] }

const WIDE = 1280
const PHONE = 390
/** A page opens in a window that is lower than the menu: what scrolls has to be reached by keyboard. */
const LOW = 720
/** Of a picture, at least. */
const HEIGHT = 860
/** One page settles while another is looked at, each in its own window: a tab behind another is drawn late. */
const WINDOWS = 2
const visits: Visit[] = [
  { language: 'en', scheme: 'light', looks: [
    { name: 'light', width: WIDE, scheme: 'light' },
    { name: 'dark', width: WIDE, scheme: 'dark' },
    { name: 'narrow', width: PHONE, scheme: 'light' },
  ] },
  { language: 'ar', scheme: 'dark', looks: [{ name: 'rtl', width: WIDE, scheme: 'light' }] },
]
const folder = process.env.SHOTS ?? 'test-results/pages'
const rules = !process.env.SHOTS
const wanted = process.env.LOOKS?.split(',')
const only = process.env.PAGES?.split(',')

for (const { language, scheme, looks } of visits.map((visit) => ({ ...visit, looks: visit.looks.filter(({ name }) => !wanted || wanted.includes(name)) }))) {
  if (looks.length === 0) continue
  test(`pages in ${looks.map(({ name }) => name).join(', ')}${rules ? `; no page breaks a rule of accessibility, ${scheme} in ${language}` : ''}`, async ({ browser }) => {
    test.setTimeout(360_000)
    // names are somebody's data
    const { items } = (await (await asOperator('viewer', 'GET', '/v1/campaigns?limit=100')).json()) as { items: { name: string }[] }
    const named = (text: string) => items.some((one) => text.includes(one.name))
    const left = (await places()).filter((one) => !only || only.includes(one.name)).values()
    const wrong: string[] = []
    await Promise.all(Array.from({ length: WINDOWS }, async () => {
      const page = await (await browser.newContext()).newPage()
      // the scheme is the browser's, which changes while a page is open
      await signedIn(page, 'admin', { language, scheme: 'auto' })
      for (const place of left) {
        await page.emulateMedia({ colorScheme: scheme })
        await page.setViewportSize({ width: WIDE, height: LOW })
        await page.goto(place.path)
        await settled(page)
        if (rules) wrong.push(...await broken(page, place.name))
        await still(page)
        for (const look of looks) {
          await dressed(page, look)
          if (look.name === 'narrow' && await overflow(page) > 0) wrong.push(`${place.name}: ${await overflow(page)} pixels too wide`)
          if (look.name === 'rtl') wrong.push(...(await untranslated(page)).filter((text) => !named(text)).map((text) => `${place.name}: ${text}`))
          await picture(page, place, look)
        }
      }
      await page.context().close()
    }))
    expect(wrong).toEqual([])
  })
}

/** Without transitions: the page is at once what it becomes. */
const still = (page: Page) => page.addStyleTag({ content: '*, ::before, ::after { transition: none !important; animation: none !important }' })

async function dressed(page: Page, { width, scheme }: Look) {
  await page.emulateMedia({ colorScheme: scheme })
  await page.waitForFunction((chosen) => document.documentElement.dataset.mantineColorScheme === chosen, scheme)
  if (page.viewportSize()?.width !== width) await page.setViewportSize({ width, height: HEIGHT })
  // what follows a change of the window or of the scheme is drawn in the frame after it
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => { requestAnimationFrame(done) }) }))
}

async function picture(page: Page, { name: place }: Place, { name, width }: Look) {
  // a window as high as the page, so that the menu is as long as it
  await page.setViewportSize({ width, height: Math.max(HEIGHT, await page.evaluate(() => document.documentElement.scrollHeight)) })
  await page.screenshot({ path: `${folder}/${place}-${name}.png` })
}
