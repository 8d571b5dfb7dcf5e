// Checks imports: a file is uploaded, its columns are mapped, the check shows what is refused, the
// import is started and finished, and its refused records are saved; the next file with the same
// columns is mapped by itself. A cancelled import stays so, and a viewer changes nothing.
import { expect, test, type Page } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { callAsBackend, signIn } from './stack'

const unique = randomUUID().slice(0, 8)
const imports = '/configuration/voucher-campaign/imports'
const LONG_MS = 60_000

/** A file whose columns nobody can guess, with a line that names nobody. */
const strangeFile = (tag: string) =>
  [
    `Kundennr ${tag};Postfach;Vorn`,
    `con-${tag}-1;a-${tag}@example.com;Ana`,
    `con-${tag}-2;b-${tag}@example.com;Leo`,
    ';;Niemand',
    '',
  ].join('\n')

async function upload(page: Page, name: string, content: string) {
  await page.goto(`${imports}?new=yes`)
  await page.locator('input[type=file]').setInputFiles({
    name,
    mimeType: 'text/csv',
    buffer: Buffer.from(content),
  })
  await page.getByRole('button', { name: 'Upload and check' }).click()
  await expect(page.getByText('ready to start')).toBeVisible({ timeout: LONG_MS })
}

const fieldOf = (page: Page, column: string) =>
  page.getByRole('combobox', { name: `Field of ${column}` })

async function readDownload(page: Page, save: () => Promise<void>) {
  const saved = page.waitForEvent('download')
  await save()
  const stream = await (await saved).createReadStream()
  let text = ''
  for await (const part of stream) text += String(part)
  return text
}

test('a file is uploaded, mapped, checked and imported, and its refused lines are saved', async ({
  page,
}) => {
  test.slow()
  const name = `kunden-${unique}.csv`
  await signIn(page, 'marketer')
  await upload(page, name, strangeFile(unique))
  await expect(page.getByText('A column that every import needs is missing.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Start import' })).toBeDisabled()
  const samples = page.getByRole('row', { name: /^Postfach/ })
  await expect(samples).toContainText(`a-${unique}@example.com`)

  await fieldOf(page, `Kundennr ${unique}`).selectOption('Id')
  await fieldOf(page, 'Postfach').selectOption('E-mail')
  await fieldOf(page, 'Vorn').selectOption('First name')
  await page.getByRole('button', { name: 'Check again' }).click()
  await expect(page.getByText('2 records can be imported.')).toBeVisible({ timeout: LONG_MS })
  const problems = page.getByRole('group', { name: 'First records with problems' })
  await expect(problems.getByRole('row', { name: /^4 / })).toContainText('the whole record')
  const first = page.getByRole('group', { name: 'First records after the import' })
  await expect(first).toContainText(`Id: con-${unique}-1`)
  const save = () => page.getByRole('button', { name: 'Download refused records' }).click()
  expect(await readDownload(page, save)).toMatch(/^record,line,code,reason\r\n3,4,no_identity,/)

  await page.getByRole('button', { name: 'Start import' }).click()
  await expect(page.getByText('The import is complete.')).toBeVisible({ timeout: LONG_MS })
  const result = page.getByRole('region', { name: 'Result of the import' })
  await expect(result).toContainText('Imported2')
  await expect(result).toContainText('Refused1')
  const refused = await readDownload(page, save)
  expect(refused).toContain('3,4,no_identity,')
  expect(refused).not.toContain('Niemand')
  const customer = await callAsBackend<{ profile: { first_name: string } }>(
    'GET',
    `/v1/customers/con-${unique}-1`,
  )
  expect(customer.profile.first_name).toBe('Ana')

  await page.getByRole('button', { name: 'All imports' }).click()
  await expect(page.getByRole('row', { name: new RegExp(name) })).toContainText('done')
})

test('the next file with the same columns is mapped by itself', async ({ page }) => {
  test.slow()
  const tag = `${unique}-again`
  await signIn(page, 'marketer')
  await upload(page, 'one.csv', strangeFile(tag))
  await fieldOf(page, `Kundennr ${tag}`).selectOption('Id')
  await page.getByRole('button', { name: 'Check again' }).click()
  await expect(page.getByText('2 records can be imported.')).toBeVisible({ timeout: LONG_MS })
  await page.getByRole('button', { name: 'Start import' }).click()
  await expect(page.getByText('The import is complete.')).toBeVisible({ timeout: LONG_MS })

  await upload(page, 'two.csv', strangeFile(tag))
  await expect(
    page.getByText('These columns are mapped as for the last file with the same columns.'),
  ).toBeVisible()
  await expect(fieldOf(page, `Kundennr ${tag}`)).toHaveValue('id')
  await page.getByRole('button', { name: 'Cancel import' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel import' }).click()
  await expect(page.getByText('The import was cancelled.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Start import' })).toHaveCount(0)
})

test('a file that is no table says so, and an upload that breaks off can be repeated', async ({
  page,
}) => {
  let broken = true
  await page.route('**/uploads/**', async (route) => {
    if (!broken || route.request().method() !== 'PUT') return route.continue()
    broken = false
    return route.abort()
  })
  await signIn(page, 'marketer')
  await page.goto(`${imports}?new=yes`)
  await page.locator('input[type=file]').setInputFiles({
    name: 'report.pdf',
    mimeType: 'application/pdf',
    buffer: Buffer.from('%PDF-1.7 and more'),
  })
  await page.getByRole('button', { name: 'Upload and check' }).click()
  await expect(page.getByRole('alert')).toContainText('The upload was interrupted.')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('The whole file was refused.')).toBeVisible({ timeout: LONG_MS })
  await expect(page.getByText('a PDF document')).toBeVisible()
})

test('a viewer sees imports and no button that changes anything', async ({ page }) => {
  await signIn(page, 'viewer')
  await page.goto(imports)
  await expect(page.getByRole('heading', { name: 'Imports', level: 1 })).toBeVisible()
  await expect(page.getByRole('button', { name: 'New import' })).toHaveCount(0)
  await page.goto(`${imports}?new=yes`)
  await expect(page.getByRole('button', { name: 'Upload and check' })).toHaveCount(0)
})
