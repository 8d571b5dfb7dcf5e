// Lists the tabs of the settings, in their order: the page shows them, and the palette leads to each.
import { msg } from '../../locales/i18n'

export const settingsTabs = [
  { tab: 'policy', name: msg('Hours and caps') },
  { tab: 'topics', name: msg('Topics') },
  { tab: 'attributes', name: msg('Attributes') },
  { tab: 'combination', name: msg('Several vouchers') },
  { tab: 'goodwill', name: msg('Goodwill') },
  { tab: 'brand', name: msg('Brand') },
  { tab: 'way-out', name: msg('SMS opt-out') },
  { tab: 'tests', name: msg('Test addresses') },
  { tab: 'costs', name: msg('Costs') },
  { tab: 'approvals', name: msg('Approvals') },
  { tab: 'notices', name: msg('Notifications') },
  { tab: 'webhooks', name: msg('Webhooks') },
  { tab: 'keys', name: msg('API keys') },
  { tab: 'roles', name: msg('Groups') },
]
