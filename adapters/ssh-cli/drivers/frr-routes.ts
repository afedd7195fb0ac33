import { readListed } from '../../configured/prefixes.ts'
import { jsonIn } from './frr-json.ts'

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
  return Object.entries(jsonIn(lines, 'its routes')).flatMap(([text, routes]) => {
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
