// Holds the definition while it is written. Fields read and write it by JSON pointer, and find the
// API's complaints under the same pointers: those of a save at once, those of a preview when the
// operator has left the input. A text that cannot be read is kept beside the definition and holds
// back the save.
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
  /** What the last save was refused for, without what was changed since. */
  problems: FieldProblem[]
  /** The problems that are shown at their inputs: those, and what previews said of inputs left. */
  shownProblems: FieldProblem[]
  /** Notes that the operator has left an input. */
  leave: (pointer: string) => void
  /** Returns the text of an input that cannot be read. */
  unreadAt: (pointer: string) => string | undefined
  reportUnread: (pointer: string, text?: string, message?: string) => void
  /** Returns one problem for each text that cannot be read. */
  unreadProblems: () => FieldProblem[]
  reportProblems: (
    source: 'save' | 'audience' | 'messages' | 'reminder',
    problems: FieldProblem[],
  ) => void
  replace: (definition: CampaignDefinition) => void
  /** Puts back an earlier state of the draft, and keeps it like typed input. */
  restore: (definition: CampaignDefinition) => void
  /**
   * Changes when inputs move to other places, so that inputs with a text of their own start again.
   */
  revision: number
}
type UnreadTexts = Record<string, { text: string; message: string }>

/** Returns true if one of two pointers is the other, or a place above it. */
export const isOnSameBranch = (one: string, other: string) =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`)

/** Returns the texts that stay when a place is written: not its own, nor those below it. */
export function unreadAfterWrite(unread: UnreadTexts, pointer: string, removed: boolean) {
  // After the removal of an item the later ones have other places.
  const changed = removed ? pointer.replace(/\/\d+$/, '') : pointer
  const kept = Object.entries(unread).filter(
    ([at]) => at !== changed && !at.startsWith(`${changed}/`),
  )
  return kept.length === Object.keys(unread).length ? unread : Object.fromEntries(kept)
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
  const [unread, setUnread] = useState<UnreadTexts>({})
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const leave = useCallback(
    (pointer: string) => setLeft((old) => (old.has(pointer) ? old : new Set([...old, pointer]))),
    [],
  )
  const reportUnread = useCallback(
    (pointer: string, text?: string, message?: string) =>
      setUnread((old) => {
        const { [pointer]: _, ...others } = old
        return text === undefined ? others : { ...others, [pointer]: { text, message: message! } }
      }),
    [],
  )
  const replace = useCallback((next: CampaignDefinition) => {
    setDefinition(next)
    setReports({})
    setUnread({})
    setLeft(new Set())
    setRevision((old) => old + 1)
  }, [])
  const restore = useCallback(
    (before: CampaignDefinition) => {
      setDefinition(before)
      setUnread({})
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
      const removed = value === undefined && /\/\d+$/.test(pointer)
      if (removed) setRevision((old) => old + 1)
      setUnread((old) => unreadAfterWrite(old, pointer, removed))
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
    const { save = [], ...previews } = reports
    const shownProblems = [
      ...save,
      ...Object.values(previews)
        .flat()
        .filter(({ field }) => [...left].some((pointer) => isOnSameBranch(pointer, field))),
    ]
    return {
      definition,
      set,
      reportProblems,
      replace,
      restore,
      revision,
      problems: save,
      shownProblems,
      leave,
      unreadAt: (pointer) => unread[pointer]?.text,
      reportUnread,
      unreadProblems: () =>
        Object.entries(unread).map(([field, { message }]) => ({
          field,
          code: 'unreadable',
          detail: message,
        })),
      get: (pointer) => readPointer(definition as unknown as JsonValue, pointer),
      errorAt: (pointer, deep) => {
        const found = shownProblems.find(
          ({ field }) => field === pointer || (deep && field.startsWith(`${pointer}/`)),
        )
        return found && fieldMessage(found)
      },
    }
  }, [
    definition,
    reports,
    left,
    unread,
    set,
    leave,
    reportUnread,
    reportProblems,
    replace,
    restore,
    revision,
    fieldMessage,
  ])
  return <DraftContext.Provider value={value}>{children}</DraftContext.Provider>
}
