// Walks through the first afternoon of an operator who has only the browser: from the sign-in form to a launched
// promotion for restaurant customers of one city who never ordered groceries, to why one of them got none, to a
// refund at the till. Neither a key nor a coordinate nor an id is typed. Its cost is counted and printed.
import { expect, test } from '@playwright/test'
import { randomUUID } from 'node:crypto'
import { callAsBackend, callAsOperator, stack } from './stack'
import { Walk } from './walk'

const unique = randomUUID().slice(0, 8)
const city = `Aranda ${unique}`
const keys = { restaurants: `v1-${unique}`, groceries: `v2-${unique}` }
const names = { restaurants: `Restaurants ${unique}`, groceries: `Groceries ${unique}` }
const address = (name: string) => `${name}.${unique}@example.com`
const idOf = (name: string) => `console-noon-${unique}-${name}`
const MINUTES = 20
/** The counts of values follow the streams, which are read every second or so. */
const COUNTED_MS = 30_000

const order = (customer: string, order_id: string, vertical: string, amount: number) => ({
  event: 'placed',
  event_id: 'placed',
  order_id,
  customer_id: idOf(customer),
  at: new Date().toISOString(),
  basket: { currency: 'EUR', lines: [{ id: '1', vertical, merchant: `m-${unique}`, amount }] },
})

/** The marketplace, before the afternoon: five customers of a city with their orders, and the names of its verticals. */
test.beforeAll(async () => {
  for (const one of ['restaurants', 'groceries'] as const)
    await callAsBackend('PUT', `/v1/catalogue/verticals/${keys[one]}`, {
      names: { en: names[one] },
    })
  const people = ['ana', 'bea', 'carla', 'diego', 'elena']
  for (const [place, name] of people.entries()) {
    const state = name === 'elena' ? 'denied' : 'granted'
    await callAsBackend('PUT', `/v1/customers/${idOf(name)}`, {
      profile: {
        first_name: name[0]!.toUpperCase() + name.slice(1),
        locale: 'es-ES',
        zone: 'UTC',
        currency: 'EUR',
        location: { lat: 41.67 + place / 1_000, lon: -3.69 },
        city,
      },
      contacts: { email: address(name) },
      consents: { email: { state, source: 'app_settings', at: '2026-01-01T10:00:00Z' } },
    })
    await callAsBackend(
      'POST',
      '/v1/orders',
      order(name, `o1-${name}-${unique}`, keys.restaurants, 2_500),
    )
  }
  await callAsBackend('POST', '/v1/orders', order('diego', `o2-${unique}`, keys.groceries, 4_000))
  const count = async (of: string, value: string) => {
    const query = new URLSearchParams({ of, q: value })
    const answer = await callAsOperator('viewer', 'GET', `/v1/values?${query}`)
    const { items } = (await answer.json()) as { items: { value: string; count: number }[] }
    return items.find((item) => item.value === value)?.count
  }
  await expect.poll(() => count('vertical', keys.restaurants), { timeout: COUNTED_MS }).toBe(5)
  await expect.poll(() => count('vertical', keys.groceries), { timeout: COUNTED_MS }).toBe(1)
  await expect.poll(() => count('city', city), { timeout: COUNTED_MS }).toBe(5)
})

