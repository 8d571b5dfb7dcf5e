// The definition while it is written: a tree that fields read and write by JSON pointer, and the API's complaints under the same pointers.
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react'
import type { CampaignDefinition, Channel, FieldProblem, Kind } from '../client'
import { read, write, type Json } from '../app/pointer'
import { useFieldText } from '../app/said'

type Tree = { [key: string]: Json | undefined }

const fields = ['name', 'kind', 'description', 'offer', 'validity', 'accept_by', 'audience', 'channels', 'messages', 'caps', 'holdout_percent', 'pressure',
  'reminder', 'reversal', 'schedule', 'trigger'] as const

/** What of a campaign is its definition. */
export const definitionOf = (campaign: object) =>
  Object.fromEntries(fields.filter((name) => (campaign as Tree)[name] !== undefined).map((name) => [name, (campaign as Tree)[name]])) as unknown as CampaignDefinition

export function newDefinition(kind: Kind, currency: string): CampaignDefinition {
  const hello = "{{ first_name | default('there') }}"
  return {
    name: '', kind,
    offer: { benefit: { fixed_amount: { amount: { amount: 500, currency } } }, minimum_basket: { amount: 2000, currency } },
    validity: { from_acceptance: { accept_within_hours: 168, hours: 168 } },
    audience: kind === 'promotion' ? { all: [{ last_order: { days_ago_at_most: 90 } }] } : { everyone: {} },
    channels: { mode: 'first_available', ladder: ['push', 'email', 'sms'] as Channel[] },
    messages: {
      default_locale: 'en',
      locales: {
        en: {
          push: { title: '{{ offer }}', body: `Hi ${hello}, this one is for you. Open it before {{ redeem_by }}.` },
          email: {
            subject: '{{ offer }} for you', preheader: 'Yours until {{ redeem_by }}',
            html: `<p>Hi ${hello},</p><p>{{ offer }} on your next order at {{ brand }}, until {{ redeem_by }}.</p><p><a href="{{ voucher_link }}">See your voucher</a></p>`,
            text: `Hi ${hello},\n\n{{ offer }} on your next order at {{ brand }}, until {{ redeem_by }}.\n{{ voucher_link }}\n`,
          },
          sms: { text: '{{ brand }}: {{ offer }} until {{ redeem_by }}. {{ voucher_link }}' },
        },
      },
    },
    holdout_percent: 10,
    caps: { vouchers: 1000 },
    ...(kind === 'autopilot' ? { trigger: { when: { inactivity: { days: 30 } }, local_hour: 10, cool_down_days: 90, deadline_hours: 48 } } : {}),
  }
}

export interface Draft {
  definition: CampaignDefinition
  get: (pointer: string) => Json | undefined
  set: (pointer: string, value: Json | undefined) => void
  /** What the API said of this place; `deep` also of what is below it. */
  wrong: (pointer: string, deep?: boolean) => string | undefined
  problems: FieldProblem[]
  report: (source: 'save' | 'audience' | 'messages', problems: FieldProblem[]) => void
  replace: (definition: CampaignDefinition) => void
  /** The draft as it was a moment ago; kept as what is typed is. */
  restore: (definition: CampaignDefinition) => void
  /** Another one where inputs stand for other places than before: those that keep a text of their own begin anew. */
  revision: number
}
const Context = createContext<Draft | null>(null)

export function useDraft() {
  const found = useContext(Context)
  if (!found) throw new Error('the draft is used outside DraftProvider')
  return found
}

export function DraftProvider({ first, onChange, children }: { first: CampaignDefinition; onChange: (definition: CampaignDefinition) => void; children: ReactNode }) {
  const [definition, setDefinition] = useState(first)
  const [reports, setReports] = useState<Record<string, FieldProblem[]>>({})
  const [revision, setRevision] = useState(0)
  const replace = useCallback((next: CampaignDefinition) => { setDefinition(next); setReports({}); setRevision((old) => old + 1) }, [])
  const restore = useCallback((before: CampaignDefinition) => { setDefinition(before); setRevision((old) => old + 1); onChange(before) }, [onChange])
  const report = useCallback((source: string, problems: FieldProblem[]) => {
    setReports((old) => (problems.length === 0 && !old[source]?.length ? old : { ...old, [source]: problems }))
  }, [])
  const set = useCallback((pointer: string, value: Json | undefined) => {
    if (value === undefined && /\/\d+$/.test(pointer)) setRevision((old) => old + 1)
    setDefinition((old) => {
      const next = write(old as unknown as Json, pointer, value) as unknown as CampaignDefinition
      onChange(next)
      return next
    })
    // what was wrong here, above or below may be right now: the next answer says
    setReports((old) => Object.fromEntries(Object.entries(old).map(([source, problems]) =>
      [source, problems.filter(({ field }) => field !== pointer && !field.startsWith(`${pointer}/`) && !(field !== '' && pointer.startsWith(`${field}/`)))])))
  }, [onChange])
  const say = useFieldText()
  const value = useMemo<Draft>(() => {
    const problems = Object.values(reports).flat()
    return {
      definition, set, report, replace, restore, revision, problems,
      get: (pointer) => read(definition as unknown as Json, pointer),
      wrong: (pointer, deep) => {
        const found = problems.find(({ field }) => field === pointer || (deep && field.startsWith(`${pointer}/`)))
        return found && say(found)
      },
    }
  }, [definition, reports, set, report, replace, restore, revision, say])
  return <Context.Provider value={value}>{children}</Context.Provider>
}
