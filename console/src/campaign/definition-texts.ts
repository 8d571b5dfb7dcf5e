// Describes the parts of a definition in words: offer, what it combines with, validity, trigger, and
// the conditions of the audience rule.
import type { CampaignDefinition, Definition, Offer, Rule, Validity } from '../client'
import type { LocaleFormatter } from '../locales/i18n'

export type AnyDefinition = CampaignDefinition | Definition

export function describeOffer(offer: Offer, { t, money, number }: LocaleFormatter): string {
  const { benefit } = offer
  if ('fixed_amount' in benefit)
    return t('{amount} off', { amount: money(benefit.fixed_amount.amount) })
  if ('percent' in benefit)
    return t('{percent} % off, at most {cap}', {
      percent: number(benefit.percent.percent),
      cap: money(benefit.percent.cap),
    })
  return t('Free delivery, at most {cap}', { cap: money(benefit.free_delivery.cap) })
}

/** Names the groups that an offer combines with, or says that it stands alone. */
export function describeCombination(offer: Offer, { t }: LocaleFormatter): string {
  const groups = offer.combination?.with ?? []
  return groups.length > 0 ? groups.join(', ') : t('no other voucher')
}

export function describeValidity(validity: Validity, { t, time, number }: LocaleFormatter): string {
  if ('absolute' in validity)
    return t('from {from} until {until}', {
      from: time(validity.absolute.from),
      until: time(validity.absolute.until),
    })
  if ('from_issue' in validity)
    return t('{hours} hours from the moment it is issued', {
      hours: number(validity.from_issue.hours),
    })
  return t('to be accepted within {accept} hours, then {hours} hours to use it', {
    accept: number(validity.from_acceptance.accept_within_hours),
    hours: number(validity.from_acceptance.hours),
  })
}

export function describeTrigger(
  when: NonNullable<AnyDefinition['trigger']>['when'],
  { t, number, money }: LocaleFormatter,
): string {
  if ('inactivity' in when)
    return when.inactivity.vertical
      ? t('no order in {vertical} for {days} days', {
          vertical: when.inactivity.vertical,
          days: number(when.inactivity.days),
        })
      : t('no order for {days} days', { days: number(when.inactivity.days) })
  if ('personal_date' in when)
    return t('{days} days before the customer’s {name}', {
      days: number(when.personal_date.days_before ?? 0),
      name: when.personal_date.name,
    })
  if ('nth_order' in when) return t('order number {n}', { n: number(when.nth_order.number) })
  if ('first_order' in when)
    return t('the first order in {vertical}', { vertical: when.first_order.vertical })
  if ('spend_milestone' in when)
    return t('the order that takes their spend to {amount}', {
      amount: money(when.spend_milestone.amount),
    })
  if ('sign_up' in when) return t('they sign up')
  if ('goodwill' in when) return t('support issues it by hand')
  if ('cart_left' in when)
    return t('a cart left for {minutes} minutes', { minutes: number(when.cart_left.minutes) })
  return t('the app’s event “{name}”', { name: when.event.name })
}

/** Describes one condition. `RuleDescription` draws groups as lists. */
export function describeCondition(rule: Rule, { t, number, money, day }: LocaleFormatter): string {
  const [name, raw] = Object.entries(rule)[0] ?? ['everyone', {}]
  const body = raw as Record<string, never> & {
    vertical?: string
    at_least?: never
    at_most?: never
    any_of?: string[]
    all_of?: string[]
    none_of?: string[]
  }
  const where = body.vertical ? ` · ${String(body.vertical)}` : ''
  const list = (items: string[] | undefined) => (items ?? []).join(', ')
  const dates = (rest: Record<string, unknown>) =>
    [
      rest.days_ago_at_least != null &&
        t('at least {n} days ago', { n: number(Number(rest.days_ago_at_least)) }),
      rest.days_ago_at_most != null &&
        t('at most {n} days ago', { n: number(Number(rest.days_ago_at_most)) }),
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
        t('spent') +
        where +
        ': ' +
        [body.at_least && `≥ ${money(body.at_least)}`, body.at_most && `≤ ${money(body.at_most)}`]
          .filter(Boolean)
          .join(', ')
      )
    case 'last_order':
      return t('last order') + where + ': ' + dates(body)
    case 'signed_up':
      return t('signed up') + ': ' + dates(body)
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
      return t('one of {n} named customers', { n: number((body.any_of ?? []).length) })
    case 'within_km':
      return t('within {km} km of {n} places', {
        km: String((raw as { km: number }).km),
        n: number((raw as { points: unknown[] }).points.length),
      })
    case 'consents_to':
      return t('agreed to {channel}', { channel: String((raw as { channel: string }).channel) })
    default:
      return name
  }
}
