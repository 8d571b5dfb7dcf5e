// Reads what the notifications are made of, in the background and once a minute: a part that cannot be read
// is left out, and interrupts nobody.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { stackTime } from '../api/clock'
import { readQuietly } from '../api/requests'
import {
  type CampaignHealth,
  listCampaigns,
  listHealth,
  listImports,
  listWaitingReplies,
  listWebhookDeadLetters,
  listWebhooks,
  readReadiness,
  readSystemHealth,
} from '../client'
import { findNotices, type Notice } from './notices'

/** The page that was opened is read first. */
const START_MS = 1_500
const REFRESH_MS = 60_000
const PAGE_LIMIT = 100
const REPLIES_LIMIT = 25
const IMPORTS_LIMIT = 10
/** The most endpoints that are read one by one. */
const MAX_SINGLE = 5
/** The most pages of health that are read: the API leaves out campaigns that are not on. */
const MAX_HEALTH_PAGES = 5

async function readActiveHealth(signal: AbortSignal): Promise<CampaignHealth[]> {
  const items: CampaignHealth[] = []
  let cursor: string | undefined
  for (let page = 0; page < MAX_HEALTH_PAGES; page += 1) {
    const found = await readQuietly(listHealth({ query: { limit: PAGE_LIMIT, cursor }, signal }))
    items.push(...(found?.items ?? []))
    if (!found?.next_cursor) break
    cursor = found.next_cursor
  }
  return items
}

/** Returns how many events each endpoint has refused, of a page of them. */
async function readRefusingWebhooks(signal: AbortSignal) {
  const endpoints = (await readQuietly(listWebhooks({ signal })))?.items ?? []
  return Promise.all(
    endpoints.slice(0, MAX_SINGLE).map(async ({ id }) => {
      const path = { endpoint: id }
      const refused = await readQuietly(listWebhookDeadLetters({ path, signal }))
      return {
        endpoint: id,
        waiting: refused?.items.length ?? 0,
        more: Boolean(refused?.next_cursor),
      }
    }),
  )
}

async function readNotices(signal: AbortSignal): Promise<Notice[]> {
  const [newest, health, system, replies, imports, webhooks, readiness] = await Promise.all([
    readQuietly(listCampaigns({ query: { limit: PAGE_LIMIT }, signal })),
    readActiveHealth(signal),
    readQuietly(readSystemHealth({ signal })),
    readQuietly(listWaitingReplies({ query: { limit: REPLIES_LIMIT }, signal })),
    readQuietly(listImports({ query: { limit: IMPORTS_LIMIT }, signal })),
    readRefusingWebhooks(signal),
    readQuietly(readReadiness({ signal })),
  ])
  const campaigns = newest?.items ?? []
  return findNotices(
    {
      campaigns,
      health,
      system,
      replies,
      imports: imports?.items,
      webhooks,
      readiness,
      awaitingApproval: campaigns.filter((one) => one.awaiting_approval),
    },
    stackTime(),
  )
}

/** Returns the present notices, or `undefined` before they are read for the first time. */
export function useNotices(): Notice[] | undefined {
  const [started, setStarted] = useState(false)
  useEffect(() => {
    const timer = window.setTimeout(() => setStarted(true), START_MS)
    return () => window.clearTimeout(timer)
  }, [])
  return useQuery({
    queryKey: ['notices'],
    enabled: started,
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => readNotices(signal),
  }).data
}
