// Takes the pictures of `make screenshots`: every page in light, dark, on a phone and from right to
// left, into the folder that SHOTS names. LOOKS and PAGES choose some of them. Without SHOTS there
// is nothing to do: pages.spec.ts checks the pages.
import { test, type Page } from '@playwright/test'
import {
  campaignPages,
  fixedPages,
  nextFrame,
  openSettled,
  switchScheme,
  type ConsolePage,
} from './console-pages'
import { signIn } from './stack'

interface PageLook {
  name: string
  language: string
  width: number
  scheme: 'light' | 'dark'
}

const WIDE = 1280
const PHONE = 390
/** The least height of a picture. */
const MIN_HEIGHT = 860
/** Windows that work at the same time, since a page settles while another one is drawn. */
const WINDOWS = 2
const ALL_PAGES_TIMEOUT_MS = 360_000

const looks: PageLook[] = [
  { name: 'light', language: 'en', width: WIDE, scheme: 'light' },
  { name: 'dark', language: 'en', width: WIDE, scheme: 'dark' },
  { name: 'narrow', language: 'en', width: PHONE, scheme: 'light' },
  { name: 'rtl', language: 'ar', width: WIDE, scheme: 'light' },
]
const folder = process.env.SHOTS
const wantedLooks = process.env.LOOKS?.split(',')
const wantedPages = process.env.PAGES?.split(',')

test.skip(!folder, 'SHOTS names no folder')

for (const language of ['en', 'ar']) {
  const chosen = looks.filter(
    (look) => look.language === language && (wantedLooks?.includes(look.name) ?? true),
  )
  if (chosen.length === 0) continue
  test(`pictures: ${chosen.map(({ name }) => name).join(', ')}`, async ({ browser }) => {
    test.setTimeout(ALL_PAGES_TIMEOUT_MS)
    const pages = [
      ...Object.values(fixedPages).flat(),
      ...(await campaignPages('promotion')),
      ...(await campaignPages('autopilot')),
    ].filter(({ name }) => wantedPages?.includes(name) ?? true)
    const queue = pages.values()
    await Promise.all(Array.from({ length: WINDOWS }, () => takePictures(queue)))

    async function takePictures(left: Iterable<ConsolePage>) {
      const page = await (await browser.newContext()).newPage()
      await signIn(page, 'admin', { language, scheme: 'auto' })
      for (const { name, path } of left) {
        await openSettled(page, path)
        for (const look of chosen) await takePicture(page, `${name}-${look.name}`, look)
      }
      await page.context().close()
    }
  })
}

async function takePicture(page: Page, name: string, { width, scheme }: PageLook) {
  await page.setViewportSize({ width, height: MIN_HEIGHT })
  await switchScheme(page, scheme)
  // The window is as high as the page, so that the menu is as long as the page.
  const height = await page.evaluate(() => document.documentElement.scrollHeight)
  await page.setViewportSize({ width, height: Math.max(MIN_HEIGHT, height) })
  await nextFrame(page)
  await page.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled' })
}
