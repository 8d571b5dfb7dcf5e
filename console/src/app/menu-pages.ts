// Lists the pages of the main menu by section, in the order of the menu. The palette offers the same.
import { msg } from '../locales/i18n'

export const menuSections = [
  {
    title: msg('Marketing'),
    pages: [
      { to: '/', name: msg('Home') },
      { to: '/marketing/promotion', name: msg('Promotion') },
      { to: '/marketing/autopilot', name: msg('Autopilot') },
      { to: '/marketing/playbooks', name: msg('Playbooks') },
      { to: '/marketing/calendar', name: msg('Calendar') },
      { to: '/customers', name: msg('Customers') },
      { to: '/marketing/segments', name: msg('Segments') },
    ],
  },
  {
    title: msg('Reports'),
    pages: [
      { to: '/reports/voucher-campaigns/overview', name: msg('Overview') },
      { to: '/reports/voucher-campaigns/customer-engagement', name: msg('Customer engagement') },
      { to: '/reports/voucher-campaigns/campaign-perf', name: msg('Campaign performance') },
      { to: '/reports/voucher-campaigns/api-perf', name: msg('Delivery') },
      { to: '/reports/voucher-campaigns/system-health', name: msg('System health') },
    ],
  },
  {
    title: msg('Configuration'),
    pages: [
      { to: '/configuration/voucher-campaign/health', name: msg('Health') },
      { to: '/configuration/voucher-campaign/readiness', name: msg('Readiness') },
      { to: '/configuration/voucher-campaign/pending-triggers', name: msg('Pending triggers') },
      { to: '/configuration/voucher-campaign/dead-letters', name: msg('Failed jobs') },
      { to: '/configuration/voucher-campaign/suppressions', name: msg('Suppressions') },
      { to: '/configuration/voucher-campaign/imports', name: msg('Imports') },
      { to: '/configuration/voucher-campaign/exports', name: msg('Exports') },
      { to: '/configuration/voucher-campaign/catalogue', name: msg('Catalogue') },
      { to: '/configuration/voucher-campaign/waiting-replies', name: msg('Replies to review') },
      { to: '/configuration/voucher-campaign/diagnostics', name: msg('Diagnostics') },
      { to: '/configuration/voucher-campaign/audit', name: msg('Audit log') },
      { to: '/configuration/voucher-campaign/settings', name: msg('Settings') },
    ],
  },
]
