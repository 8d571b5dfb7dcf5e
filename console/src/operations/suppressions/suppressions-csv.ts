// Writes the list of suppressed addresses to a file that the import takes back, and cuts a file to
// import into parts that the API takes. A line keeps its number in the whole file.
import { saveCsv } from '../../api/csv'
import type { AddressView, RefusedLine, SuppressionImport } from '../../client'

/** The columns that the API writes and reads. */
export const csvColumns = ['key', 'channel', 'reason', 'at', 'source', 'by', 'note']
/** The most lines of one request, as the API has it. */
export const PART_LINES = 1_000
/** The most bytes of one request: the API takes 256 KiB. */
const PART_BYTES = 250_000

/** Returns a row for each suppression in force. */
export const csvRows = (address: AddressView) =>
  address.suppressions
    .filter((one) => one.in_force)
    .map((one) => [
      address.key,
      address.channel,
      one.reason,
      one.since,
      one.source,
      one.by,
      one.note,
    ])

export const saveSuppressions = (name: string, addresses: AddressView[]) =>
  saveCsv(name, [csvColumns, ...addresses.flatMap(csvRows)])

/** A line of a table, which is several lines of the file if a cell in quotes has several. */
interface CsvRecord {
  /** The number of the line on which it begins, from 1. */
  line: number
  text: string
}

/** A quote that is opened and never closed: where the lines after it end is not known. */
export class OpenQuote extends Error {
  readonly line: number

  constructor(line: number) {
    super(`the quote on line ${line} is never closed`)
    this.line = line
  }
}

/** A part of a file: what is sent, and which line of the file each of its lines is. */
export interface ImportPart {
  csv: string
  lines: number
  /** The first and the last line of the file that are in it. */
  from: number
  to: number
  lineInFile: (line: number) => number
}

const countBreaks = (text: string) => text.split('\n').length - 1

/** Returns the place after a cell that begins here, without the comma or the end of the line. */
function skipCell(text: string, from: number, line: number) {
  let at = from
  if (text[at] === '"') {
    let quote = text.indexOf('"', at + 1)
    while (quote >= 0 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2)
    if (quote < 0) throw new OpenQuote(line)
    at = quote + 1
  }
  while (at < text.length && text[at] !== ',' && text[at] !== '\n') at += 1
  return at
}

/** Cuts a table into its records, by the API's rules. Records without content are left out. */
export function splitRecords(text: string): CsvRecord[] {
  const records: CsvRecord[] = []
  let at = 0
  let line = 1
  while (at < text.length) {
    const from = at
    let opened = line
    for (;;) {
      const begins = at
      at = skipCell(text, at, opened)
      opened += countBreaks(text.slice(begins, at))
      if (text[at] !== ',') break
      at += 1
    }
    const record = text.slice(from, at).replace(/\r$/, '')
    if (/[^\s,]/.test(record)) records.push({ line, text: record })
    line = opened + 1
    at += 1
  }
  return records
}

/**
 * Cuts a file into parts of at most so many lines and bytes. Each begins with the line that names
 * the columns. An empty file has no parts.
 */
export function splitFile(text: string): ImportPart[] {
  const [header, ...records] = splitRecords(text)
  if (!header) return []
  const bytes = (record: CsvRecord) => new TextEncoder().encode(record.text).length + 1
  const room = PART_BYTES - bytes(header)
  const groups: CsvRecord[][] = [[]]
  let used = 0
  for (const record of records) {
    const size = bytes(record)
    const group = groups.at(-1)!
    if (group.length > 0 && (group.length >= PART_LINES || used + size > room)) {
      groups.push([record])
      used = size
    } else {
      group.push(record)
      used += size
    }
  }
  return groups.map((group) => createPart(header, group))
}

function createPart(header: CsvRecord, records: CsvRecord[]): ImportPart {
  const places = new Map<number, number>()
  let line = countBreaks(header.text) + 2
  for (const record of records) {
    places.set(line, record.line)
    line += countBreaks(record.text) + 1
  }
  return {
    csv: [header, ...records].map(({ text }) => `${text}\n`).join(''),
    lines: records.length,
    from: records[0]?.line ?? header.line,
    to: records.at(-1)?.line ?? header.line,
    lineInFile: (place) => places.get(place) ?? place,
  }
}

export const nothingImported: SuppressionImport = {
  taken: 0,
  unchanged: 0,
  refused: 0,
  refusals: [],
}

/** Adds the answer to one part, with the numbers that its lines have in the file. */
export function addAnswer(
  sum: SuppressionImport,
  part: ImportPart,
  answer: SuppressionImport,
): SuppressionImport {
  const refusals = answer.refusals.map((one): RefusedLine => ({
    ...one,
    line: part.lineInFile(one.line),
  }))
  return {
    taken: sum.taken + answer.taken,
    unchanged: sum.unchanged + answer.unchanged,
    refused: sum.refused + answer.refused,
    refusals: [...sum.refusals, ...refusals],
  }
}
