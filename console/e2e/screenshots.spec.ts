// Pictures of every page, light, dark, narrow and right to left, into console/screenshots (SHOTS names another folder).
import { test } from '@playwright/test'
import { places, settled } from './pages'
import { signedIn } from './stack'

const looks = [
  { name: 'light', width: 1280, scheme: 'light', language: 'en' },
  { name: 'dark', width: 1280, scheme: 'dark', language: 'en' },
  { name: 'narrow', width: 390, scheme: 'light', language: 'en' },
  { name: 'rtl', width: 1280, scheme: 'light', language: 'ar' },
]
const wanted = process.env.LOOKS?.split(',')
const only = process.env.PAGES?.split(',')
test.skip(!process.env.SHOTS, 'only by make screenshots')

for (const { name, width, scheme, language } of looks.filter((look) => !wanted || wanted.includes(look.name))) {
  test(`pages in ${name}`, async ({ page }) => {
    test.setTimeout(180_000)
    await page.setViewportSize({ width, height: 860 })
    await signedIn(page, 'admin', { language, scheme })
    for (const place of (await places()).filter((one) => !only || only.includes(one.name))) {
      await page.goto(place.path)
      await settled(page)
      await page.screenshot({ path: `${process.env.SHOTS}/${place.name}-${name}.png`, fullPage: name !== 'narrow' })
    }
  })
}
