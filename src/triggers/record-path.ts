/** As deep as anybody's records are; a key may have dots itself, so that each part doubles the ways to read a path. */
export const DEEPEST = 8

/**
 * What stands at a dotted path of a record. A key with dots is found by the same path as one inside another:
 * `source.ip` is the key `source.ip` where there is one, and `ip` of `source` elsewhere. Numbers count into lists.
 */
export function valueAt(record: unknown, path: string): unknown {
  return lookUp(record, path.split('.'))
}

function lookUp(value: unknown, parts: readonly string[]): unknown {
  if (parts.length === 0) return value
  if (typeof value !== 'object' || value === null) return undefined
  for (let length = parts.length; length > 0; length -= 1) {
    const key = parts.slice(0, length).join('.')
    if (!Object.hasOwn(value, key)) continue
    const found = lookUp((value as Readonly<Record<string, unknown>>)[key], parts.slice(length))
    if (isThere(found)) return found
  }
  return undefined
}

/** Nothing, and empty text, are how sources say that they do not know. */
export function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}
