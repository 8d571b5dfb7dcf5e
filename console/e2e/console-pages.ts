// Lists the pages of the console for the tests that look at all of them, and the checks that they
// run on each: rules of accessibility, width, and English that is left in another language.
import { expect, type Page, type Request } from '@playwright/test'
import axe from 'axe-core'
import { callAsOperator, launchCampaign } from './stack'

export interface ConsolePage {
  name: string
  path: string
}

const configuration = '/configuration/voucher-campaign'
const reports = '/reports/voucher-campaigns'

/** Pages that exist on every stack, by section of the console. */
export const fixedPages: Record<string, ConsolePage[]> = {
  marketing: [
    { name: 'home', path: '/' },
    { name: 'promotions', path: '/marketing/promotion' },
    { name: 'autopilots', path: '/marketing/autopilot' },
    { name: 'playbooks', path: '/marketing/playbooks' },
    { name: 'calendar', path: '/marketing/calendar' },
    { name: 'components', path: '/components' },
    { name: 'customers', path: '/customers' },
    { name: 'segments', path: '/marketing/segments' },
    { name: 'not-found', path: '/nowhere' },
  ],
  wizard: [
    { name: 'wizard-offer', path: '/marketing/promotion/new' },
    { name: 'wizard-audience', path: '/marketing/promotion/new?step=audience' },
    { name: 'wizard-messages', path: '/marketing/promotion/new?step=messages' },
    { name: 'wizard-schedule', path: '/marketing/promotion/new?step=schedule' },
    { name: 'wizard-review', path: '/marketing/promotion/new?step=review' },
    { name: 'autopilot-wizard', path: '/marketing/autopilot/new' },
  ],
  reports: [
    { name: 'report-overview', path: `${reports}/overview` },
    { name: 'report-engagement', path: `${reports}/customer-engagement` },
    { name: 'report-delivery', path: `${reports}/api-perf` },
    { name: 'report-system-health', path: `${reports}/system-health` },
    { name: 'report-campaign-perf', path: `${reports}/campaign-perf` },
  ],
  operations: [
    { name: 'health', path: `${configuration}/health` },
    { name: 'pending-triggers', path: `${configuration}/pending-triggers` },
    { name: 'dead-letters', path: `${configuration}/dead-letters` },
    { name: 'suppressions', path: `${configuration}/suppressions` },
    { name: 'imports', path: `${configuration}/imports` },
    { name: 'import-new', path: `${configuration}/imports?new=yes` },
    { name: 'exports', path: `${configuration}/exports` },
    { name: 'export-new', path: `${configuration}/exports?new=yes` },
    { name: 'catalogue', path: `${configuration}/catalogue` },
    { name: 'catalogue-verticals', path: `${configuration}/catalogue?part=verticals` },
    { name: 'readiness', path: `${configuration}/readiness` },
    { name: 'waiting-replies', path: `${configuration}/waiting-replies` },
    { name: 'diagnostics', path: `${configuration}/diagnostics` },
    { name: 'audit', path: `${configuration}/audit` },
  ],
  settings: [
    { name: 'settings-policy', path: `${configuration}/settings` },
    { name: 'settings-combination', path: `${configuration}/settings?tab=combination` },
    { name: 'settings-attributes', path: `${configuration}/settings?tab=attributes` },
    { name: 'settings-goodwill', path: `${configuration}/settings?tab=goodwill` },
    { name: 'settings-brand', path: `${configuration}/settings?tab=brand` },
    { name: 'settings-tests', path: `${configuration}/settings?tab=tests` },
    { name: 'settings-costs', path: `${configuration}/settings?tab=costs` },
    { name: 'settings-approvals', path: `${configuration}/settings?tab=approvals` },
    { name: 'settings-notices', path: `${configuration}/settings?tab=notices` },
    { name: 'settings-webhooks', path: `${configuration}/settings?tab=webhooks` },
    { name: 'settings-keys', path: `${configuration}/settings?tab=keys` },
    { name: 'settings-roles', path: `${configuration}/settings?tab=roles` },
  ],
}

async function readItems<T>(path: string) {
  const answer = await callAsOperator('viewer', 'GET', path)
  return ((await answer.json()) as { items: T[] }).items
}

