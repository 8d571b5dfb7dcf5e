// Takes the report out of what `make preflight JSON=1` printed. The API checks the report itself.
import type { ReadinessReport } from '../client'

/** Returns the report of a file: its `report`, or the file itself; nothing if it is neither. */
export function reportFromFile(text: string): ReadinessReport | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const candidates = isObject(value) ? [value.report, value] : []
  return candidates.find((it) => isObject(it) && Array.isArray(it.findings)) as
    ReadinessReport | undefined
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
