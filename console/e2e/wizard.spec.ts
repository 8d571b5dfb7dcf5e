// Checks the wizard: the audience count while the rule is written, message previews, a test send,
// nested conditions, the replay, and playbooks.
import { expect, test, type Page } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { callAsOperator, putCustomer, createDraft, signIn } from './stack'

/** A picture of one pixel. */
const redDot = Buffer.from('R0lGODlhAQABAIAAAP8AAP///ywAAAAAAQABAAACAkQBADs=', 'base64')
const unique = randomUUID().slice(0, 8)
const tag = `wiz-${unique}`
const people = [1, 2].map((n) => `console-${tag}-${n}`)

test.beforeAll(async () => {
  for (const id of people) await putCustomer(id, [tag])
  // One customer matches and cannot be reached.
  await putCustomer(`console-${tag}-mute`, [tag])
  expect(
    (
      await callAsOperator('marketer', 'POST', '/v1/audience-previews', {
        audience: { tags: { any_of: [tag] } },
        channels: { mode: 'first_available', ladder: ['sms'] },
      })
    ).status,
  ).toBe(200)
})

const preview = (page: Page) => page.getByRole('region', { name: 'Preview' })

test('the rule is counted while it is written: who matches, who can be reached, and some of them', async ({
  page,
}) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion/new?step=audience')
  await page.getByRole('combobox', { name: 'Condition' }).nth(1).click()
  await page.getByRole('option', { name: 'tags' }).click()
  await page.getByLabel('Any of').first().fill(tag)
  await page.keyboard.press('Enter')
  const now = page.getByRole('region', { name: 'Estimated audience' })
  await expect(now).toContainText('Matches3')
  await expect(now).toContainText('Reachable3')
  await now.getByText('Sample customers').click()
  await expect(now).toContainText(people[0]!)
  // The rule gets narrower, and the counts follow.
  await page.getByRole('button', { name: 'Add a condition' }).click()
  await page.getByRole('combobox', { name: 'Condition' }).last().click()
  await page.getByRole('option', { name: 'list of customer ids' }).click()
  await page.getByRole('textbox', { name: 'Customer ids' }).fill(`${people[0]}\n${people[0]}`)
  await expect(now).toContainText('Matches1')
  // A condition that was removed can be put back, with what was typed.
  await page.getByRole('button', { name: 'Remove' }).last().click()
  await expect(now).toContainText('Matches3')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('textbox', { name: 'Customer ids' })).toHaveValue(
    new RegExp(people[0]!),
  )
  await expect(now).toContainText('Matches1')
})

test('each language is shown as it arrives, and an SMS says how many it takes', async ({
  page,
}) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion/new?step=messages')
  await page.getByLabel('Add a language').first().fill('es')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('tab', { name: 'SMS' }).click()
  await page.getByRole('textbox', { name: 'Text' }).fill("Hola {{ first_name | default('amigo') }}")
  await expect(preview(page).locator('.phone')).toContainText('Hola')
  await expect(preview(page)).toContainText('Standard alphabet: 160 characters per SMS')
  await expect(preview(page)).toContainText('1 SMS segment each')
  await page.getByRole('textbox', { name: 'Text' }).fill(`Hola 🎁 ${'x'.repeat(80)}`)
  await expect(preview(page)).toContainText('Unicode: 70 characters per SMS')
  // with the link to leave by, whose length is that of the stack's own address
  await expect(preview(page)).toContainText(/[23] SMS segments each/)
  await preview(page).getByRole('textbox', { name: 'Preview language' }).fill('en')
  await expect(preview(page).locator('.phone')).not.toContainText('Hola')
  await page.getByRole('button', { name: 'Remove es' }).click()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('textbox', { name: 'Text' })).toHaveValue(/^Hola 🎁/)
  await page.getByRole('tab', { name: 'Push' }).click()
  await preview(page).getByRole('textbox', { name: 'Preview language' }).fill('')
  await expect(preview(page).locator('.note')).toBeVisible()
})

