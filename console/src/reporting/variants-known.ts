// Decides what is known of a campaign's variants today, and writes them as rows of a table.
import type { VariantView } from '../client'

export interface KnownToday {
  code: 'uneven' | 'better' | 'earns' | 'loses' | 'leads' | 'nothing'
  /** The variant that the sentence is about. */
  name: string
}

/** Says the strongest thing that is shown: the best, one that earns, one that loses, or who leads. */
export function knownToday(variants: VariantView[]): KnownToday {
  if (variants.some(({ verdict }) => verdict === 'uneven_arms')) return { code: 'uneven', name: '' }
  const leader = variants.find(({ leads }) => leads)
  if (!leader) return { code: 'nothing', name: '' }
  const others = variants.filter((variant) => variant !== leader)
  const better = ({ against_leader }: VariantView) => !!against_leader && against_leader.high < 0
  if (others.length > 0 && others.every(better)) return { code: 'better', name: leader.name }
  const earns = variants.find(({ verdict }) => verdict === 'scale')
  if (earns) return { code: 'earns', name: earns.name }
  const loses = variants.find(({ verdict }) => verdict === 'retire')
  if (loses) return { code: 'loses', name: loses.name }
  const compared = others.some(({ against_leader }) => against_leader)
  return compared || leader.profit
    ? { code: 'leads', name: leader.name }
    : { code: 'nothing', name: '' }
}

/** The rows of the CSV file, the first with the names of the columns. Amounts are minor units. */
export function variantRows(variants: VariantView[]): string[][] {
  const columns: [string, (variant: VariantView) => string | number | null | undefined][] = [
    ['variant', (it) => it.name],
    ['share', (it) => it.share],
    ['issued', (it) => it.issued],
    ['accepted', (it) => it.accepted],
    ['redeemed', (it) => it.redeemed],
    ['revenue', (it) => it.revenue],
    ['voucher_cost', (it) => it.voucher_cost],
    ['message_cost', (it) => it.message_cost],
    ['customers', (it) => it.customers.customers],
    ['spend', (it) => it.customers.spend],
    ['profit', (it) => it.profit?.value],
    ['profit_low', (it) => it.profit?.low],
    ['profit_high', (it) => it.profit?.high],
    ['verdict', (it) => it.verdict],
    ['leads', (it) => String(it.leads)],
    ['against_leader', (it) => it.against_leader?.value],
    ['against_leader_low', (it) => it.against_leader?.low],
    ['against_leader_high', (it) => it.against_leader?.high],
  ]
  const row = (variant: VariantView) => columns.map(([, cell]) => String(cell(variant) ?? ''))
  return [columns.map(([name]) => name), ...variants.map(row)]
}
