// Writes entries of the audit log as the rows of a table for a file.
import type { AuditLogEntry } from '../client'

/** The most entries that one file has. */
export const MAX_EXPORTED = 10_000

const COLUMNS = [
  'at',
  'actor',
  'kind',
  'subject',
  'subject_name',
  'voucher',
  'action',
  'before',
  'after',
  'note',
] as const

/** Returns the names of the columns and a row for each entry, in the words of the API. */
export const auditRows = (entries: readonly AuditLogEntry[]) => [
  [...COLUMNS],
  ...entries.map((entry) => COLUMNS.map((column) => entry[column] ?? '')),
]