test('letters that make an SMS Unicode are replaced by a button, and put back by undo', async ({
  page,
}) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion/new?step=messages')
  await page.getByRole('tab', { name: 'SMS' }).click()
  const text = page.getByRole('textbox', { name: 'Text' })
  await text.fill('“Hola” – válido…')
  await page.getByRole('button', { name: 'Replace letters' }).click()
  await expect(text).toHaveValue('"Hola" - valido...')
  await expect(page.getByRole('button', { name: 'Replace letters' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(text).toHaveValue('“Hola” – válido…')
  await text.fill('“Hola” 🎁')
  await expect(page.getByRole('button', { name: 'Replace letters' })).toHaveCount(0)
})

test('an e-mail is made of blocks with the keyboard alone, and shown light, dark and as plain text', async ({
  page,
}) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/promotion/new?step=messages')
  await page.getByRole('tab', { name: 'E-mail' }).click()
  const letter = page.frameLocator('iframe.mail')
  await expect(letter.getByRole('link', { name: 'See your voucher' })).toBeVisible()
  // A new block is last, is filled, and goes up; the focus goes with it.
  await page.getByRole('button', { name: '+ Heading' }).press('Enter')
  const words = page.getByRole('textbox', { name: 'Heading text' }).last()
  await words.fill(`Only this week ${unique}`)
  await expect(letter.getByRole('heading', { name: `Only this week ${unique}` })).toBeVisible()
  await page.getByRole('button', { name: 'Move Heading 4 up' }).press('Enter')
  await expect(page.getByRole('button', { name: 'Move Heading 3 up' })).toBeFocused()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Move Heading 1 down' })).toBeFocused()
  await expect(letter.getByRole('heading', { level: 1 })).toHaveText(`Only this week ${unique}`)
  // An image without words for who does not see it is complained about when the input is left.
  await page.getByRole('button', { name: '+ Image' }).click()
  const address = page.getByRole('textbox', { name: 'Image address' })
  // A file is refused at its input, or uploaded; then its address is there and its picture is seen.
  const choose = page.locator('input[type=file]')
  await choose.setInputFiles({
    name: 'a.svg',
    mimeType: 'image/svg+xml',
    buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
  })
  await expect(address).toHaveAttribute('aria-invalid', 'true')
  await choose.setInputFiles({ name: 'a.gif', mimeType: 'image/gif', buffer: redDot })
  await expect(address).toHaveValue(/\/pictures\/[0-9a-f]{64}\.gif$/)
  await expect(address).not.toHaveAttribute('aria-invalid', 'true')
  const shown = page.getByRole('group', { name: 'Image address' }).locator('img')
  await expect.poll(() => shown.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(1)
  await address.fill('https://cdn.example.com/a.png')
  const alt = page.getByRole('textbox', { name: 'Alternative text' })
  await alt.press('Tab')
  await expect(alt).toHaveAttribute('aria-invalid', 'true')
  await alt.fill('A basket')
  await expect(alt).not.toHaveAttribute('aria-invalid', 'true')
  await preview(page).getByText('Plain text').click()
  await expect(preview(page).locator('.mail-text')).toContainText('[A basket]')
  await preview(page).getByText('Dark').click()
  // The test's browser gives every frame the scheme that the test asks for, so only the wish is seen.
  await expect(preview(page).locator('iframe.mail')).toHaveCSS('color-scheme', 'dark')
  await page.getByRole('button', { name: 'Remove Heading 1' }).click()
  await expect(letter.getByText(`Only this week ${unique}`)).toHaveCount(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(letter.getByText(`Only this week ${unique}`)).toHaveCount(1)
  // HTML by hand takes the place of the blocks.
  await page.getByRole('radio', { name: 'HTML' }).click()
  await page.getByRole('textbox', { name: 'HTML' }).fill(`<p>By hand ${unique}</p>`)
  await expect(letter.getByText(`By hand ${unique}`)).toBeVisible()
})

test('a saved draft is sent to a listed test address', async ({ page }) => {
  const path = '/v1/configuration/voucher-campaign/test-addresses'
  const before = await callAsOperator('admin', 'GET', path)
  const { addresses } = (await before.json()) as { addresses: object[] }
  const put = async (list: object[]) =>
    callAsOperator(
      'admin',
      'PUT',
      path,
      { addresses: list },
      { 'if-match': (await callAsOperator('admin', 'GET', path)).headers.get('etag') ?? '' },
    )
  expect(
    (
      await put([
        ...addresses,
        { channel: 'email', address: `${tag}@testers.example`, label: `Mine ${unique}` },
      ])
    ).status,
  ).toBe(200)
  try {
    const { id } = await createDraft(`Tested ${unique}`, tag)
    await signIn(page, 'marketer')
    await page.goto(`/marketing/promotion/${id}/edit?step=messages`)
    const card = page.getByRole('region', { name: 'Send a test message' })
    // A marketer does not see the listed addresses and types one. An unlisted one is refused at its
    // input.
    await card.getByRole('textbox', { name: 'Address' }).fill('stranger@example.com')
    await card.getByRole('button', { name: 'Send test' }).click()
    await expect(card.getByRole('textbox', { name: 'Address' })).toHaveAttribute(
      'aria-invalid',
      'true',
    )
    await card.getByRole('textbox', { name: 'Address' }).fill(`${tag}@testers.example`)
    await card.getByRole('button', { name: 'Send test' }).click()
    await expect(card).toContainText('E-mail: sent', { timeout: 30_000 })
    // What is not saved yet is saved first, so that the test is of what is in sight.
    await page.getByRole('textbox', { name: 'Subject' }).fill(`Changed ${unique}`)
    await card.getByRole('button', { name: 'Send test' }).click()
    await expect(page.getByText('Saved.')).toBeVisible()
    await expect(card).toContainText('E-mail: sent', { timeout: 30_000 })
    const now = (await (await callAsOperator('viewer', 'GET', `/v1/campaigns/${id}`)).json()) as {
      messages: { locales: { en: { email: { subject: string } } } }
    }
    expect(now.messages.locales.en.email.subject).toBe(`Changed ${unique}`)
    await signIn(page, 'admin')
    await page.reload()
    await card.getByRole('checkbox', { name: new RegExp(`Mine ${unique}`) }).check()
    await card.getByRole('button', { name: 'Send test' }).click()
    await expect(card).toContainText('E-mail: sent', { timeout: 30_000 })
  } finally {
    expect((await put(addresses)).status).toBe(200)
  }
})

test('conditions on an event of one’s own are nested, saved and read back', async ({ page }) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/autopilot/new')
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`Event ${unique}`)
  await page.getByRole('combobox', { name: 'When to send' }).click()
  await page.getByRole('option', { name: 'Custom app event' }).click()
  await page.getByLabel('Event name').first().fill(`plan_changed_${unique}`)
  const conditions = page.getByRole('group', { name: 'Only if' })
  // The list that an input offers has its name as well.
  const property = conditions.locator('input').and(page.getByLabel('Property'))
  await conditions.getByRole('button', { name: 'Add a condition' }).click()
  await property.fill('plan')
  await conditions.getByRole('combobox', { name: 'How' }).click()
  await page.getByRole('option', { name: 'is', exact: true }).click()
  await conditions.getByRole('textbox', { name: 'Value' }).fill('gold')
  // The condition moves into a group "any of these", and gets a number beside it.
  await conditions.getByRole('combobox', { name: 'Condition' }).nth(1).click()
  await page.getByRole('option', { name: 'a group: any of these' }).click()
  await conditions.getByRole('button', { name: 'Add a condition' }).first().click()
  await property.nth(1).fill('seats')
  await conditions.getByRole('combobox', { name: 'How' }).nth(1).click()
  await page.getByRole('option', { name: 'is a number' }).click()
  await conditions.getByRole('textbox', { name: 'at least' }).fill('3')
  await conditions.getByRole('textbox', { name: 'at most' }).fill('5')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  const id = new URL(page.url()).pathname.split('/')[3]!
  const saved = (await (await callAsOperator('viewer', 'GET', `/v1/campaigns/${id}`)).json()) as {
    trigger: { when: { event: { where: object } } }
    warnings: { code: string }[]
  }
  expect(saved.trigger.when.event.where).toEqual({
    all: [
      {
        any: [
          { property: { name: 'plan', equals: 'gold' } },
          { property: { name: 'seats', at_least: 3, at_most: 5 } },
        ],
      },
    ],
  })
  await page.goto(`/marketing/autopilot/${id}/edit`)
  await expect(property).toHaveCount(2)
  // The app has not sent such an event yet.
  await page.goto(`/marketing/autopilot/${id}`)
  await expect(page.getByText(/was ever received/)).toBeVisible()
})

test('an autopilot’s replay is a chart with its numbers as a table', async ({ page }) => {
  const made = await callAsOperator('marketer', 'POST', '/v1/playbooks/win-back', {
    changes: { name: `Replayed ${unique}` },
  })
  const { id } = (await made.json()) as { id: string }
  await signIn(page, 'marketer')
  await page.goto(`/marketing/autopilot/${id}/edit?step=review`)
  await page.getByRole('button', { name: 'Replay', exact: true }).click()
  await expect(page.getByRole('slider', { name: /Matches and vouchers by day/ })).toBeVisible({
    timeout: 30_000,
  })
  await page.getByRole('button', { name: 'Show as table' }).click()
  await expect(page.getByRole('table').filter({ hasText: 'Matches' }).getByRole('row')).toHaveCount(
    31,
  )
})

test('a playbook takes an amount and a place as people write them', async ({ page }) => {
  await signIn(page, 'marketer')
  await page.goto('/marketing/playbooks')
  await page.getByRole('button', { name: 'Use playbook: VIP thank-you' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(`Best ${unique}`)
  await page.getByRole('textbox', { name: 'Minimum spend' }).fill('123.45')
  await page.getByRole('button', { name: 'Create draft' }).click()
  await expect(page.getByRole('heading', { name: `Edit Best ${unique}` })).toBeVisible()
  const best = (await (
    await callAsOperator(
      'viewer',
      'GET',
      `/v1/campaigns/${new URL(page.url()).pathname.split('/')[3]}`,
    )
  ).json()) as object
  expect(JSON.stringify(best)).toContain('"amount":12345')
  await page.goto('/marketing/playbooks')
  await page.getByRole('button', { name: 'Use playbook: Launch near new merchants' }).click()
  await page.getByRole('textbox', { name: 'Vertical' }).fill('{food}')
  await page.getByRole('button', { name: 'Create draft' }).click()
  await expect(page.getByRole('textbox', { name: 'Vertical' })).toHaveAttribute(
    'aria-invalid',
    'true',
  )
  await page.getByRole('textbox', { name: 'Name' }).fill(`Near ${unique}`)
  await page.getByRole('textbox', { name: 'Vertical' }).fill('food')
  await page.getByRole('button', { name: 'Create draft' }).click()
  await expect(page.getByRole('heading', { name: `Edit Near ${unique}` })).toBeVisible()
})
