// Every address of the console and the page behind it; pages are loaded when they are first opened.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { NotHere, PageProblem } from './not-here'
import { readSearch } from './search'
import { Shell } from './shell'

const root = createRootRoute({ component: Shell, notFoundComponent: NotHere, errorComponent: PageProblem, validateSearch: readSearch })
const page = <P extends string>(path: P, load: () => Promise<{ Page: () => React.ReactNode }>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, 'Page') })
const wizard = <P extends string>(path: P, name: keyof typeof import('../wizard/pages')) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(() => import('../wizard/pages'), name) })

const routeTree = root.addChildren([
  createRoute({ getParentRoute: () => root, path: '/', beforeLoad: () => { throw redirect({ to: '/marketing/promotion' }) } }),
  page('/marketing/promotion', () => import('../campaigns/promotions')),
  wizard('/marketing/promotion/new', 'NewPromotion'),
  wizard('/marketing/promotion/$id/edit', 'EditPromotion'),
  wizard('/marketing/autopilot/new', 'NewAutopilot'),
  wizard('/marketing/autopilot/$id/edit', 'EditAutopilot'),
  page('/marketing/promotion/$id', () => import('../campaigns/detail')),
  page('/marketing/autopilot', () => import('../autopilot/autopilots')),
  page('/marketing/playbooks', () => import('../autopilot/playbooks')),
  page('/configuration/voucher-campaign/health', () => import('../operations/health')),
  page('/configuration/voucher-campaign/pending-triggers', () => import('../operations/pending')),
  page('/configuration/voucher-campaign/dead-letters', () => import('../operations/dead-letters')),
  page('/configuration/voucher-campaign/diagnostics', () => import('../diagnostics/diagnostics')),
  page('/configuration/voucher-campaign/settings', () => import('../settings/settings')),
  page('/reports/voucher-campaigns/overview', () => import('../reports/overview')),
  page('/reports/voucher-campaigns/campaign-perf', () => import('../reports/campaign-perf')),
  page('/reports/voucher-campaigns/customer-engagement', () => import('../reports/engagement')),
  page('/reports/voucher-campaigns/api-perf', () => import('../reports/delivery')),
  page('/reports/voucher-campaigns/system-health', () => import('../reports/system-health')),
  page('/marketing/autopilot/$id', () => import('../campaigns/detail')),
])

export const router = createRouter({ routeTree, defaultPreload: 'intent', scrollRestoration: true })

declare module '@tanstack/react-router' {
  interface Register { router: typeof router }
}
