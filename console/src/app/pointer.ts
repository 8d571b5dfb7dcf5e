// JSON pointers (RFC 6901): how the API names a place in a definition, and how one is read and written there.
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined }
type Tree = { [key: string]: Json | undefined }

const parts = (pointer: string) => pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
export const escapePart = (part: string) => part.replaceAll('~', '~0').replaceAll('/', '~1')

export function read(tree: Json | undefined, pointer: string): Json | undefined {
  let found: Json | undefined = tree
  for (const part of parts(pointer)) {
    if (found === null || typeof found !== 'object') return undefined
    found = Array.isArray(found) ? found[Number(part)] : found[part]
  }
  return found
}

/** The tree with another value at the pointer; `undefined` takes it away, and missing parents are made. */
export function write(tree: Json | undefined, pointer: string, value: Json | undefined): Json {
  const [first, ...rest] = parts(pointer)
  if (first === undefined) return value ?? {}
  const below = rest.map((part) => `/${escapePart(part)}`).join('')
  if (Array.isArray(tree)) {
    const place = Number(first)
    if (below === '' && value === undefined) return tree.filter((_, at) => at !== place)
    const copy = [...tree]
    copy[place] = write(tree[place], below, value)
    return copy
  }
  const copy: Tree = { ...(tree !== null && typeof tree === 'object' ? tree : {}) }
  if (below === '' && value === undefined) delete copy[first]
  else copy[first] = write(copy[first], below, value)
  return copy
}
