// Reads a report's period and filters from the address, with the period before it for comparison.
import { DAY_MS, isoDay, stackTime } from '../api/clock'
import { useFilters } from '../app/search-params'
import type { Channel, CampaignKind } from '../client'
import { channelLabels } from '../delivery/labels'

export function useReportPeriod() {
  const filters = useFilters()
  const to = filters.text('to') ?? isoDay(stackTime())
  const from = filters.text('from') ?? isoDay(Date.parse(to) - 29 * DAY_MS)
  const days = Math.max(1, Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1)
  const kind = (['promotion', 'autopilot'] as CampaignKind[]).find(
    (one) => one === filters.text('kind'),
  )
  const channel = (Object.keys(channelLabels) as Channel[]).find(
    (one) => one === filters.text('channel'),
  )
  const vertical = filters.text('vertical')
  return {
    from,
    to,
    days,
    kind,
    channel,
    vertical,
    before: {
      from: isoDay(Date.parse(from) - days * DAY_MS),
      to: isoDay(Date.parse(from) - DAY_MS),
    },
    filters,
  }
}
