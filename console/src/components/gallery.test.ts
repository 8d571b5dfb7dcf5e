// Checks that the page of components has each file of this folder that draws something.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const folder = import.meta.dirname
const gallery = readFileSync(join(folder, 'gallery.tsx'), 'utf8')
/** Frames of the page that shows the others, and parts of what is shown. */
const shownWithin: Record<string, string> = {
  'help-tip.tsx': 'KeyFigure',
  'page-frame.tsx': 'PageFrame',
  'scroll-table.tsx': 'DifferencesTable',
  'time-series.tsx': 'ChartCard',
}

test('each component of this folder is on the page', () => {
  const files = readdirSync(folder).filter(
    (file) => file.endsWith('.tsx') && file !== 'gallery.tsx',
  )
  expect(files.length).toBeGreaterThan(15)
  const missing = files.filter((file) => {
    const within = shownWithin[file]
    return within
      ? !gallery.includes(`<${within}`)
      : !gallery.includes(`from './${file.replace('.tsx', '')}'`)
  })
  expect(missing).toEqual([])
})
