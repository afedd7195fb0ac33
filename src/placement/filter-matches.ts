import { type BlockSpec, FRAGMENT_COLLATERAL } from '../domain/block.ts'
import {
  type Components,
  hidesFromFragments,
  NO_COMPONENTS,
  onlyFragments,
  type PacketMatch,
  rangesHave,
} from '../domain/match.ts'
import { type Family, type Prefix, parsePrefix, prefixFamily } from '../domain/prefix.ts'
import { type Inventory, isOwn } from '../inventory/inventory.ts'

export type OneWay = 'to' | 'from'

/** The packets that filters of one block have to match, in one direction, on one prefix. */
export interface FilterMatches {
  readonly exact: readonly PacketMatch[]
  /**
   * The later fragments of what is matched: they carry no ports, flags or ICMP types, so that no exact match has
   * them (RFC 8955 §4.2.2.12). Undefined where the block has no such component.
   */
  readonly fragments: readonly PacketMatch[] | undefined
}

/** @param needsDestination whether routers take no filter without one (RFC 8955 §6, RFC 9117 §4.1) */
export function filterMatches(
  spec: BlockSpec,
  prefix: Prefix,
  way: OneWay,
  inventory: Inventory,
  needsDestination: boolean,
): FilterMatches {
  const components = spec.match?.components ?? NO_COMPONENTS
  const whole = endsOf(spec, prefix, way)
  const ends =
    needsDestination && whole.destination === undefined
      ? everyDestination(whole, isOwn(inventory, prefix), inventory)
      : [whole]
  const matching = (all: Components): PacketMatch[] => ends.map((end) => ({ ...end, components: all }))
  return {
    exact: matching(components),
    fragments: hidesFromFragments(components) ? matching(onlyFragments(components)) : undefined,
  }
}

/** Whether later fragments are to be hit too. */
export function takesFragments(spec: BlockSpec): boolean {
  return spec.collateral.includes(FRAGMENT_COLLATERAL)
}

type Ends = Omit<PacketMatch, 'components'>

function endsOf(spec: BlockSpec, prefix: Prefix, way: OneWay): Ends {
  const family = prefixFamily(prefix)
  const other = way === 'to' ? spec.match?.source : spec.match?.destination
  if (other === undefined) return way === 'to' ? { family, destination: prefix } : { family, source: prefix }
  return way === 'to'
    ? { family, destination: prefix, source: other }
    : { family, destination: other, source: prefix }
}

/** A destination of length 0 counts as none at BIRD 2.0 (measured); the two halves of the family do not. */
const HALVES: Readonly<Record<Family, readonly Prefix[]>> = {
  4: [parsePrefix('0.0.0.0/1'), parsePrefix('128.0.0.0/1')],
  6: [parsePrefix('::/1'), parsePrefix('8000::/1')],
}

/** What comes from outside goes to own space; what comes from own space may go anywhere. */
function everyDestination(ends: Ends, fromOwn: boolean, { own }: Inventory): Ends[] {
  const { family } = ends
  const aggregates = [...own.entries()]
    .map(([prefix]) => prefix)
    .filter((prefix) => prefixFamily(prefix) === family)
  return (fromOwn ? HALVES[family] : aggregates).map((destination) => ({ ...ends, destination }))
}

/** Why a device gets no filter: nothing of that family can get to own space from outside. */
export function noDestination(prefix: Prefix): string {
  return `its routers want a destination, and the site has no IPv${prefixFamily(prefix)} space of its own to name`
}

/** Whether a match is of TCP alone: a segment without its first fragment reaches nobody. */
export function isTcp([match]: readonly PacketMatch[]): boolean {
  const { protocol = [] } = match?.components ?? {}
  return protocol.length === 1 && rangesHave(protocol, 6) && protocol[0]?.[0] === protocol[0]?.[1]
}
