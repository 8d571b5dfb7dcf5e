// Describes the parts of a definition in words: offer, what it combines with, validity, trigger, and
// the conditions of the audience rule.
import type { CampaignDefinition, Channel, Definition, Offer, Rule, Validity } from '../client'
import { channelLabels } from '../delivery/labels'
import type { LocaleFormatter } from '../locales/i18n'
import { HOURS_PER_DAY, unitOfHours } from './validity-units'
import { type GeoPoint, placeName } from './wizard/points'

export type AnyDefinition = CampaignDefinition | Definition

export function describeOffer(offer: Offer, { t, money, number }: LocaleFormatter): string {
  const { benefit } = offer
  if ('fixed_amount' in benefit)
    return t('{amount} off', { amount: money(benefit.fixed_amount.amount) })
  if ('percent' in benefit)
    return t('{percent}% off, up to {cap}', {
      percent: number(benefit.percent.percent),
      cap: money(benefit.percent.cap),
    })
  return t('Free delivery, up to {cap}', { cap: money(benefit.free_delivery.cap) })
}

/** Names the groups that an offer combines with, or says that it stands alone. */
export function describeCombination(offer: Offer, { t }: LocaleFormatter): string {
  const groups = offer.combination?.with ?? []
  return groups.length > 0 ? groups.join(', ') : t('no other voucher')
}

/** Names a number of hours in days where it is some whole ones. */
export const describeHours = (hours: number, { plural }: LocaleFormatter): string =>
  unitOfHours(hours) === 'days'
    ? plural(hours / HOURS_PER_DAY, '1 day', '{n} days')
    : plural(hours, '1 hour', '{n} hours')

export function describeValidity(validity: Validity, locale: LocaleFormatter): string {
  const { t, time } = locale
  if ('absolute' in validity)
    return t('from {from} until {until}', {
      from: time(validity.absolute.from),
      until: time(validity.absolute.until),
    })
  if ('from_issue' in validity)
    return t('{time} from issue', { time: describeHours(validity.from_issue.hours, locale) })
  return t('accept within {accept}, then redeem within {time}', {
    accept: describeHours(validity.from_acceptance.accept_within_hours, locale),
    time: describeHours(validity.from_acceptance.hours, locale),
  })
}

export function describeTrigger(
  when: NonNullable<AnyDefinition['trigger']>['when'],
  { t, plural, number, money }: LocaleFormatter,
): string {
  const days = (n: number) => plural(n, '1 day', '{n} days')
  if ('inactivity' in when)
    return when.inactivity.vertical
      ? t('no order in {vertical} for {days}', {
          vertical: when.inactivity.vertical,
          days: days(when.inactivity.days),
        })
      : t('no order for {days}', { days: days(when.inactivity.days) })
  if ('personal_date' in when)
    return when.personal_date.days_before
      ? t('{days} before the customer’s {name}', {
          days: days(when.personal_date.days_before),
          name: when.personal_date.name,
        })
      : t('on the customer’s {name}', { name: when.personal_date.name })
  if ('nth_order' in when) return t('order number {n}', { n: number(when.nth_order.number) })
  if ('first_order' in when)
    return t('the first order in {vertical}', { vertical: when.first_order.vertical })
  if ('spend_milestone' in when)
    return t('the order that takes their spend to {amount}', {
      amount: money(when.spend_milestone.amount),
    })
  if ('sign_up' in when) return t('they sign up')
  if ('goodwill' in when) return t('issued manually by support')
  if ('cart_left' in when)
    return t('a cart left for {minutes} minutes', { minutes: number(when.cart_left.minutes) })
  return t('the app’s event “{name}”', { name: when.event.name })
}

