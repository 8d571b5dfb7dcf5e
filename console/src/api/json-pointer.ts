// Reads and writes a place in a definition by its JSON pointer (RFC 6901), the name that the API
// gives to the place.

export type JsonValue =
  null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue | undefined }
type JsonObject = { [key: string]: JsonValue | undefined }

const pointerTokens = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
export const escapeToken = (part: string) => part.replaceAll('~', '~0').replaceAll('/', '~1')

export function readPointer(tree: JsonValue | undefined, pointer: string): JsonValue | undefined {
  let found: JsonValue | undefined = tree
  for (const part of pointerTokens(pointer)) {
    if (found === null || typeof found !== 'object') return undefined
    found = Array.isArray(found) ? found[Number(part)] : found[part]
  }
  return found
}

/**
 * Returns the tree with another value at the pointer. `undefined` removes the place; missing
 * parents are created.
 */
export function writePointer(
  tree: JsonValue | undefined,
  pointer: string,
  value: JsonValue | undefined,
): JsonValue {
  const [first, ...rest] = pointerTokens(pointer)
  if (first === undefined) return value === undefined ? {} : value
  const below = rest.map((part) => `/${escapeToken(part)}`).join('')
  if (Array.isArray(tree)) {
    const place = Number(first)
    if (below === '' && value === undefined) return tree.filter((_, at) => at !== place)
    const copy = [...tree]
    copy[place] = writePointer(tree[place], below, value)
    return copy
  }
  const copy: JsonObject = { ...(tree !== null && typeof tree === 'object' ? tree : {}) }
  if (below === '' && value === undefined) delete copy[first]
  else copy[first] = writePointer(copy[first], below, value)
  return copy
}
