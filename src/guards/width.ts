import type { BlockSpec } from '../domain/block.ts'
import {
  type Prefix,
  parsePrefix,
  prefixContains,
  prefixesOverlap,
  prefixFamily,
  prefixLength,
} from '../domain/prefix.ts'
import { isNamed } from '../domain/target.ts'
import { type Inventory, isOwn } from '../inventory/inventory.ts'
import type { Limits, Refusal } from './limits.ts'
import type { Hits } from './radius.ts'

/** Why one person is not enough for a block (DESIGN §6.7). `code` is stable. */
export interface Ask {
  readonly code:
    | 'policy-asks'
    | 'wide-target'
    | 'wide-addresses'
    | 'wide-prefix'
    | 'wide-shared'
    | 'wide-day'
    | 'role-width'
    | 'role-share'
  readonly message: string
}

/** Every way in which a block by itself is wide. */
export function whyWide(
  spec: BlockSpec,
  prefixes: readonly Prefix[],
  hits: Hits,
  inventory: Inventory,
  { wide }: Limits,
): Ask[] {
  const asks: Ask[] = []
  const { target } = spec
  if (isNamed(target))
    asks.push({ code: 'wide-target', message: `${target.kind} ${target.name} is more than a host` })
  const own = prefixes.filter((prefix) => isOwn(inventory, prefix))
  if (hits.ipv4Addresses > wide.ipv4Addresses && own.length > 0)
    asks.push({
      code: 'wide-addresses',
      message: `it hits ${hits.ipv4Addresses} IPv4 addresses; up to ${wide.ipv4Addresses} are not wide`,
    })
  const wider = prefixes.find(
    (prefix) => prefixLength(prefix) < shortestAllowed(prefix, own.includes(prefix), wide),
  )
  if (wider !== undefined) {
    const shortest = shortestAllowed(wider, own.includes(wider), wide)
    asks.push({ code: 'wide-prefix', message: `${wider} is wider than /${shortest}` })
  }
  if (hits.sharedUsers > wide.sharedUsers)
    asks.push({
      code: 'wide-shared',
      message: `about ${hits.sharedUsers} users share the address; up to ${wide.sharedUsers} are not wide`,
    })
  return asks
}

/** Many small blocks of one person within a day are as wide as a large one. */
export function whyWideTogether(hosts: number, before: number, { wide }: Limits): Ask[] {
  if (hosts === 0 || before + hosts <= wide.ownHostsInADay) return []
  const message = `with it, one person would have blocked ${before + hosts} hosts of own space within a day; up to ${wide.ownHostsInADay} are not wide`
  return [{ code: 'wide-day', message }]
}

function shortestAllowed(prefix: Prefix, own: boolean, wide: Limits['wide']): number {
  if (prefixFamily(prefix) === 6) return own ? wide.ipv6Length : wide.outsideIpv6Length
  return own ? 0 : wide.outsideIpv4Length
}

/** Space that no block can be about: a rule for it would hit the router itself, everyone, or nobody (RFC 6890). */
const NO_TARGET: readonly { readonly prefix: Prefix; readonly what: string }[] = (
  [
    ['0.0.0.0/8', 'the host itself (this-network)'],
    ['127.0.0.0/8', 'the host itself (loopback)'],
    ['169.254.0.0/16', 'link-local'],
    ['224.0.0.0/4', 'multicast'],
    ['240.0.0.0/4', 'reserved or broadcast'],
    ['::/96', 'the host itself (loopback, the unspecified address, IPv4-compatible)'],
    ['fe80::/10', 'link-local'],
    ['ff00::/8', 'multicast'],
  ] as const
).map(([text, what]) => ({ prefix: parsePrefix(text), what }))

/** Refuses targets in address space that cannot be a host's. */
export function refuseNonsense(prefixes: readonly Prefix[]): Refusal[] {
  for (const prefix of prefixes) {
    const what = whatIsNoTarget(prefix)
    if (what !== undefined)
      return [
        {
          guard: 'space',
          code: 'space-not-blockable',
          message: `${prefix} is ${what}; only hosts and networks can be blocked`,
        },
      ]
  }
  return []
}

function whatIsNoTarget(prefix: Prefix): string | undefined {
  if (prefixLength(prefix) === 0) return 'the whole address family'
  const found = NO_TARGET.find((space) => prefixesOverlap(prefix, space.prefix))
  if (found === undefined) return undefined
  return prefixContains(found.prefix, prefix)
    ? found.what
    : `so wide that it has ${found.prefix} in it, ${found.what}`
}

/** A prefix that is partly own and partly outside would be two different things at once. */
export function refuseStraddling(prefixes: readonly Prefix[], inventory: Inventory): Refusal[] {
  const straddling = prefixes.find(
    (prefix) => !isOwn(inventory, prefix) && inventory.own.inside(prefix).length > 0,
  )
  if (straddling === undefined) return []
  return [
    {
      guard: 'space',
      code: 'space-straddles-own',
      message: `${straddling} is wider than own space and contains it; name the part that is meant`,
    },
  ]
}
