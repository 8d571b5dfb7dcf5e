// Knows the steps to a first campaign and which of them are done, from the settings and lists that
// other pages show as well. Nothing about the steps is stored.
import type {
  BrandView,
  CampaignListItem,
  ContactPolicyView,
  CostsView,
  PreviewView,
  TestAddresses,
} from '../client'
import { msg } from '../locales/i18n'

export interface SetupFacts {
  brand?: BrandView
  policy?: ContactPolicyView
  addresses?: TestAddresses
  costs?: CostsView
  customers?: Pick<PreviewView, 'matched'>
  campaigns?: readonly Pick<CampaignListItem, 'launched_at'>[]
}

export interface SetupStep {
  id: 'customers' | 'brand' | 'quiet_hours' | 'test_address' | 'costs' | 'draft' | 'launch'
  title: string
  help: string
  /** The name of the link. */
  action: string
  to: string
  tab?: string
  /** Only administrators can do it. */
  admin: boolean
  done: (facts: SetupFacts) => boolean
}

const SETTINGS = '/configuration/voucher-campaign/settings'

const hasCosts = ({ email_micros, margin_percent, push_micros, sms_micros }: CostsView) =>
  [email_micros, margin_percent, push_micros, sms_micros].some((one) => one != null)

export const setupSteps: SetupStep[] = [
  {
    id: 'customers',
    title: msg('Connect your customers'),
    help: msg(
      'Your app sends customers, consents and orders through the API. Campaigns reach nobody until it does.',
    ),
    action: msg('Find a customer'),
    to: '/configuration/voucher-campaign/diagnostics',
    admin: false,
    done: ({ customers }) => (customers?.matched ?? 0) > 0,
  },
  {
    id: 'brand',
    title: msg('Set the sender name and the postal address'),
    help: msg(
      'Customers see the name as the sender. Many countries require a postal address in marketing e-mails.',
    ),
    action: msg('Open brand settings'),
    to: SETTINGS,
    tab: 'brand',
    admin: true,
    done: ({ brand }) => Boolean(brand?.sender_name && brand.postal_address),
  },
  {
    id: 'quiet_hours',
    title: msg('Set quiet hours'),
    help: msg('During quiet hours, messages wait until the morning of each customer.'),
    action: msg('Open contact settings'),
    to: SETTINGS,
    admin: true,
    done: ({ policy }) => Object.keys(policy?.quiet_hours ?? {}).length > 0,
  },
  {
    id: 'test_address',
    title: msg('Add a test address'),
    help: msg('With a test address you can send each message to yourself before customers get it.'),
    action: msg('Open test addresses'),
    to: SETTINGS,
    tab: 'tests',
    admin: true,
    done: ({ addresses }) => (addresses?.addresses.length ?? 0) > 0,
  },
  {
    id: 'costs',
    title: msg('Enter your costs and margin'),
    help: msg('Reports then show profit and the cost of messages with your numbers.'),
    action: msg('Open costs'),
    to: SETTINGS,
    tab: 'costs',
    admin: true,
    done: ({ costs }) => Boolean(costs && hasCosts(costs)),
  },
  {
    id: 'draft',
    title: msg('Create your first campaign'),
    help: msg('A playbook fills in most of it. It stays a draft until you launch it.'),
    action: msg('Choose a playbook'),
    to: '/marketing/playbooks',
    admin: false,
    done: ({ campaigns }) => (campaigns?.length ?? 0) > 0,
  },
  {
    id: 'launch',
    title: msg('Launch it'),
    help: msg('The review step shows how many customers it reaches and the most it can cost.'),
    action: msg('Open promotions'),
    to: '/marketing/promotion',
    admin: false,
    done: ({ campaigns }) => (campaigns ?? []).some(({ launched_at }) => launched_at),
  },
]

const DISMISSED_KEY = 'console.setup.dismissed'

export const isSetupDismissed = () => localStorage.getItem(DISMISSED_KEY) === 'yes'

export function setSetupDismissed(dismissed: boolean) {
  if (dismissed) localStorage.setItem(DISMISSED_KEY, 'yes')
  else localStorage.removeItem(DISMISSED_KEY)
}
