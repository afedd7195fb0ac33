import type { BlockSpec } from '../domain/block.ts'
import { type Prefix, prefixAddress, prefixFamily, prefixLength } from '../domain/prefix.ts'
import { type Inventory, isOwn } from '../inventory/inventory.ts'
import type { Limits, Refusal } from './limits.ts'
import type { Radius } from './radius.ts'

/** Refuses what is wide: it needs a second person (DESIGN §6.7), and approvals do not exist yet. */
export function refuseWide(
  spec: BlockSpec,
  prefixes: readonly Prefix[],
  radius: Radius,
  inventory: Inventory,
  limits: Limits,
): Refusal[] {
  const why = whyWide(spec, prefixes, radius, inventory, limits)
  return why === undefined
    ? []
    : [
        {
          guard: 'wide',
          code: 'wide-needs-approval',
          message: `${why}; such a block needs a second person's agreement, which this version cannot record yet`,
        },
      ]
}

function whyWide(
  spec: BlockSpec,
  prefixes: readonly Prefix[],
  radius: Radius,
  inventory: Inventory,
  { wide }: Limits,
): string | undefined {
  if (spec.target.kind !== 'host') return `${spec.target.kind} ${spec.target.name} is more than a host`
  const own = prefixes.filter((prefix) => isOwn(inventory, prefix))
  if (radius.ipv4Addresses > wide.ipv4Addresses && own.length > 0) {
    return `it hits ${radius.ipv4Addresses} IPv4 addresses; up to ${wide.ipv4Addresses} are not wide`
  }
  for (const prefix of prefixes) {
    const shortest = shortestAllowed(prefix, own.includes(prefix), wide)
    if (prefixLength(prefix) < shortest) return `${prefix} is wider than /${shortest}`
  }
  if (radius.sharedUsers > wide.sharedUsers) {
    return `about ${radius.sharedUsers} users share the address; up to ${wide.sharedUsers} are not wide`
  }
  return undefined
}

function shortestAllowed(prefix: Prefix, own: boolean, wide: Limits['wide']): number {
  if (prefixFamily(prefix) === 6) return own ? wide.ipv6Length : wide.outsideIpv6Length
  return own ? 0 : wide.outsideIpv4Length
}

/** Space that no block can be about: a rule for it would hit the router itself, everyone, or nobody (RFC 6890). */
const NO_TARGET: readonly { readonly test: (prefix: Prefix) => boolean; readonly what: string }[] = [
  { test: (prefix) => prefixLength(prefix) === 0, what: 'the whole address family' },
  {
    test: (prefix) => /^(0|127)\./.test(prefix) || prefixAddress(prefix) === '::1',
    what: 'the host itself (loopback or this-network)',
  },
  { test: (prefix) => /^169\.254\./.test(prefix) || /^fe[89ab][0-9a-f]:/.test(prefix), what: 'link-local' },
  { test: (prefix) => /^(22[4-9]|23\d)\./.test(prefix) || /^ff[0-9a-f]{2}:/.test(prefix), what: 'multicast' },
  { test: (prefix) => /^(24\d|25[0-5])\./.test(prefix), what: 'reserved or broadcast' },
  {
    test: (prefix) => prefixAddress(prefix) === '::' && prefixLength(prefix) > 96,
    what: 'the unspecified address',
  },
]

/** Refuses targets in address space that cannot be a host's. */
export function refuseNonsense(prefixes: readonly Prefix[]): Refusal[] {
  for (const prefix of prefixes) {
    const found = NO_TARGET.find(({ test }) => test(prefix))
    if (found !== undefined)
      return [
        {
          guard: 'space',
          code: 'space-not-blockable',
          message: `${prefix} is ${found.what}; only hosts and networks can be blocked`,
        },
      ]
  }
  return []
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