/** Names of campaigns: they are data, in whichever language their operator writes. */
export const campaignNames = async () => {
  const kinds = ['promotion', 'autopilot'].map((kind) =>
    readItems<{ name: string }>(`/v1/campaigns?kind=${kind}&limit=100`),
  )
  return (await Promise.all(kinds)).flat().map(({ name }) => name)
}

type CampaignKind = 'promotion' | 'autopilot'

/** Returns the oldest launched one of the newest hundred campaigns of a kind, if there is one. */
async function findLaunched(kind: CampaignKind) {
  const items = await readItems<{ id: string; launched_at: string | null }>(
    `/v1/campaigns?kind=${kind}&limit=100`,
  )
  return items.findLast(({ launched_at }) => launched_at)?.id
}

/** Launches a campaign of a kind on a stack that has none yet. */
export async function launchIfNone(kind: CampaignKind) {
  if (await findLaunched(kind)) return
  const playbook = kind === 'autopilot' ? 'win-back' : 'vip-thank-you'
  const made = await callAsOperator('marketer', 'POST', `/v1/playbooks/${playbook}`, {
    changes: { name: `First ${kind}` },
  })
  await launchCampaign(((await made.json()) as { id: string }).id)
}

/** Returns the pages of one launched campaign of a kind, and what diagnostics show of it. */
export async function campaignPages(kind: CampaignKind): Promise<ConsolePage[]> {
  const id = await findLaunched(kind)
  if (!id) return []
  const page = `/marketing/${kind}/${id}`
  const diagnostics = `${configuration}/diagnostics`
  const pages = [
    { name: kind, path: page },
    { name: `${kind}-review`, path: `${page}/edit?step=review` },
    { name: `diagnostics-${kind}`, path: `${diagnostics}?campaign=${id}` },
  ]
  if (kind === 'autopilot') return pages
  for (const tab of ['definition', 'vouchers', 'history'])
    pages.push({ name: `${kind}-${tab}`, path: `${page}?tab=${tab}` })
  const [record] = await readItems<{ customer_id: string }>(`/v1/campaigns/${id}/vouchers?limit=1`)
  if (record) {
    const customer = `${diagnostics}?customer=${record.customer_id}`
    pages.push({ name: 'diagnostics-customer', path: customer })
    pages.push({ name: 'diagnostics-why', path: `${customer}&campaign=${id}` })
  }
  return pages
}

const openRequests = new WeakMap<Page, Set<Request>>()

/** Counts the requests of a page that have no answer yet. */
function trackRequests(page: Page) {
  const known = openRequests.get(page)
  if (known) return known
  const open = new Set<Request>()
  page.on('request', (request) => open.add(request))
  page.on('requestfinished', (request) => open.delete(request))
  page.on('requestfailed', (request) => open.delete(request))
  openRequests.set(page, open)
  return open
}

/** Waits until the browser has drawn what changed. */
export const nextFrame = (page: Page) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        requestAnimationFrame(() => {
          requestAnimationFrame(done)
        })
      }),
  )

/**
 * Opens a page and waits until nothing is loading: neither the page, nor names and counts that it
 * reads afterwards. Its transitions are off from then on.
 */
export async function openSettled(page: Page, path: string) {
  const open = trackRequests(page)
  open.clear()
  await page.goto(path)
  await page.locator('main :is(h1, h2)').first().waitFor()
  const busy = page.locator('[aria-busy=true], [role=status][aria-label]')
  await expect(async () => {
    await nextFrame(page)
    expect(open.size).toBe(0)
    expect(await busy.count()).toBe(0)
  }).toPass({ timeout: 20_000, intervals: [20] })
  await stopTransitions(page)
}

/** Rules of WCAG 2.2 AA that a program can check. */
const ALL_RULES: axe.RunOptions['runOnly'] = {
  type: 'tag',
  values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
}
/** Rules whose result depends on colours: the others find the same in each scheme. */
const COLOUR_RULES: axe.RunOptions['runOnly'] = {
  type: 'rule',
  values: ['color-contrast', 'link-in-text-block'],
}

/** Loads axe with each page that is opened from now on. */
export const loadAxe = (page: Page) => page.addInitScript(axe.source)

/**
 * Returns the violations of accessibility rules on a page with axe loaded. Axe runs inside the page: AxeBuilder
 * collects frames in a window of its own and takes three times as long.
 */