test('the afternoon: a promotion from sign-in to launch, why she got none, and a refund at the till', async ({
  page,
}) => {
  test.setTimeout(180_000)
  const walk = new Walk(page)
  const input = (pointer: string) => page.locator(`[data-at="${pointer}"]`)
  const next = () => walk.click(page.getByRole('button', { name: 'Next' }))
  const { username, password } = stack.groups_users.admin

  await test.step('sign in, and land on a home that says what to do', async () => {
    await page.goto('/')
    await walk.click(page.getByRole('button', { name: 'Sign in' }))
    await walk.type(page.locator('input[name=username]'), username)
    await walk.type(page.locator('input[name=password]'), password)
    await walk.click(page.locator('button[type=submit], input[type=submit]').first())
    await expect(page.getByRole('heading', { name: 'Home', level: 1 })).toBeVisible()
  })

  await test.step('offer: a percentage, in a vertical by its name', async () => {
    await walk.click(page.getByRole('link', { name: 'New promotion' }).first())
    await walk.type(page.getByRole('textbox', { name: 'Name' }), `First groceries ${unique}`)
    await walk.choose(page.getByRole('combobox', { name: 'Benefit' }), /^Percentage off/)
    await walk.pick(input('/offer/scope/verticals'), 'groceries', new RegExp(names.groceries))
    await expect(page.getByText(keys.groceries).first()).toBeVisible()
    await next()
  })

  await test.step('audience: restaurants, never groceries, around a city', async () => {
    const condition = (place: number) =>
      page.getByRole('combobox', { name: 'Condition' }).nth(place)
    const add = () => walk.click(page.getByRole('button', { name: 'Add a condition' }))
    await walk.choose(condition(1), 'ordered in a vertical', true)
    await walk.pick(
      input('/audience/all/0/ordered/vertical'),
      `restaurants ${unique}`,
      new RegExp(names.restaurants),
    )
    await add()
    await walk.choose(condition(2), 'never ordered in a vertical', true)
    await walk.pick(
      input('/audience/all/1/never_ordered/vertical'),
      `groceries ${unique}`,
      new RegExp(names.groceries),
    )
    await add()
    await walk.choose(condition(3), 'location near a place', true)
    await walk.pick(input('/audience/all/2/within_km/points'), city.slice(0, 10), new RegExp(city))
    await walk.type(page.getByRole('textbox', { name: 'Kilometres' }), '20')
    const now = page.getByRole('region', { name: 'Estimated audience' })
    await expect(now).toContainText('Matches4')
    await expect(now).toContainText('Reachable3')
    await next()
  })

  await test.step('messages: Spanish from the languages that customers have, read as one of them', async () => {
    await walk.choose(page.getByLabel('Add a language').first(), /Spanish.*\(es-ES\)/)
    await walk.click(page.getByRole('button', { name: 'Add', exact: true }))
    await expect(page.getByText('Not translated yet')).toBeVisible()
    await walk.click(page.getByRole('tab', { name: 'E-mail' }))
    await walk.type(page.getByRole('textbox', { name: 'Subject' }), 'Un regalo para ti')
    const preview = page.getByRole('region', { name: 'Preview', exact: true })
    await walk.choose(preview.getByLabel('Preview as customer').first(), new RegExp(unique))
    await expect(preview).toContainText('Un regalo para ti')
    await expect(
      preview
        .frameLocator('iframe')
        .getByText(/20\s?%/)
        .first(),
    ).toBeVisible()
    await next()
  })

  await test.step('limits, and a review that names the place', async () => {
    await walk.type(page.getByRole('textbox', { name: 'Control group (%)' }), '0')
    await next()
    await expect(page.getByText('Maximum exposure')).toBeVisible()
    await expect(page.getByText(`within 20 km of ${city}`)).toBeVisible()
    await walk.click(page.getByRole('button', { name: 'Save and continue' }))
  })

  let campaign = ''
  await test.step('launch, after a pre-flight with numbers', async () => {
    await walk.click(page.getByRole('button', { name: 'Launch', exact: true }))
    const dialog = page.getByRole('dialog')
    await expect(dialog).toContainText('Maximum exposure')
    await expect(dialog).toContainText('First messages')
    await walk.click(dialog.getByRole('button', { name: 'Launch', exact: true }))
    await expect(dialog).toBeHidden()
    await walk.click(page.getByRole('button', { name: 'Start sending now' }))
    campaign = new URL(page.url()).pathname.split('/')[3]!
    await expect(page.getByRole('region', { name: 'Delivery status' })).toContainText('3 issued', {
      timeout: 40_000,
    })
  })

  await test.step('why she got none: from the reason to her', async () => {
    const none = page.getByRole('region', { name: 'Customers who got no voucher' })
    await expect(none.getByRole('link', { name: 'opted out' })).toBeVisible({ timeout: 40_000 })
    await walk.click(none.getByRole('link', { name: 'opted out' }))
    await walk.click(page.getByRole('link', { name: `Ask why: ${idOf('elena')}` }))
    const answer = page.getByRole('region', { name: 'Why, or why not' })
    await expect(answer).toContainText('They were skipped')
    await expect(answer).toContainText('Reason: opted out')
  })

  await test.step('at the till: she redeems, and half of the order comes back', async () => {
    const ana = idOf('ana')
    const wallet = await callAsBackend<{ items: { voucher_id: string; campaign_id: string }[] }>(
      'GET',
      `/v1/customers/${ana}/vouchers`,
    )
    const voucher = wallet.items.find(({ campaign_id }) => campaign_id === campaign)!.voucher_id
    const placed = order('ana', `o3-${unique}`, keys.groceries, 4_000)
    await callAsBackend('POST', `/v1/customers/${ana}/vouchers/${voucher}/accept`, {})
    await callAsBackend('POST', `/v1/customers/${ana}/checkout/redeem`, {
      order_id: placed.order_id,
      vouchers: [voucher],
      basket: placed.basket,
    })
    await callAsBackend('POST', '/v1/orders', placed)
    const { basket: _, ...rest } = placed
    await callAsBackend('POST', '/v1/orders', {
      ...rest,
      event: 'refunded',
      event_id: 'refunded',
      at: new Date().toISOString(),
      refund: { currency: 'EUR', lines: [{ id: '1', amount: 2_000 }] },
    })
  })

  await test.step('the operator finds her by her address, and sees the refund on her order', async () => {
    await walk.press('Control+K')
    const palette = page.getByRole('dialog', { name: 'Search everywhere' })
    await expect(palette.getByRole('combobox')).toBeFocused()
    await walk.write(address('ana'))
    await expect(palette.getByRole('group', { name: 'Customers' })).toContainText('ana')
    await walk.press('Enter')
    await walk.click(page.getByRole('tab', { name: 'Orders' }))
    const row = page.getByRole('row', { name: new RegExp(`o3-${unique}`) })
    // 20 % of €40.00 were taken off; half of the order came back, and half of the discount with it.
    // Of €8.00 off, €4.00 stay, and €16.00 of the €32.00 that were paid.
    await expect(row).toContainText('€16.00', { timeout: 20_000 })
    await expect(row).toContainText('€4.00')
  })

  console.log(walk.report('The afternoon'))
  walk.expectNothingKnown(...Object.values(keys))
  expect(walk.deadEnds).toEqual([])
  expect(walk.seconds()).toBeLessThan(MINUTES * 60)
})
