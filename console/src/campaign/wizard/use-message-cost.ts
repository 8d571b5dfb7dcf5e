// Reads what the messages of a draft cost: the prices in force, and the segments of its longest SMS.
import { useQuery } from '@tanstack/react-query'
import { callApi } from '../../api/requests'
import {
  type CampaignDefinition,
  type CostsView,
  previewMessages,
  type PreviewView,
  readCosts,
} from '../../client'
import { currencyDigits, useLocale } from '../../locales/i18n'
import { messageCost } from '../../reporting/message-cost'

const MICROS = 1_000_000
const STALE_MS = 60_000
/** The most languages that one preview takes. */
const MAX_LOCALES = 10

/** Returns the cost of the messages in words, once all that it depends on is read. */
export function useMessageCost(
  definition: CampaignDefinition,
  audience: PreviewView | undefined,
  vouchers: number,
): string | undefined {
  const { t, minor } = useLocale()
  const { ladder, mode } = definition.channels
  const costs = useQuery({
    queryKey: ['costs', 'in force'],
    staleTime: STALE_MS,
    queryFn: async ({ signal }) => (await callApi(readCosts({ signal }))) as CostsView,
  })
  const withSms = ladder.includes('sms')
  const request = JSON.stringify({
    draft: { ...definition, name: definition.name || undefined },
    locales: Object.keys(definition.messages.locales).slice(0, MAX_LOCALES),
    channels: ['sms'],
  })
  const preview = useQuery({
    queryKey: ['message', request],
    enabled: withSms,
    staleTime: STALE_MS,
    retry: false,
    queryFn: ({ signal }) =>
      callApi(previewMessages({ body: JSON.parse(request) as never, signal })),
  })
  if (!costs.data || !audience || (withSms && !preview.data)) return undefined
  const { currency, in_force: prices } = costs.data
  const segments = Math.max(
    1,
    ...(preview.data?.messages ?? []).map(({ sms }) => sms?.segments ?? 1),
  )
  const { low, high } = messageCost({
    mode: mode === 'all' ? 'all' : 'first_available',
    ladder,
    reachable: audience.reachable,
    prices: {
      sms: prices.sms_micros * segments,
      email: prices.email_micros,
      push: prices.push_micros,
    },
    vouchers,
  })
  const money = (micros: number) =>
    minor(Math.round((micros / MICROS) * 10 ** currencyDigits(currency)), currency)
  return money(low) === money(high)
    ? money(high)
    : t('{low} to {high}', { low: money(low), high: money(high) })
}
