// Holds the definition while it is written. Fields read and write it by JSON pointer, and find the
// API's complaints under the same pointers.
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'
import { useFieldMessage } from '../../api/api-messages'
import { type JsonValue, readPointer, writePointer } from '../../api/json-pointer'
import type { CampaignDefinition, FieldProblem } from '../../client'

export type JsonObject = { [key: string]: JsonValue | undefined }

export interface CampaignDraft {
  definition: CampaignDefinition
  get: (pointer: string) => JsonValue | undefined
  set: (pointer: string, value: JsonValue | undefined) => void
  /** Returns the API's complaint about this place; with `deep` also about places below it. */
  errorAt: (pointer: string, deep?: boolean) => string | undefined
  problems: FieldProblem[]
  reportProblems: (source: 'save' | 'audience' | 'messages', problems: FieldProblem[]) => void
  replace: (definition: CampaignDefinition) => void
  /** Puts back an earlier state of the draft, and keeps it like typed input. */
  restore: (definition: CampaignDefinition) => void
  /**
   * Changes when inputs move to other places, so that inputs with a text of their own start again.
   */
  revision: number
}
const DraftContext = createContext<CampaignDraft | null>(null)

export function useDraft() {
  const draft = useContext(DraftContext)
  if (!draft) throw new Error('the draft is used outside DraftProvider')
  return draft
}

export function DraftProvider({
  first,
  onChange,
  children,
}: {
  first: CampaignDefinition
  onChange: (definition: CampaignDefinition) => void
  children: ReactNode
}) {
  const [definition, setDefinition] = useState(first)
  const [reports, setReports] = useState<Record<string, FieldProblem[]>>({})
  const [revision, setRevision] = useState(0)
  const replace = useCallback((next: CampaignDefinition) => {
    setDefinition(next)
    setReports({})
    setRevision((old) => old + 1)
  }, [])
  const restore = useCallback(
    (before: CampaignDefinition) => {
      setDefinition(before)
      setRevision((old) => old + 1)
      onChange(before)
    },
    [onChange],
  )
  const reportProblems = useCallback((source: string, problems: FieldProblem[]) => {
    setReports((old) =>
      problems.length === 0 && !old[source]?.length ? old : { ...old, [source]: problems },
    )
  }, [])
  const set = useCallback(
    (pointer: string, value: JsonValue | undefined) => {
      if (value === undefined && /\/\d+$/.test(pointer)) setRevision((old) => old + 1)
      setDefinition((old) => {
        const next = writePointer(
          old as unknown as JsonValue,
          pointer,
          value,
        ) as unknown as CampaignDefinition
        onChange(next)
        return next
      })
      // The change may have fixed complaints about this place, its parents or its children; the
      // next answer tells.
      setReports((old) =>
        Object.fromEntries(
          Object.entries(old).map(([source, problems]) => [
            source,
            problems.filter(
              ({ field }) =>
                field !== pointer &&
                !field.startsWith(`${pointer}/`) &&
                !(field !== '' && pointer.startsWith(`${field}/`)),
            ),
          ]),
        ),
      )
    },
    [onChange],
  )
  const fieldMessage = useFieldMessage()
  const value = useMemo<CampaignDraft>(() => {
    const problems = Object.values(reports).flat()
    return {
      definition,
      set,
      reportProblems,
      replace,
      restore,
      revision,
      problems,
      get: (pointer) => readPointer(definition as unknown as JsonValue, pointer),
      errorAt: (pointer, deep) => {
        const draft = problems.find(
          ({ field }) => field === pointer || (deep && field.startsWith(`${pointer}/`)),
        )
        return draft && fieldMessage(draft)
      },
    }
  }, [definition, reports, set, reportProblems, replace, restore, revision, fieldMessage])
  return <DraftContext.Provider value={value}>{children}</DraftContext.Provider>
}
