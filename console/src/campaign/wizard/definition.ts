// Makes the definition that a new draft starts with, picks the definition out of a campaign, and says
// what another trigger changes in a draft and what may change in a launched campaign.
import { type JsonValue, readPointer, writePointer } from '../../api/json-pointer'
import type { CampaignDefinition, Channel, CampaignKind } from '../../client'
import { isGoodwill } from '../goodwill'
import type { JsonObject } from './campaign-draft'

const definitionFields = [
  'name',
  'kind',
  'description',
  'offer',
  'validity',
  'accept_by',
  'audience',
  'topic',
  'channels',
  'messages',
  'link_target',
  'caps',
  'holdout_percent',
  'pressure',
  'reminder',
  'reversal',
  'schedule',
  'trigger',
  'variants',
] as const

/** Picks the definition out of a campaign. */
export const pickDefinition = (campaign: object) =>
  Object.fromEntries(
    definitionFields
      .filter((name) => (campaign as JsonObject)[name] !== undefined)
      .map((name) => [name, (campaign as JsonObject)[name]]),
  ) as unknown as CampaignDefinition

/** The parts of a launched campaign that can still change, as JSON pointers. */
const amendableParts = [
  '/name',
  '/description',
  '/schedule/ends_at',
  '/caps/vouchers',
  '/caps/exposure',
  '/caps/redeemed',
]

/**
 * Returns what changed of a launched campaign, as a JSON Merge Patch (RFC 7396): a part that was
 * removed is `null`, and one that is as it was is left out.
 */
export function amendmentOf(before: CampaignDefinition, after: CampaignDefinition): JsonObject {
  let patch: JsonValue = {}
  for (const pointer of amendableParts) {
    const [old, next] = [before, after].map((one) =>
      readPointer(one as unknown as JsonValue, pointer),
    )
    if (JSON.stringify(old ?? null) !== JSON.stringify(next ?? null))
      patch = writePointer(patch, pointer, next ?? null)
  }
  return patch as JsonObject
}

/** The most vouchers of a new draft, so that a first mistake stays small. */
export const PRESET_VOUCHERS = 1_000

export function newDefinition(kind: CampaignKind, currency: string): CampaignDefinition {
  const hello = "{{ first_name | default('there') }}"
  return {
    name: '',
    kind,
    offer: {
      benefit: { fixed_amount: { amount: { amount: 500, currency } } },
      minimum_basket: { amount: 2000, currency },
    },
    validity: { from_acceptance: { accept_within_hours: 168, hours: 168 } },
    audience:
      kind === 'promotion' ? { all: [{ last_order: { days_ago_at_most: 90 } }] } : { everyone: {} },
    channels: { mode: 'first_available', ladder: ['push', 'email', 'sms'] as Channel[] },
    messages: {
      default_locale: 'en',
      locales: {
        en: {
          push: {
            title: '{{ offer }}',
            body: `Hi ${hello}, this one is for you. Accept it by {{ accept_by }}.`,
          },
          email: {
            subject: '{{ offer }} for you',
            preheader: 'Yours until {{ accept_by }}',
            blocks: [
              { heading: { text: '{{ offer }}, for you' } },
              { text: { text: `Hi ${hello},\nthis one is for you at {{ brand }}.` } },
              {
                voucher: {
                  title: '{{ full_offer }}',
                  text: 'Accept it by {{ accept_by }}.',
                  button: 'See your voucher',
                },
              },
            ],
          },
          sms: { text: '{{ brand }}: {{ offer }}. Accept by {{ accept_by }}: {{ voucher_link }}' },
        },
      },
    },
    holdout_percent: 10,
    caps: { vouchers: PRESET_VOUCHERS },
    ...(kind === 'autopilot'
      ? {
          trigger: {
            when: { inactivity: { days: 30 } },
            local_hour: 10,
            cool_down_days: 90,
            deadline_hours: 48,
          },
        }
      : {}),
  }
}

/**
 * Returns the places of a draft that another moment changes, with their values. Support issues
 * goodwill by hand, so it has no hour, no wait, no holdout, and no audience but everyone; another
 * moment after it starts with what a new autopilot has.
 */
export function changesOfMoment(
  before: Pick<CampaignDefinition, 'trigger'>,
  when: JsonObject,
  currency: string,
): [pointer: string, value: JsonValue][] {
  if ('goodwill' in when)
    return [
      ['/trigger', { when }],
      ['/audience', { everyone: {} }],
      ['/holdout_percent', 0],
    ]
  if (!isGoodwill(before)) return [['/trigger/when', when]]
  const { trigger, holdout_percent } = newDefinition('autopilot', currency)
  return [
    ['/trigger', { ...(trigger as unknown as JsonObject), when }],
    ['/holdout_percent', holdout_percent!],
  ]
}
