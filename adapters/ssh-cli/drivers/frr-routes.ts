import { AdapterError } from '../../adapter.ts'
import { readListed } from '../../configured/prefixes.ts'

interface Hop {
  readonly fib?: unknown
  readonly blackhole?: unknown
}

interface Route {
  readonly selected?: unknown
  readonly installed?: unknown
  readonly tag?: unknown
  readonly nexthops?: unknown
}

/**
 * Reads `show ip route static json` of FRR.
 * @returns prefix and tag, parted by a blank, of every route with one of these tags that is in the kernel and discards
 * @throws AdapterError `rejected` when it is something else
 */
export function installedIn(lines: readonly string[], tags: readonly number[]): readonly string[] {
  return Object.entries(objectIn(lines.join('\n'))).flatMap(([text, routes]) => {
    const prefix = readListed(text)
    if (prefix === undefined || !Array.isArray(routes)) return []
    return (routes as readonly Route[])
      .filter(discards)
      .flatMap(({ tag }) => (tags.includes(Number(tag)) ? [`${prefix} ${Number(tag)}`] : []))
  })
}

function discards({ selected, installed, nexthops }: Route): boolean {
  if (selected !== true || installed !== true || !Array.isArray(nexthops)) return false
  const used = (nexthops as readonly Hop[]).filter(({ fib }) => fib === true)
  return used.length > 0 && used.every(({ blackhole }) => blackhole === true)
}

function objectIn(text: string): object {
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found === 'object' && found !== null) return found
  } catch {
    // Said below.
  }
  const [first = ''] = text.split('\n')
  throw new AdapterError(
    'rejected',
    `what it shows of its routes is no JSON: ${first.slice(0, 200)}`,
    'not-understood',
  )
}
