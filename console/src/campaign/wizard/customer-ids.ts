// Reads a list of customers' ids that is typed or pasted: one a line, or parted by spaces, commas or
// semicolons. A table with several columns is known as such, so that its other columns are no ids.

/** The ids that the API takes. */
const ID_PATTERN = /^[A-Za-z0-9._:-]{1,64}$/u

export interface ReadIds {
  /** The ids, each once. Of a table there are none, since nobody has said which column has them. */
  ids: string[]
  /** What is no id. */
  invalid: string[]
  /** How many columns the lines have, if all have the same number, else one. */
  columns: number
}

export function readCustomerIds(text: string): ReadIds {
  const lines = text.split(/\r?\n/u).filter((line) => line.trim() !== '')
  const columns = columnsOf(lines)
  if (columns > 1) return { ids: [], invalid: [], columns }
  const words = [...new Set(text.split(/[\s,;]+/u).filter(Boolean))]
  return {
    ids: words,
    invalid: words.filter((word) => !ID_PATTERN.test(word)),
    columns,
  }
}

/** Returns the number of columns of a table: two lines or more with equally many separators. */
function columnsOf(lines: string[]): number {
  for (const separator of [',', ';', '\t']) {
    const counts = lines.map((line) => line.split(separator).length)
    const [first = 1] = counts
    if (lines.length > 1 && first > 1 && counts.every((count) => count === first)) return first
  }
  return 1
}
