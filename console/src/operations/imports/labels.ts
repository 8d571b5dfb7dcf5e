// Names the kinds, states, fields and steps of imports in the operator's words.
import type { Channel, ImportFileKind, ImportState, ImportStepAction } from '../../client'
import { channelLabels } from '../../delivery/labels'
import { type LocaleFormatter, msg } from '../../locales/i18n'

export const kindLabels: Record<ImportFileKind, string> = {
  customers: msg('Customers'),
  orders: msg('Past orders'),
  suppressions: msg('Suppressions'),
  merchants: msg('Merchants'),
  verticals: msg('Verticals'),
  categories: msg('Categories'),
}
export const kindOrder = Object.keys(kindLabels) as ImportFileKind[]

export const stateLabels: Record<ImportState, string> = {
  waiting_for_upload: msg('waiting for the upload'),
  reading: msg('checking'),
  checked: msg('ready to start'),
  running: msg('importing'),
  done: msg('done'),
  failed: msg('failed'),
  cancelled: msg('cancelled'),
  expired: msg('upload never came'),
}

export const stateColours: Record<ImportState, string> = {
  waiting_for_upload: 'gray',
  reading: 'blue',
  checked: 'orange',
  running: 'blue',
  done: 'pine',
  failed: 'red',
  cancelled: 'gray',
  expired: 'gray',
}

export const stepLabels: Record<ImportStepAction, string> = {
  created: msg('Created'),
  checked: msg('Checked again'),
  started: msg('Started'),
  cancelled: msg('Cancelled'),
}

/** Names of the systems whose exports are recognised, by the beginning of the API's key. */
const systemNames: Record<string, string> = {
  braze: 'Braze',
  hubspot: 'HubSpot',
  klaviyo: 'Klaviyo',
  listmonk: 'listmonk',
  magento2: 'Magento',
  magento: 'Magento',
  mailchimp: 'Mailchimp',
  shopify: 'Shopify',
  stripe: 'Stripe',
  woocommerce: 'WooCommerce',
}

/** Returns the name of the system that wrote a file, if it is recognised. */
export const systemName = (system: string | null | undefined): string | undefined =>
  system ? systemNames[system.split('_')[0]!] : undefined

const plainFields: Record<string, string> = {
  id: msg('Id'),
  uuid: msg('Customer id (UUID)'),
  website: msg('Website'),
  email: msg('E-mail'),
  phone: msg('Phone'),
  first_name: msg('First name'),
  last_name: msg('Last name'),
  country: msg('Country'),
  locale: msg('Language'),
  zone: msg('Time zone'),
  currency: msg('Currency'),
  signed_up: msg('Sign-up date'),
  birthday: msg('Birthday'),
  tags: msg('Tags'),
  latitude: msg('Latitude'),
  longitude: msg('Longitude'),
  coordinates: msg('Coordinates'),
  city: msg('City'),
  name: msg('Name'),
  names: msg('Names by language'),
  brand: msg('Brand'),
  verticals: msg('Verticals'),
  categories: msg('Categories'),
  places: msg('Places'),
  place_name: msg('Name of the place'),
  opened_on: msg('Opening date'),
  is_default_address: msg('Default address'),
  account_status: msg('Account status'),
  suppressed: msg('Reason of a suppression'),
  suppressed_at: msg('Time of a suppression'),
  order_id: msg('Order id'),
  order_number: msg('Order number'),
  buyer: msg('Customer id (0 is a guest)'),
  placed_at: msg('Order date'),
  total: msg('Order total'),
  cancelled_at: msg('Cancellation date'),
  refunded: msg('Refunded amount'),
  order_status: msg('Order status'),
  ignore: msg('Ignore this column'),
}

const choiceFields: Record<string, string> = {
  consent: msg('Consent for {channel}'),
  unsubscribed: msg('Unsubscribed from {channel}'),
  consent_at: msg('Time of the choice for {channel}'),
  yes_at: msg('Time of the yes for {channel}'),
  no_at: msg('Time of the no for {channel}'),
}

/** Names a field of the API. One that is not known here is shown as it is. */
export function fieldLabel(field: string, { t }: Pick<LocaleFormatter, 't'>): string {
  const plain = plainFields[field]
  if (plain) return t(plain)
  const [channel, ...rest] = field.split('_')
  const choice = choiceFields[rest.join('_')]
  const label = channelLabels[channel as Channel]
  return choice && label ? t(choice, { channel: t(label) }) : field
}

const UNITS = ['kilobyte', 'megabyte', 'gigabyte'] as const
const STEP = 1_000

/** Writes the size of a file in a unit that people use. */
export function fileSize(bytes: number, region: string): string {
  let [value, unit] = [bytes / STEP, 0]
  while (value >= STEP && unit < UNITS.length - 1) [value, unit] = [value / STEP, unit + 1]
  return new Intl.NumberFormat(region, {
    style: 'unit',
    unit: UNITS[unit],
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value)
}
