import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'

/*
 * What `vtysh` prints as JSON in FRR 8.4: one text for each command, one after the other. Which command a text
 * answers is known from the prefix in it.
 */

const ZEBRA_ROUTE = Type.Object({
  protocol: Type.String(),
  selected: Type.Optional(Type.Boolean()),
  installed: Type.Optional(Type.Boolean()),
  nexthops: Type.Optional(
    Type.Array(Type.Object({ fib: Type.Optional(Type.Boolean()), blackhole: Type.Optional(Type.Boolean()) })),
  ),
})
const ZEBRA = Type.Record(Type.String(), Type.Array(ZEBRA_ROUTE))
const BGP_ONE = Type.Object({
  prefix: Type.String(),
  paths: Type.Array(
    Type.Object({
      bestpath: Type.Optional(Type.Object({ overall: Type.Optional(Type.Boolean()) })),
      peer: Type.Object({ peerId: Type.String() }),
    }),
  ),
})
const BGP_TABLE = Type.Object({
  routes: Type.Record(
    Type.String(),
    Type.Array(
      Type.Object({ bestpath: Type.Optional(Type.Boolean()), peerId: Type.Optional(Type.String()) }),
    ),
  ),
})

/** What FRR says of one prefix. */
export interface Found {
  /** Whether zebra has selected and installed a blackhole that came by BGP. */
  readonly isBlackholed: boolean
  /** Whether zebra has any route for exactly this prefix. */
  readonly isRouted: boolean
  /** Whether bgpd has a path, and whose path it has selected. */
  readonly isReceived: boolean
  readonly selectedFrom: string | undefined
}

const NOTHING: Found = { isBlackholed: false, isRouted: false, isReceived: false, selectedFrom: undefined }

/** By prefix. @throws Error with FRR's words when it printed something else */
export function readListing(text: string): ReadonlyMap<string, Found> {
  const found = new Map<string, Found>()
  const note = (prefix: string, more: Partial<Found>): void => {
    found.set(prefix, { ...NOTHING, ...found.get(prefix), ...more })
  }
  for (const listing of listings(text)) {
    if (Value.Check(BGP_ONE, listing)) {
      const best = listing.paths.find(({ bestpath }) => bestpath?.overall === true)
      note(listing.prefix, { isReceived: true, selectedFrom: best?.peer.peerId })
    } else if (Value.Check(BGP_TABLE, listing)) {
      for (const [prefix, paths] of Object.entries(listing.routes)) {
        const best = paths.find(({ bestpath }) => bestpath === true)
        note(prefix, { isReceived: true, selectedFrom: best?.peerId })
      }
    } else if (Value.Check(ZEBRA, listing)) {
      for (const [prefix, routes] of Object.entries(listing))
        note(prefix, { isRouted: true, isBlackholed: routes.some(isBlackhole) })
    } else throw new Error('vtysh printed a table of a form that is not known')
  }
  return found
}

function isBlackhole({ protocol, selected, installed, nexthops = [] }: Static<typeof ZEBRA_ROUTE>): boolean {
  if (protocol !== 'bgp' || selected !== true || installed !== true) return false
  const inUse = nexthops.filter(({ fib }) => fib === true)
  return inUse.length > 0 && inUse.every(({ blackhole }) => blackhole === true)
}

/** A text ends with a brace at the beginning of a line. */
function* listings(text: string): Generator<unknown> {
  let from = 0
  for (const end of text.matchAll(/^(\}|\{\s*\})\s*$/gm)) {
    const to = end.index + end[0].length
    yield JSON.parse(text.slice(from, to))
    from = to
  }
  const rest = text.slice(from).trim()
  if (rest !== '') throw new Error(`vtysh: ${(rest.split('\n')[0] ?? '').slice(0, 300)}`)
}
