// Every page that the console has, for the tests that look at all of them.
import type { Page } from '@playwright/test'
import axe from 'axe-core'
import { asOperator } from './stack'

export interface Place { name: string; path: string }

const fixed: Place[] = [
  { name: 'promotions', path: '/marketing/promotion' },
  { name: 'wizard-offer', path: '/marketing/promotion/new' },
  { name: 'wizard-audience', path: '/marketing/promotion/new?step=audience' },
  { name: 'wizard-messages', path: '/marketing/promotion/new?step=messages' },
  { name: 'wizard-schedule', path: '/marketing/promotion/new?step=schedule' },
  { name: 'wizard-review', path: '/marketing/promotion/new?step=review' },
  { name: 'autopilot-wizard', path: '/marketing/autopilot/new' },
  { name: 'autopilots', path: '/marketing/autopilot' },
  { name: 'playbooks', path: '/marketing/playbooks' },
  { name: 'report-overview', path: '/reports/voucher-campaigns/overview' },
  { name: 'report-engagement', path: '/reports/voucher-campaigns/customer-engagement' },
  { name: 'report-delivery', path: '/reports/voucher-campaigns/api-perf' },
  { name: 'report-system-health', path: '/reports/voucher-campaigns/system-health' },
  { name: 'report-campaign-perf', path: '/reports/voucher-campaigns/campaign-perf' },
  { name: 'health', path: '/configuration/voucher-campaign/health' },
  { name: 'pending-triggers', path: '/configuration/voucher-campaign/pending-triggers' },
  { name: 'dead-letters', path: '/configuration/voucher-campaign/dead-letters' },
  { name: 'diagnostics', path: '/configuration/voucher-campaign/diagnostics' },
  { name: 'not-here', path: '/nowhere' },
  { name: 'settings-policy', path: '/configuration/voucher-campaign/settings' },
  { name: 'settings-brand', path: '/configuration/voucher-campaign/settings?tab=brand' },
  { name: 'settings-tests', path: '/configuration/voucher-campaign/settings?tab=tests' },
  { name: 'settings-costs', path: '/configuration/voucher-campaign/settings?tab=costs' },
  { name: 'settings-approvals', path: '/configuration/voucher-campaign/settings?tab=approvals' },
  { name: 'settings-webhooks', path: '/configuration/voucher-campaign/settings?tab=webhooks' },
  { name: 'settings-roles', path: '/configuration/voucher-campaign/settings?tab=roles' },
]

/** The fixed ones, and the details of the first campaign of each kind that was launched, if there is one. */
export async function places(): Promise<Place[]> {
  const found = [...fixed]
  for (const kind of ['promotion', 'autopilot']) {
    const list = (await (await asOperator('viewer', 'GET', `/v1/campaigns?kind=${kind}&limit=100`)).json()) as { items: { id: string; launched_at: string | null }[] }
    const one = list.items.findLast(({ launched_at }) => launched_at) ?? list.items[0]
    if (one) {
      found.push({ name: kind, path: `/marketing/${kind}/${one.id}` })
      found.push({ name: `${kind}-review`, path: `/marketing/${kind}/${one.id}/edit?step=review` })
      found.push({ name: `diagnostics-${kind}`, path: `/configuration/voucher-campaign/diagnostics?campaign=${one.id}` })
      const { items } = (await (await asOperator('viewer', 'GET', `/v1/campaigns/${one.id}/vouchers?limit=1`)).json()) as { items: { customer_id: string }[] }
      if (kind === 'promotion' && items[0]) found.push({ name: 'diagnostics-customer', path: `/configuration/voucher-campaign/diagnostics?customer=${items[0].customer_id}` }, { name: 'diagnostics-why', path: `/configuration/voucher-campaign/diagnostics?customer=${items[0].customer_id}&campaign=${one.id}` })
      if (kind === 'promotion') for (const tab of ['definition', 'vouchers', 'history']) found.push({ name: `${kind}-${tab}`, path: `/marketing/${kind}/${one.id}?tab=${tab}` })
    }
  }
  return found
}

/** Nothing is loading any more. */
export const settled = async (page: Page) => {
  await page.locator('main :is(h1, h2)').first().waitFor()
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true], [role=status][aria-label]'), undefined, { timeout: 20_000 })
  // names and counts that are read after the page
  await page.waitForLoadState('networkidle')
}

const RULES: axe.RunOptions = { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }, resultTypes: ['violations'] }

/** What on the page breaks a rule of WCAG 2.2 AA that a program can check. Axe is asked in the page: AxeBuilder has it gather in a window of its own, for
 * the sake of frames, and takes three times as long. */
export async function broken(page: Page, name: string) {
  if (page.frames().length > 1) throw new Error(`${name} has a frame, and nothing here looks into it`)
  await page.evaluate(axe.source)
  const violations = await page.evaluate(async (rules) => (await (window as unknown as { axe: typeof axe }).axe.run(document, rules)).violations, RULES)
  return violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(({ html, any }) => `${html.slice(0, 160)} (${any[0]?.message ?? ''})`).slice(0, 3).join(' | ')}`)
}

/** How far the page reaches over its edge, in pixels. */
export const overflow = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

/** English sentences on a page in another language: three words in a row that are not marked as English, as code, or as somebody's data. */
export const untranslated = (page: Page) => page.evaluate(() => {
  const found: string[] = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    if (!element || element.closest('[lang=en], [dir=ltr], [dir=auto], bdi, code, pre, script, style, textarea, iframe')) continue
    const text = (node.textContent ?? '').trim()
    if (/[a-z]{2,} [a-z]{2,} [a-z]{2,}/i.test(text)) found.push(text.slice(0, 120))
  }
  return found
})
