// Decides what a column's field is while an operator changes the mapping. What is as it was
// recognised is not stated, so that a better guess of a later version counts.
import type { ImportColumn } from '../../client'

/** Fields by the name of their column, as an operator has stated them. */
export type Mapping = Record<string, string>

/** Returns the field of a column, or an empty text if nobody knows it. */
export const chosenField = (mapping: Mapping, column: Pick<ImportColumn, 'name' | 'guess'>) =>
  mapping[column.name] ?? column.guess ?? ''

/** Returns a mapping with another field for a column. */
export function withField(
  mapping: Mapping,
  { name, guess }: Pick<ImportColumn, 'name' | 'guess'>,
  field: string,
): Mapping {
  const others = Object.entries(mapping).filter(([column]) => column !== name)
  const isGuess = field === '' || field === guess
  return Object.fromEntries(isGuess ? others : [...others, [name, field]])
}

/** Returns true if two mappings state the same. */
export function isSameMapping(one: Mapping, other: Mapping) {
  const columns = Object.keys(one)
  return (
    columns.length === Object.keys(other).length &&
    columns.every((column) => one[column] === other[column])
  )
}
