// Checks suppressions of addresses: one is added, looked up by the address, shown on the customer who
// has it, and lifted by an administrator only; lists are imported and saved; and a reply that may mean
// a stop is decided by a person.
import { expect, test, type Page } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { callAsBackend, callAsOperator, putCustomer, sendSmsReply, signIn } from './stack'

const unique = randomUUID().slice(0, 8)
const configuration = '/configuration/voucher-campaign'
const suppressions = `${configuration}/suppressions`
const replies = `${configuration}/waiting-replies`

/** A word of these tests without digits, since a reply's numbers are masked. */
const word = unique.replaceAll(/\d/g, (digit) => 'ghijklmnop'[Number(digit)]!)
/** A phone number of these tests, by its last digit. */
const phone = (digit: number) =>
  `+4915${String(Number.parseInt(unique.slice(0, 7), 16))
    .padStart(8, '0')
    .slice(0, 8)}${digit}`

async function findAddress(page: Page, address: string) {
  await page.getByRole('searchbox', { name: 'Address' }).fill(address)
  await page.getByRole('button', { name: 'Find' }).click()
}

async function readDownload(page: Page, save: () => Promise<void>) {
  const saved = page.waitForEvent('download')
  await save()
  const stream = await (await saved).createReadStream()
  let text = ''
  for await (const part of stream) text += String(part)
  return text
}

