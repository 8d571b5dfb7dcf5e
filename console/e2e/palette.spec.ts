// Checks what is a keystroke away on every page: the palette with pages, campaigns, customers and actions, and
// the notifications.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { findAxeViolations, findOverflow, loadAxe, nextFrame } from './console-pages'
import { callAsOperator, createDraft, launchCampaign, putCustomer, signIn } from './stack'

const unique = randomUUID().slice(0, 8)

test('one keystroke leads to a page, a campaign by its name and a customer by their address', async ({
  page,
}) => {
  const customer = `palette-${unique}`
  await putCustomer(customer, [`palette-${unique}`])
  const { id } = await createDraft(`Palette ${unique}`, `none-${unique}`)
  await loadAxe(page)
  await signIn(page, 'marketer')
  await page.goto('/')
  await page.getByRole('button', { name: 'Search everywhere' }).waitFor()
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('dialog', { name: 'Search everywhere' })
  const input = palette.getByRole('combobox')
  await expect(input).toBeFocused()
  expect(await findAxeViolations(page, 'palette')).toEqual([])

  await page.keyboard.type('pend')
  await expect(palette.getByRole('option', { selected: true })).toContainText('Pending triggers')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Pending triggers', level: 1 })).toBeVisible()
  await expect(palette).toBeHidden()

  await page.keyboard.press('Control+k')
  await expect(input).toBeFocused()
  await page.keyboard.type(`palette ${unique}`)
  await expect(palette.getByRole('option')).toHaveCount(1)
  await expect(palette.getByRole('option')).toContainText('Draft')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/marketing/promotion/${id}`))

  await expect(page.getByRole('heading', { name: `Palette ${unique}`, level: 1 })).toBeVisible()
  await page.keyboard.press('Control+k')
  await expect(input).toBeFocused()
  await page.keyboard.type(`${customer}@example.com`)
  await expect(palette.getByRole('group', { name: 'Customers' })).toContainText(customer)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/customers/${customer}$`))
})

test('the palette says when nothing is found, goes around by arrows, and gives the focus back', async ({
  page,
}) => {
  await signIn(page, 'viewer')
  await page.goto('/marketing/calendar')
  const opener = page.getByRole('button', { name: 'Search everywhere' })
  await opener.click()
  const palette = page.getByRole('dialog', { name: 'Search everywhere' })
  await expect(palette.getByRole('option', { name: 'New promotion' })).toHaveCount(0)
  const first = palette.getByRole('option').first()
  await expect(first).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('ArrowUp')
  await expect(palette.getByRole('option').last()).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('ArrowDown')
  await expect(first).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.type(`zz${unique}zz`)
  await expect(palette.getByRole('status')).toContainText('Nothing found')
  await page.keyboard.press('Escape')
  await expect(palette).toBeHidden()
  await expect(opener).toBeFocused()
})

test('a campaign that is paused reaches the bell, and is new only once', async ({ page }) => {
  const made = await callAsOperator('marketer', 'POST', '/v1/playbooks/celebration', {
    changes: { name: `Bell ${unique}` },
  })
  const { id } = (await made.json()) as { id: string }
  await launchCampaign(id)
  expect((await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/pause`)).status).toBe(200)
  try {
    await loadAxe(page)
    await signIn(page, 'viewer')
    await page.goto('/marketing/calendar')
    const bell = page.getByRole('button', { name: /new notifications?$/ })
    await expect(bell).toBeVisible()
    await bell.click()
    const list = page.getByRole('dialog', { name: 'Notifications' })
    const item = list.getByRole('listitem').filter({ hasText: `Bell ${unique}` })
    await expect(item).toContainText('It is paused')
    expect(await findAxeViolations(page, 'notifications')).toEqual([])
    await page.setViewportSize({ width: 360, height: 800 })
    await nextFrame(page)
    expect(await findOverflow(page, 'notifications')).toEqual([])
    await item.getByRole('link', { name: `Bell ${unique}` }).click()
    await expect(list).toBeHidden()
    await expect(page).toHaveURL(new RegExp(`/marketing/autopilot/${id}`))
    const seen = await page.evaluate(() => localStorage.getItem('console.notices.seen'))
    expect(seen).toContain(`health ${id} paused`)
  } finally {
    await callAsOperator('marketer', 'POST', `/v1/campaigns/${id}/cancel`, { revoke: 'none' })
  }
})

test('a launch that reaches nobody has to be confirmed, and one that reaches some says what it costs', async ({
  page,
}) => {
  const tag = `preflight-${unique}`
  for (const n of [1, 2]) await putCustomer(`preflight-${unique}-${n}`, [tag])
  const { id: nobody } = await createDraft(`Nobody ${unique}`, `none-${unique}`)
  const { id: some } = await createDraft(`Some ${unique}`, tag)
  await loadAxe(page)
  await signIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${nobody}`)
  await page.getByRole('button', { name: 'Launch', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('It reaches nobody now')
  const launch = dialog.getByRole('button', { name: 'Launch', exact: true })
  await expect(launch).toBeDisabled()
  await dialog.getByRole('checkbox', { name: /although it reaches nobody/ }).check()
  await expect(launch).toBeEnabled()
  expect(await findAxeViolations(page, 'pre-flight')).toEqual([])
  await dialog.getByRole('button', { name: 'Back' }).click()

  await page.goto(`/marketing/promotion/${some}`)
  await page.getByRole('button', { name: 'Launch', exact: true }).click()
  await expect(dialog).toContainText('Maximum exposure')
  await expect(dialog).toContainText('First messages')
  await expect(dialog.getByRole('button', { name: 'Launch', exact: true })).toBeEnabled()
  await dialog.getByText(/messages? as customers get/).click()
  await expect(dialog).toContainText(/English \(en\)/)
  await page.setViewportSize({ width: 360, height: 800 })
  await nextFrame(page)
  expect(await findOverflow(page, 'pre-flight')).toEqual([])
})

test('a reminder gets messages of its own, and a message is shown as a real customer', async ({
  page,
}) => {
  const customer = `reader-${unique}`
  await putCustomer(customer, [`reader-${unique}`], { first_name: 'Bartholomew' })
  const { id } = await createDraft(`Reminds ${unique}`, `reader-${unique}`)
  await signIn(page, 'marketer')
  await page.goto(`/marketing/promotion/${id}/edit?step=messages`)
  const preview = page.getByRole('region', { name: 'Preview', exact: true })
  await preview.getByLabel('Preview as customer').first().fill(customer)
  await expect(preview.frameLocator('iframe').getByText('Bartholomew').first()).toBeVisible()
  await preview.getByLabel('Preview as customer').first().fill(`nobody-${unique}`)
  await expect(preview).toContainText('There is no customer with this id.')

  await page.getByRole('checkbox', { name: 'Send an expiry reminder' }).check()
  await page.getByRole('checkbox', { name: 'Write the reminder its own messages' }).check()
  const own = page.getByRole('region', { name: 'Messages of the reminder' })
  await own.getByRole('textbox', { name: 'Subject' }).fill('Only one day left')
  const reminder = page.getByRole('region', { name: 'Preview of the reminder' })
  await expect(reminder).toContainText('Only one day left')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  const saved = (await (await callAsOperator('viewer', 'GET', `/v1/campaigns/${id}`)).json()) as {
    reminder: { messages: { locales: { en: { email: { subject: string } } } } }
  }
  expect(saved.reminder.messages.locales.en.email.subject).toBe('Only one day left')
})
