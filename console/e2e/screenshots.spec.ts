// Every page as a picture, light, dark, narrow and right to left, kept in test-results/pages (SHOTS names another folder); and what can be told of a
// page's look without eyes: nothing reaches over a phone's edge, and no English is left in Arabic.
import { expect, test } from '@playwright/test'
import { overflow, places, settled, untranslated } from './pages'
import { asOperator, signedIn } from './stack'

const looks = [
  { name: 'light', width: 1280, scheme: 'light', language: 'en' },
  { name: 'dark', width: 1280, scheme: 'dark', language: 'en' },
  { name: 'narrow', width: 390, scheme: 'light', language: 'en' },
  { name: 'rtl', width: 1280, scheme: 'light', language: 'ar' },
]
const HEIGHT = 860
const folder = process.env.SHOTS ?? 'test-results/pages'
const wanted = process.env.LOOKS?.split(',')
const only = process.env.PAGES?.split(',')

for (const { name, width, scheme, language } of looks.filter((look) => !wanted || wanted.includes(look.name))) {
  test(`pages in ${name}`, async ({ page }) => {
    test.setTimeout(360_000)
    await page.setViewportSize({ width, height: HEIGHT })
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await signedIn(page, 'admin', { language, scheme })
    const wrong: string[] = []
    // names are somebody's data
    const { items } = (await (await asOperator('viewer', 'GET', '/v1/campaigns?limit=100')).json()) as { items: { name: string }[] }
    const named = (text: string) => items.some((one) => text.includes(one.name))
    for (const place of (await places()).filter((one) => !only || only.includes(one.name))) {
      await page.goto(place.path)
      await settled(page)
      // a window as high as the page, so that the menu is as long as it
      await page.setViewportSize({ width, height: Math.max(HEIGHT, await page.evaluate(() => document.documentElement.scrollHeight)) })
      await page.screenshot({ path: `${folder}/${place.name}-${name}.png` })
      await page.setViewportSize({ width, height: HEIGHT })
      if (name === 'narrow' && await overflow(page) > 0) wrong.push(`${place.name}: ${await overflow(page)} pixels too wide`)
      if (name === 'rtl') wrong.push(...(await untranslated(page)).filter((text) => !named(text)).map((text) => `${place.name}: ${text}`))
    }
    expect(wrong).toEqual([])
  })
}
