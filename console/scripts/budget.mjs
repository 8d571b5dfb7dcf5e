// Measures the compressed size of the pages that operators open first: the entry, home or the promotion
// list, and everything that both import. Fails if one of them is over the budget, or if a component of
// the library is in the build without its styles.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const BUDGET_KB = 250
const FIRST_PAGES = ['src/home/home.tsx', 'src/campaign/promotion.tsx']
const dist = join(import.meta.dirname, '../dist')
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))

function filesOf(page) {
  const files = new Set(['index.html'])
  const add = (key) => {
    const chunk = manifest[key]
    if (files.has(chunk.file)) return
    files.add(chunk.file)
    for (const css of chunk.css ?? []) files.add(css)
    for (const other of chunk.imports ?? []) add(other)
  }
  for (const key of ['index.html', page]) add(key)
  return files
}

for (const page of FIRST_PAGES) {
  let sum = 0
  for (const file of filesOf(page)) {
    const size = gzipSync(readFileSync(join(dist, file)), { level: 9 }).length
    sum += size
    console.log(`${(size / 1000).toFixed(1).padStart(8)} kB  ${file}`)
  }
  console.log(`${(sum / 1000).toFixed(1).padStart(8)} kB  ${page}; at most ${BUDGET_KB} kB`)
  if (sum > BUDGET_KB * 1000) process.exitCode = 1
}

/** The texts of the built files with an ending, as one. */
const built = (ending) =>
  readdirSync(join(dist, 'assets'))
    .filter((file) => file.endsWith(ending))
    .map((file) => readFileSync(join(dist, 'assets', file), 'utf8'))
    .join('\n')
const library = readFileSync(
  join(import.meta.dirname, '../node_modules/@mantine/core/styles.css'),
  'utf8',
)
const [scripts, styles] = [built('.js'), built('.css')]
const unstyled = [...new Set(library.match(/\.m_[0-9a-f]+/g))].filter(
  (name) => scripts.includes(name.slice(1)) && !styles.includes(name),
)
if (unstyled.length > 0) {
  console.log(`No styles in src/app/component-styles.ts for: ${unstyled.join(' ')}`)
  process.exitCode = 1
}