test('an address is suppressed, found again in other letters, and shown on its customer', async ({
  page,
}) => {
  const customer = `console-suppressed-${unique}`
  await putCustomer(customer, [])
  await signIn(page, 'marketer')
  await page.goto(suppressions)
  await page.getByRole('button', { name: 'Suppress an address' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Address' }).fill('no address')
  await expect(dialog.getByRole('button', { name: 'Suppress', exact: true })).toBeDisabled()
  await dialog.getByRole('textbox', { name: 'Note' }).fill('asked by letter')
  await dialog.getByRole('button', { name: 'Suppress', exact: true }).click()
  await expect(dialog.getByText('Enter an address or a key.')).toBeVisible()
  await dialog.getByRole('textbox', { name: 'Address' }).fill(`"quoted"@example.com`)
  await dialog.getByRole('button', { name: 'Suppress', exact: true }).click()
  await expect(dialog.getByRole('textbox', { name: 'Address' })).toHaveAttribute(
    'aria-invalid',
    'true',
  )
  await dialog.getByRole('textbox', { name: 'Address' }).fill(`${customer}@example.com`)
  await dialog.getByRole('combobox', { name: 'Reason' }).click()
  await page.getByRole('option', { name: 'Opted out' }).click()
  await dialog.getByRole('button', { name: 'Suppress', exact: true }).click()
  await expect(
    page.getByText('Suppressed. No more messages are sent to this address.'),
  ).toBeVisible()
  expect(page.url()).not.toContain('example.com')

  await page.goto(suppressions)
  await findAddress(page, `${customer.toUpperCase()}@Example.com`)
  const row = page.getByRole('row', { name: /^Opted out/ })
  await expect(row).toContainText('in force')
  await expect(row).toContainText('added by an operator')
  await expect(row).toContainText('asked by letter')
  expect(page.url()).not.toMatch(/example\.com/i)
  // Only an administrator lifts it.
  await expect(page.getByText('Administrators can lift active suppressions.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Lift suppressions' })).toHaveCount(0)

  await page.getByRole('link', { name: customer }).click()
  const reach = page.getByRole('row', { name: /^E-mail/ })
  await expect(reach).toContainText('Opted out')
  await reach.getByRole('link', { name: 'See the address' }).click()
  await expect(row).toContainText('in force')
})

test('an administrator lifts what is in force, with a note that is kept', async ({ page }) => {
  const added = await callAsOperator('marketer', 'POST', `/v1${suppressions}`, {
    address: { phone: phone(1) },
    reason: 'blocked',
    note: 'a wrong number',
  })
  expect(added.status).toBe(200)
  await signIn(page, 'admin')
  await page.goto(suppressions)
  await findAddress(page, phone(1).replace('+49', '+49 '))
  await page.getByRole('button', { name: 'Lift suppressions' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('Blocked')
  await expect(dialog).toContainText('Consents stay as they are')
  await expect(dialog.getByRole('button', { name: 'Lift suppressions' })).toBeDisabled()
  await dialog.getByRole('textbox', { name: 'Note' }).fill('it was the right one')
  await dialog.getByRole('button', { name: 'Lift suppressions' }).click()
  const row = page.getByRole('row', { name: /^Blocked/ })
  await expect(row).toContainText('lifted')
  await expect(row).toContainText('it was the right one')
  await expect(page.getByText('Messages are sent to it, if the customer has agreed.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Lift suppressions' })).toHaveCount(0)
})

test('a list is imported in parts, names each refused line, and is saved as a file that comes back', async ({
  page,
}) => {
  // Two thousand writes, and every page of the list.
  test.slow()
  const lines = Array.from(
    { length: 1_005 },
    (_, n) => `i${n}-${unique}@example.com,list ${unique}`,
  )
  lines[2] = 'nobody,'
  lines[1_002] = `late@,`
  await signIn(page, 'marketer')
  await page.goto(`${suppressions}?channel=email`)
  await page.getByRole('button', { name: 'Import CSV' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('input[type=file]').setInputFiles({
    name: 'list.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`address,note\n${lines.join('\n')}\n`),
  })
  await expect(dialog.getByRole('status')).toHaveText('Lines: 1,005')
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(dialog).toContainText('Lines done: 1,005 of 1,005', { timeout: 40_000 })
  await expect(dialog).toContainText('Suppressed: 1,003. Known already: 0. Refused: 2.')
  await expect(dialog.getByRole('row', { name: /^4 address/ })).toBeVisible()
  await expect(dialog.getByRole('row', { name: /^1,004 address/ })).toBeVisible()
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click()

  await expect(
    page
      .getByRole('row')
      .filter({ hasText: `list ${unique}` })
      .first(),
  ).toBeVisible()
  await page.getByRole('button', { name: 'Next' }).click()
  await expect(page.getByRole('navigation', { name: 'Pages' })).toContainText('Page 2')
  const file = await readDownload(page, () =>
    page.getByRole('button', { name: 'Export CSV' }).click(),
  )
  const saved = file.trim().split('\r\n')
  expect(saved[0]).toBe('key,channel,reason,at,source,by,note')
  const ours = saved.filter((line) => line.endsWith(`,list ${unique}`))
  expect(ours).toHaveLength(1_003)
  expect(file).not.toContain('@example.com')

  await page.getByRole('button', { name: 'Import CSV' }).click()
  await dialog.locator('input[type=file]').setInputFiles({
    name: 'again.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from([saved[0], ...ours.slice(0, 10)].join('\r\n')),
  })
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(dialog).toContainText('Suppressed: 0. Known already: 10. Refused: 0.')
})

test('an import that breaks off says how far it came, and goes on there', async ({ page }) => {
  const sent: string[] = []
  await page.route('**/suppressions/import', async (route) => {
    const body = route.request().postData() ?? ''
    sent.push(body.split('\n')[1] ?? '')
    if (sent.length === 2) return route.fulfill({ status: 503, json: { code: 'unavailable' } })
    const taken = body.trimEnd().split('\n').length - 1
    return route.fulfill({ json: { taken, unchanged: 0, refused: 0, refusals: [] } })
  })
  await signIn(page, 'marketer')
  await page.goto(suppressions)
  await page.getByRole('button', { name: 'Import CSV' }).click()
  const dialog = page.getByRole('dialog')
  const lines = Array.from({ length: 2_100 }, (_, n) => `b${n}@example.com`)
  await dialog.locator('input[type=file]').setInputFiles({
    name: 'list.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(['address', ...lines].join('\r\n')),
  })
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(dialog.getByRole('alert')).toContainText('The service is busy.')
  await expect(dialog).toContainText('Lines done: 1,000 of 2,100')
  await dialog.getByRole('button', { name: 'Try again' }).click()
  await expect(dialog).toContainText('Suppressed: 2,100. Known already: 0. Refused: 0.')
  expect(sent).toEqual(['b0', 'b1000', 'b1000', 'b2000'].map((mailbox) => `${mailbox}@example.com`))
})

test('a file that cannot be read is refused before anything is sent', async ({ page }) => {
  await signIn(page, 'marketer')
  await page.goto(suppressions)
  await page.getByRole('button', { name: 'Import CSV' }).click()
  const dialog = page.getByRole('dialog')
  const choose = (content: Buffer) =>
    dialog
      .locator('input[type=file]')
      .setInputFiles({ name: 'bad.csv', mimeType: 'text/csv', buffer: content })
  await choose(Buffer.from('address,note\na@example.com,"open\n'))
  await expect(dialog.getByText('The quote on line 2 is never closed.')).toBeVisible()
  await choose(Buffer.from([0xff, 0xfe, 0x61, 0x00]))
  await expect(dialog.getByText('The file is not in UTF-8')).toBeVisible()
  await choose(Buffer.from('\n\n'))
  await expect(dialog.getByText('This is empty.')).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Import', exact: true })).toBeDisabled()
  await choose(Buffer.from('colour\nred\n'))
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(dialog.getByRole('alert')).toContainText('has to name its columns')
})

test('a viewer sees suppressions and replies, and no button that changes anything', async ({
  page,
}) => {
  await signIn(page, 'viewer')
  await page.goto(suppressions)
  await findAddress(page, phone(2))
  await expect(page.getByText('Messages are sent to it, if the customer has agreed.')).toBeVisible()
  await expect(page.getByText('Nothing yet.')).toBeVisible()
  for (const name of ['Suppress an address', 'Suppress this address', 'Import CSV'])
    await expect(page.getByRole('button', { name })).toHaveCount(0)
  await page.goBack()
  await expect(page.getByRole('combobox', { name: 'Channel' })).toBeVisible()
  await page.goto(replies)
  await expect(page.getByRole('heading', { name: 'Replies to review', level: 1 })).toBeVisible()
  await expect(page.getByRole('button', { name: /^Counts as a stop/ })).toHaveCount(0)
})

test('a reply near a stop word waits, and a person decides what it means', async ({ page }) => {
  for (const digit of [3, 4])
    await callAsBackend('PUT', `/v1/customers/console-reply-${digit}-${unique}`, {
      profile: { first_name: 'Ana', locale: 'en', zone: 'UTC' },
      contacts: { phone: phone(digit) },
      consents: { sms: { state: 'granted', source: 'signup_form', at: '2026-01-01T10:00:00Z' } },
    })
  await sendSmsReply(phone(3), `I want to cancel ${word}`)
  await sendSmsReply(phone(4), `please do not stop ${word}`)
  await signIn(page, 'marketer')
  const waiting = (text: string) => page.getByRole('row', { name: new RegExp(`${text} ${word}`) })
  await expect(async () => {
    await page.goto(replies)
    await expect(waiting('I want to cancel')).toBeVisible({ timeout: 3_000 })
    await expect(waiting('please do not stop')).toBeVisible({ timeout: 1_000 })
  }).toPass({ timeout: 40_000 })
  await waiting('please do not stop')
    .getByRole('button', { name: /^Means something else/ })
    .click()
  await expect(page.getByText('Dismissed. Nothing changes for the number.')).toBeVisible()
  await expect(waiting('please do not stop')).toHaveCount(0)
  const stop = waiting('I want to cancel')
  await expect(stop).toContainText(`console-reply-3-${unique}`)
  await stop.getByRole('button', { name: /^Counts as a stop/ }).click()
  await expect(page.getByText('Nothing more is sent to this number by SMS.')).toBeVisible()
  await expect(stop).toHaveCount(0)

  await page.goto(suppressions)
  await findAddress(page, phone(3))
  await expect(page.getByRole('row', { name: /^Opted out/ })).toContainText(
    'a reply by SMS, read by an operator',
  )
  await findAddress(page, phone(4))
  await expect(page.getByText('Nothing yet.')).toBeVisible()
})