export async function findAxeViolations(
  page: Page,
  name: string,
  rules: 'all' | 'colours' = 'all',
) {
  if (page.frames().length > 1)
    throw new Error(`${name} has a frame, and nothing here looks into it`)
  const violations = await page.evaluate(
    async (options) =>
      (await (window as unknown as { axe: typeof axe }).axe.run(document, options)).violations,
    {
      runOnly: rules === 'all' ? ALL_RULES : COLOUR_RULES,
      resultTypes: ['violations'],
      // The only rule of these that would need it looks at sound, and the console has none.
      preload: false,
    } satisfies axe.RunOptions,
  )
  return violations.map(
    ({ id, nodes }) =>
      `${name}: ${id}: ${nodes
        .map(({ html, any }) => `${html.slice(0, 160)} (${any[0]?.message ?? ''})`)
        .slice(0, 3)
        .join(' | ')}`,
  )
}

/** Switches transitions off, so that an open page is at once what it becomes. */
export const stopTransitions = (page: Page) =>
  page.addStyleTag({
    content: '*, ::before, ::after { transition: none !important; animation: none !important }',
  })

/** Switches the colour scheme of an open page, whose scheme follows the browser's. */
export async function switchScheme(page: Page, scheme: 'light' | 'dark') {
  await page.emulateMedia({ colorScheme: scheme })
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', scheme)
  await nextFrame(page)
}

/**
 * Switches an open page to another language. The name of the menu of languages, in that language,
 * tells that the page was drawn anew.
 */
export async function switchLanguage(page: Page, code: string, menu: string) {
  await page.locator('header select').selectOption(code)
  await page.locator(`header select[aria-label="${menu}"]`).waitFor()
  await expect(page.locator('html')).toHaveAttribute('lang', code)
  await nextFrame(page)
}

/** Switches an open page to Arabic, which turns it around. */
export async function switchToArabic(page: Page) {
  await switchLanguage(page, 'ar', 'اللغة')
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl')
  await nextFrame(page)
}

/** Says by how many pixels a page is wider than its window, if it is. */
export async function findOverflow(page: Page, name: string) {
  await nextFrame(page)
  const [pixels, widest] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    const reach = (one: Element) => {
      const { left, right, width } = one.getBoundingClientRect()
      return width > 0 && !one.closest('.scroll') ? Math.max(right - clientWidth, -left) : 0
    }
    const found = [...document.querySelectorAll('body *')].filter((one) => reach(one) > 0).at(-1)
    const what = `${found?.tagName ?? ''} ${found?.textContent?.slice(0, 60) ?? ''}`
    return [scrollWidth - clientWidth, what] as const
  })
  return pixels > 0 ? [`${name}: ${pixels} pixels wider than the window, by ${widest}`] : []
}

/**
 * Returns the English sentences on a page in another language: three words in a row that are not
 * marked as English, as code, or as data that people typed.
 */
export const findEnglishTexts = (page: Page) =>
  page.evaluate(() => {
    const found: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement
      if (
        !element ||
        element.closest(
          '[lang=en], [dir=ltr], [dir=auto], bdi, code, pre, script, style, textarea, iframe',
        )
      )
        continue
      const text = (node.textContent ?? '').trim()
      if (/[a-z]{2,} [a-z]{2,} [a-z]{2,}/i.test(text)) found.push(text.slice(0, 120))
    }
    return found
  })

/** Elements whose texts are English, code or data in every language of the console. */
const FOREIGN = '[lang=en], [dir=ltr], [dir=auto], bdi, code, pre, script, style, textarea, iframe'

/**
 * Returns the texts of a page, and the names of its controls, that are not marked as English, as
 * code, or as data that people typed.
 */
export const readTexts = (page: Page) =>
  page.evaluate((foreign) => {
    const found: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      if (node.parentElement && !node.parentElement.closest(foreign))
        found.push(node.textContent ?? '')
    for (const element of document.body.querySelectorAll('[aria-label], [placeholder], [title]'))
      if (!element.closest(foreign))
        for (const name of ['aria-label', 'placeholder', 'title'])
          found.push(element.getAttribute(name) ?? '')
    return [...new Set(found.map((text) => text.trim()).filter(Boolean))]
  }, FOREIGN)
