// Writes CSV files (RFC 4180), and reads a list that the API pages to its end.
import { saveFile } from './requests'

type CsvValue = string | number | null | undefined

/**
 * Writes a cell. One that a spreadsheet would run as a formula gets an apostrophe; commas, quotes
 * and line breaks are quoted.
 */
export function csvCell(value: CsvValue) {
  const text = String(value ?? '')
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Saves a table, whose first row names the columns, as a file. */
export function saveCsv(name: string, rows: readonly (readonly CsvValue[])[]) {
  const lines = rows.map((cells) => cells.map(csvCell).join(','))
  saveFile(name, new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv' }))
}

/** Reads every page of a list, or as many as hold the most that is asked for, and says after each how many items it has. */
export async function readAllPages<T>(
  page: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor?: string | null }>,
  onProgress?: (items: number) => void,
  most = Number.POSITIVE_INFINITY,
) {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const found = await page(cursor)
    items.push(...found.items)
    onProgress?.(items.length)
    cursor = found.next_cursor ?? undefined
  } while (cursor && items.length < most)
  return items.length > most ? items.slice(0, most) : items
}
