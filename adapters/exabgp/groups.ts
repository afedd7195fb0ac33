import { type Family, type Prefix, prefixFamily } from '../../src/domain/prefix.ts'
import type { BlackholeRule } from '../../src/domain/rule.ts'
import {
  allFamilies,
  canonicalAddress,
  type ExabgpConfig,
  familiesOf,
  type NeighbourConfig,
  scopesOf,
} from './config.ts'
import { Encoder, memberOf } from './render.ts'
import { Slots } from './slots.ts'

/** Neighbours that get blackholes alike. */
interface Likes {
  /** Empty when there is only one group. */
  readonly name: string
  readonly neighbours: readonly NeighbourConfig[]
}

/** One for each set of scopes, in the order of the configuration. */
function groupNeighbours(config: ExabgpConfig): Likes[] {
  const byScopes = new Map<string, NeighbourConfig[]>()
  for (const neighbour of config.neighbours) {
    if (!familiesOf(neighbour).some((family) => family.endsWith('unicast'))) continue
    const scopes = JSON.stringify(scopesOf(config, neighbour))
    byScopes.set(scopes, [...(byScopes.get(scopes) ?? []), neighbour])
  }
  const groups = [...byScopes.values()]
  return groups.map((neighbours, index) => ({ name: groups.length === 1 ? '' : `${index + 1}`, neighbours }))
}

/** Names who is in which group: a speaker that runs with another division is replaced. Empty for a single group. */
export function divisionOf(config: ExabgpConfig): string {
  const groups = groupNeighbours(config)
  if (groups.length === 1) return ''
  return groups
    .map(({ name, neighbours }) => [name, ...neighbours.map((one) => one.address)].join(' '))
    .join('\n')
}

/** Commands to some of the neighbours begin with their names; none of them is told what it does not take. */
function selectorFor(
  config: ExabgpConfig,
  some: readonly NeighbourConfig[],
  family: string,
): string | undefined {
  const takers = some.filter((one) => familiesOf(one).some((taken) => taken === family))
  if (takers.length === 0) return undefined
  if (takers.length === config.neighbours.length) return ''
  return `${takers.map((one) => `neighbor ${canonicalAddress(one.address)}`).join(' , ')} `
}

/** Each family with those who take it: `ipv4/unicast=*`, `ipv4/flow=192.0.2.1,192.0.2.2`. */
export function familyTakers(config: ExabgpConfig): string[] {
  return allFamilies(config).map((family) => {
    const takers = config.neighbours.filter((one) => familiesOf(one).includes(family))
    const all = takers.length === config.neighbours.length
    const names = all ? '*' : takers.map((one) => canonicalAddress(one.address)).join(',')
    return `${family.replace(' ', '/')}=${names}`
  })
}

export type Selector = (family: Family) => string | undefined

/** What commands about flow routes begin with; undefined when nobody takes the family. */
export function flowSelector(config: ExabgpConfig): Selector {
  const selectors = {
    4: selectorFor(config, config.neighbours, 'ipv4 flow'),
    6: selectorFor(config, config.neighbours, 'ipv6 flow'),
  }
  return (family) => selectors[family]
}

/** Neighbours that get blackholes alike, and what they were told. */
export interface Group {
  readonly name: string
  readonly encoder: Encoder
  readonly slots: Slots
  /** What commands about this group begin with; undefined when none of it takes the family. */
  readonly selector: Selector
  /** Canonical addresses. */
  readonly addresses: ReadonlySet<string>
}

/** @param now monotonic @param seed where the order of changes starts @param adopted whether the speaker ran before */
export function makeGroups(config: ExabgpConfig, now: number, seed: number, adopted: boolean): Group[] {
  return groupNeighbours(config).map(({ name, neighbours }) => {
    const [first] = neighbours
    const encoder = new Encoder(first === undefined ? config.scopes : scopesOf(config, first), config.marking)
    const selectors = {
      4: selectorFor(config, neighbours, 'ipv4 unicast'),
      6: selectorFor(config, neighbours, 'ipv6 unicast'),
    }
    return {
      name,
      encoder,
      slots: new Slots(encoder, now, seed, adopted),
      selector: (family) => selectors[family],
      addresses: new Set(neighbours.map((one) => canonicalAddress(one.address))),
    }
  })
}

/** Whether a blackhole goes to the neighbours of a group. */
export function reaches({ encoder, selector }: Group, rule: BlackholeRule): boolean {
  return encoder.knows(memberOf(rule)) && selector(prefixFamily(rule.prefix)) !== undefined
}

/** Under which name the helper keeps a blackhole of a group: `203.0.113.9/32`, `2!203.0.113.9/32`. */
export function slotName({ name }: Pick<Group, 'name'>, prefix: Prefix): string {
  return name === '' ? prefix : `${name}!${prefix}`
}

/** The name of the group and the prefix of {@link slotName}. */
export function readSlotName(text: string): [group: string, prefix: Prefix] {
  const at = text.indexOf('!')
  return [text.slice(0, Math.max(at, 0)), text.slice(at + 1) as Prefix]
}
