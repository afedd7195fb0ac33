import type { BlockSpec, Collateral } from '../domain/block.ts'
import { type Prefix, prefixBits, prefixFamily, prefixFromBits, prefixSize } from '../domain/prefix.ts'
import type { BlackholeRule, RuleScope } from '../domain/rule.ts'
import type { Device } from '../inventory/inventory.ts'

/** What a blackhole widens by its nature, whatever the site. */
type ByBlackhole = Exclude<Collateral, 'fragments' | 'reachable-too'>

/** Host routes that one prefix may become on a device that takes only those. */
export const MOST_HOST_ROUTES = 16n

/** Why a device cannot hold a blackhole for this block in this scope; `undefined` when it can. */
export function refuseBlackhole(
  device: Device,
  kind: BlackholeRule['kind'],
  spec: BlockSpec,
  scope: RuleScope,
): string | undefined {
  if (kind === 's-rtbh' && !device.urpf) return 'a source blackhole needs uRPF, which is not declared for it'
  if (spec.action.do !== 'drop') return 'a blackhole can only drop'
  if (device.capabilities.scopes?.includes(scope) !== false) return undefined
  return scope === 'external'
    ? 'it takes no blackholes of outside prefixes (its scope external is not configured)'
    : `it has no scope ${scope}`
}

/** A blackhole drops every packet of the host, and where uRPF looks at the same route in both directions. */
export function widenedByBlackhole(device: Device, spec: BlockSpec): ByBlackhole[] {
  const wider = spec.match === undefined ? [] : (['whole-host'] as const)
  return device.urpf && spec.direction !== 'both' ? [...wider, 'both-directions'] : [...wider]
}

export const WOULD_WIDEN: Readonly<Record<ByBlackhole, string>> = {
  'whole-host': 'a blackhole would hit the whole host; permit collateral whole-host if that is meant',
  'both-directions':
    'uRPF there makes a blackhole stop both directions (RFC 5635 §4); permit collateral both-directions if that is meant',
}

/** The hosts of a prefix; `undefined` when they are too many. */
export function hostPrefixes(prefix: Prefix): Prefix[] | undefined {
  const size = prefixSize(prefix)
  if (size > MOST_HOST_ROUTES) return undefined
  if (size === 1n) return [prefix]
  const family = prefixFamily(prefix)
  const first = prefixBits(prefix)
  return Array.from({ length: Number(size) }, (_, index) =>
    prefixFromBits(family, first + BigInt(index), family === 4 ? 32 : 128),
  )
}
