// Works out which campaigns run on which days of a month, from the dates that the list of campaigns has.
import { DAY_MS, isoDay } from '../api/clock'
import type { CampaignListItem, CampaignState } from '../client'

export type CalendarFacts = Pick<
  CampaignListItem,
  'id' | 'name' | 'kind' | 'state' | 'starts_at' | 'launched_at' | 'ends_at' | 'ended_at'
>

export interface CalendarEntry {
  campaign: CalendarFacts
  /** The first and the last day in the month, `YYYY-MM-DD`. */
  from: string
  to: string
  startsBefore: boolean
  /** Ends after the month, or has no end yet. */
  endsAfter: boolean
}

/** States in which a campaign has not been on and will not be, as far as anyone has decided. */
const undecidedStates: CampaignState[] = ['draft', 'archived', 'failed']

/** Returns a moment's day on the clock of a zone. */
export function dayIn(moment: string, timeZone: string) {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(new Date(moment))
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}

/** Returns the first and the last day of a month, which is given as `YYYY-MM`. */
export function monthBounds(month: string) {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return { first: `${month}-01`, last: isoDay(Date.UTC(year, number, 0)) }
}

/** Returns the month so many months later, or earlier. */
export function shiftMonth(month: string, by: number) {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return isoDay(Date.UTC(year, number - 1 + by, 1)).slice(0, 7)
}

export const isMonth = (text: string | undefined): text is string =>
  text !== undefined && /^\d{4}-(0[1-9]|1[0-2])$/.test(text)

/**
 * Returns the campaigns that are on in a month, the earliest first. A draft counts once it has a start;
 * an archived or failed campaign counts if it was launched. One without an end runs on.
 */
export function calendarEntries(
  campaigns: readonly CalendarFacts[],
  month: string,
  zone: string,
): CalendarEntry[] {
  const { first, last } = monthBounds(month)
  return campaigns
    .flatMap((campaign): CalendarEntry[] => {
      const begin = campaign.launched_at
        ? later(campaign.launched_at, campaign.starts_at)
        : campaign.starts_at
      if (!begin || (undecidedStates.includes(campaign.state) && !mayAppear(campaign))) return []
      const end = campaign.ended_at ?? campaign.ends_at
      const start = dayIn(begin, zone)
      const stop = end ? dayIn(end, zone) : undefined
      if (start > last || (stop !== undefined && (stop < first || stop < start))) return []
      return [
        {
          campaign,
          from: start < first ? first : start,
          to: stop === undefined || stop > last ? last : stop,
          startsBefore: start < first,
          endsAfter: stop === undefined || stop > last,
        },
      ]
    })
    .toSorted(
      (one, other) =>
        one.from.localeCompare(other.from) || one.campaign.name.localeCompare(other.campaign.name),
    )
}

const later = (one: string, other: string | null | undefined) =>
  other && Date.parse(other) > Date.parse(one) ? other : one

const mayAppear = ({ state, launched_at, starts_at }: CalendarFacts) =>
  state === 'draft' ? Boolean(starts_at) : Boolean(launched_at)

/** Counts the campaigns that are on, for each day of a month on which there is one. */
export function campaignsByDay(entries: readonly CalendarEntry[]) {
  const counts: Record<string, number> = {}
  for (const { from, to } of entries)
    for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS)
      counts[isoDay(at)] = (counts[isoDay(at)] ?? 0) + 1
  return counts
}

/** Returns where the bar of an entry begins and how long it is, in percent of the month. */
export function entryBar({ from, to }: CalendarEntry, month: string) {
  const { first, last } = monthBounds(month)
  const days = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1
  return {
    start: ((Date.parse(from) - Date.parse(first)) / DAY_MS / days) * 100,
    width: (((Date.parse(to) - Date.parse(from)) / DAY_MS + 1) / days) * 100,
  }
}
