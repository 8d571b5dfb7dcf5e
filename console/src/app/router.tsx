// Maps every address of the console to its page. A page is loaded when it is first opened.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { ConsoleShell } from './console-shell'
import { NotFoundPage, PageError } from './not-found-page'
import { parseSearchParams } from './search-params'

const rootRoute = createRootRoute({
  component: ConsoleShell,
  notFoundComponent: NotFoundPage,
  errorComponent: PageError,
  validateSearch: parseSearchParams,
})
const pageRoute = <Path extends string, Name extends string>(
  path: Path,
  load: () => Promise<Record<Name, () => React.ReactNode>>,
  name: Name,
) =>
  createRoute({ getParentRoute: () => rootRoute, path, component: lazyRouteComponent(load, name) })
const wizardPages = () => import('../campaign/wizard/wizard-pages')

const routeTree = rootRoute.addChildren([
  pageRoute('/', () => import('../home/home'), 'HomePage'),
  pageRoute('/marketing/promotion', () => import('../campaign/promotion'), 'PromotionPage'),
  pageRoute('/marketing/promotion/new', wizardPages, 'NewPromotionPage'),
  pageRoute('/marketing/promotion/$id/edit', wizardPages, 'EditPromotionPage'),
  pageRoute('/marketing/autopilot/new', wizardPages, 'NewAutopilotPage'),
  pageRoute('/marketing/autopilot/$id/edit', wizardPages, 'EditAutopilotPage'),
  pageRoute(
    '/marketing/promotion/$id',
    () => import('../campaign/campaign-detail'),
    'CampaignPage',
  ),
  pageRoute('/marketing/autopilot', () => import('../campaign/autopilot'), 'AutopilotPage'),
  pageRoute('/marketing/calendar', () => import('../campaign/calendar'), 'CalendarPage'),
  pageRoute('/marketing/playbooks', () => import('../campaign/playbooks'), 'PlaybooksPage'),
  pageRoute('/customers', () => import('../customers/customers'), 'CustomersPage'),
  pageRoute('/customers/$id', () => import('../customers/customer-profile'), 'CustomerProfilePage'),
  pageRoute(
    '/configuration/voucher-campaign/health',
    () => import('../operations/health'),
    'HealthPage',
  ),
  pageRoute(
    '/configuration/voucher-campaign/pending-triggers',
    () => import('../operations/pending-triggers'),
    'PendingTriggersPage',
  ),
  pageRoute(
    '/configuration/voucher-campaign/dead-letters',
    () => import('../operations/dead-letters'),
    'DeadLettersPage',
  ),
  pageRoute(
    '/configuration/voucher-campaign/suppressions',
    () => import('../operations/suppressions/suppressions'),
    'SuppressionsPage',
  ),
  pageRoute(
    '/configuration/voucher-campaign/imports',
    () => import('../operations/imports/imports'),
    'ImportsPage',
  ),
  pageRoute('/marketing/segments', () => import('../segments/segments'), 'SegmentsPage'),
  pageRoute(
    '/configuration/voucher-campaign/exports',
    () => import('../operations/exports/exports'),
    'ExportsPage',
  ),
  pageRoute(
    '/configuration/voucher-campaign/catalogue',
    () => import('../operations/catalogue/catalogue'),
    'CataloguePage',
  ),
  pageRoute(
    '/configuration/voucher-campaign/readiness',
    () => import('../operations/readiness'),
    'ReadinessPage',
  ),
  pageRoute(
    '/configuration/voucher-campaign/waiting-replies',
    () => import('../operations/waiting-replies'),
    'WaitingRepliesPage',
  ),
  pageRoute(
    '/configuration/voucher-campaign/diagnostics',
    () => import('../operations/diagnostics/diagnostics'),
    'DiagnosticsPage',
  ),
  pageRoute(
    '/configuration/voucher-campaign/audit',
    () => import('../operations/audit-log'),
    'AuditLogPage',
  ),
  pageRoute(
    '/configuration/voucher-campaign/settings',
    () => import('../operations/settings/settings'),
    'SettingsPage',
  ),
  pageRoute(
    '/reports/voucher-campaigns/overview',
    () => import('../reporting/overview'),
    'OverviewPage',
  ),
  pageRoute(
    '/reports/voucher-campaigns/campaign-perf',
    () => import('../reporting/campaign-perf'),
    'CampaignPerformancePage',
  ),
  pageRoute(
    '/reports/voucher-campaigns/customer-engagement',
    () => import('../reporting/customer-engagement'),
    'EngagementPage',
  ),
  pageRoute(
    '/reports/voucher-campaigns/api-perf',
    () => import('../reporting/api-perf'),
    'DeliveryPage',
  ),
  pageRoute(
    '/reports/voucher-campaigns/system-health',
    () => import('../reporting/system-health'),
    'SystemHealthPage',
  ),
  pageRoute('/components', () => import('../components/gallery'), 'GalleryPage'),
  pageRoute(
    '/marketing/autopilot/$id',
    () => import('../campaign/campaign-detail'),
    'CampaignPage',
  ),
])

export const router = createRouter({ routeTree, defaultPreload: 'intent', scrollRestoration: true })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