/** Describes one condition. `RuleDescription` draws groups as lists. */
export function describeCondition(
  rule: Rule,
  { t, plural, number, money, day }: LocaleFormatter,
): string {
  const [name, raw] = Object.entries(rule)[0] ?? ['everyone', {}]
  const body = raw as Record<string, never> & {
    vertical?: string
    at_least?: never
    at_most?: never
    any_of?: string[]
    all_of?: string[]
    none_of?: string[]
  }
  const rest = raw as Record<string, unknown>
  const window =
    rest.in_days != null
      ? ` · ${plural(Number(rest.in_days), 'the last day', 'the last {n} days')}`
      : ''
  const where = (body.vertical ? ` · ${String(body.vertical)}` : '') + window
  const list = (items: string[] | undefined) => (items ?? []).join(', ')
  const dates = (rest: Record<string, unknown>) =>
    [
      rest.days_ago_at_least != null &&
        plural(Number(rest.days_ago_at_least), 'at least 1 day ago', 'at least {n} days ago'),
      rest.days_ago_at_most != null &&
        plural(Number(rest.days_ago_at_most), 'at most 1 day ago', 'at most {n} days ago'),
      rest.from != null && t('from {day}', { day: day(String(rest.from)) }),
      rest.until != null && t('until {day}', { day: day(String(rest.until)) }),
    ]
      .filter(Boolean)
      .join(', ')
  switch (name) {
    case 'everyone':
      return t('everyone')
    case 'ordered':
      return t('has ordered in {vertical}', { vertical: String(body.vertical) })
    case 'never_ordered':
      return t('has never ordered in {vertical}', { vertical: String(body.vertical) })
    case 'orders_count':
      return (
        t('number of orders') +
        where +
        ': ' +
        [
          body.at_least != null && `≥ ${number(Number(body.at_least))}`,
          body.at_most != null && `≤ ${number(Number(body.at_most))}`,
        ]
          .filter(Boolean)
          .join(', ')
      )
    case 'spend':
      return (
        t('amount spent') +
        where +
        ': ' +
        [body.at_least && `≥ ${money(body.at_least)}`, body.at_most && `≤ ${money(body.at_most)}`]
          .filter(Boolean)
          .join(', ')
      )
    case 'first_order':
      return t('first order') + ': ' + dates(body)
    case 'order_gap':
    case 'attribute':
    case 'sample':
    case 'segment':
    case 'had_voucher':
      return describePast(name, rest, dates(body), { t, number })
    case 'last_order':
      return t('last order') + where + ': ' + dates(body)
    case 'signed_up':
      return t('sign-up date') + ': ' + dates(body)
    case 'locale':
      return t('language') + ': ' + list(body.any_of)
    case 'tags':
      return (
        t('tags') +
        ': ' +
        [
          body.any_of && t('any of {list}', { list: list(body.any_of) }),
          body.all_of && t('all of {list}', { list: list(body.all_of) }),
          body.none_of && t('none of {list}', { list: list(body.none_of) }),
        ]
          .filter(Boolean)
          .join('; ')
      )
    case 'customer_ids':
      return plural(
        (body.any_of ?? []).length,
        'one listed customer',
        'one of {n} listed customers',
      )
    case 'within_km':
      return describePlaces(raw as { km: number; points: GeoPoint[] }, { t, plural, number })
    case 'near_merchants':
      return describeMerchants(raw as NearMerchants, { t, plural, number }) + where
    case 'consents_to':
      return t('agreed to {channel}', {
        channel: t(channelLabels[(raw as { channel: Channel }).channel]),
      })
    default:
      return name
  }
}

/** Describes a condition on the past, an attribute, a sample or a segment. */
function describePast(
  name: string,
  rest: Record<string, unknown>,
  days: string,
  { t, number }: Pick<LocaleFormatter, 't' | 'number'>,
): string {
  const bounds = [
    rest.at_least != null && `≥ ${number(Number(rest.at_least))}`,
    rest.at_most != null && `≤ ${number(Number(rest.at_most))}`,
  ]
  const said = [
    ...bounds,
    rest.is != null && (rest.is === true ? t('yes') : t('no')),
    Array.isArray(rest.any_of) && t('any of {list}', { list: rest.any_of.join(', ') }),
    days,
  ]
    .filter(Boolean)
    .join(', ')
  switch (name) {
    case 'order_gap':
      return `${t('days between orders')}: ${said}`
    case 'attribute':
      return `${String(rest.name)}: ${said}`
    case 'sample':
      return `${t('random sample')} ${String(rest.name)}: ${number(Number(rest.percent))} %`
    case 'segment':
      return rest.version != null
        ? `${t('segment {name}', { name: String(rest.id) })} · ${t('version {n}', { n: number(Number(rest.version)) })}`
        : t('segment {name}', { name: String(rest.id) })
    default: {
      const stages: Record<string, string> = {
        had: t('had a voucher'),
        accepted: t('accepted a voucher'),
        redeemed: t('redeemed a voucher'),
      }
      return [stages[String(rest.stage ?? 'had')], rest.campaign && String(rest.campaign), said]
        .filter(Boolean)
        .join(' · ')
    }
  }
}

interface NearMerchants {
  km: number
  merchants?: string[]
  opened_within_days?: number
}

function describeMerchants(
  { km, merchants, opened_within_days }: NearMerchants,
  { t, plural, number }: Pick<LocaleFormatter, 't' | 'plural' | 'number'>,
): string {
  if (merchants)
    return t('within {km} km of {places}', {
      km: number(km),
      places:
        merchants.length <= MAX_NAMED_PLACES
          ? merchants.join(' · ')
          : plural(merchants.length, '1 merchant', '{n} merchants'),
    })
  return t('within {km} km of a merchant that opened in the last {days}', {
    km: number(km),
    days: plural(opened_within_days ?? 0, '1 day', '{n} days'),
  })
}

/** The most places that are named each by itself. */
const MAX_NAMED_PLACES = 3

function describePlaces(
  { km, points }: { km: number; points: GeoPoint[] },
  { t, plural, number }: Pick<LocaleFormatter, 't' | 'plural' | 'number'>,
): string {
  return t('within {km} km of {places}', {
    km: number(km),
    places:
      points.length <= MAX_NAMED_PLACES
        ? points.map(placeName).join(' · ')
        : plural(points.length, '1 place', '{n} places'),
  })
}
