import type { Components, Ranges } from '../../src/domain/match.ts'
import { CONTROL, NO_COMPONENTS, type PacketMatch } from '../../src/domain/match.ts'
import {
  type Family,
  type Prefix,
  parsePrefix,
  prefixAddress,
  prefixLength,
} from '../../src/domain/prefix.ts'
import { DROP, type FilterRule, filterRule, type Rule } from '../../src/domain/rule.ts'

/** Components that become part of an element when they are one exact value, in the order of the element's parts. */
export const KEY_NAMES = ['protocol', 'destinationPort', 'sourcePort', 'icmpType', 'icmpCode'] as const
export type KeyName = (typeof KEY_NAMES)[number]

/**
 * What rules of one set have in common: everything but the addresses and the exact values. Each shape is one hash
 * set and the rule (for IPv6 fragments: rules) that looks packets up in it, so a block is one element.
 */
export interface Shape {
  readonly kind: FilterRule['kind']
  readonly family: Family
  readonly does: 'drop' | 'rate-limit'
  /** Prefix lengths; absent when the rules do not look at that address. */
  readonly destination?: number
  readonly source?: number
  readonly keys: readonly KeyName[]
  /** The components that are the same for all of the set's rules. */
  readonly conditions: Components
  /** What their matches leave out at the other end, the same for all of them too. */
  readonly exceptions?: readonly Prefix[]
  /** Whether their matches leave out control traffic. */
  readonly keeps?: true
}

/** One rule as the enforcer holds it. */
export interface Entry {
  readonly shape: Shape
  /** The element as nft writes it: `203.0.113.9 . 17 . 53`. */
  readonly value: string
  /** Bytes a second; 0 for a drop. */
  readonly rate: number
}

/** nft counts a rate in 64 bits; ours stays exact in a JSON number. */
const MAX_RATE = 1e15

/** Why a rule cannot be an entry, in words for an operator; or the entry. */
export function entryOf(rule: Rule): Entry | { readonly unsupported: string } {
  if (!('match' in rule)) return { unsupported: `nftables holds packet filters, not ${rule.kind}` }
  const { action, match } = rule
  if (action.do !== 'drop' && action.do !== 'rate-limit')
    return { unsupported: `nftables can drop and limit here, not ${action.do}` }
  if (action.do === 'rate-limit' && !isRate(action.bytesPerSecond)) {
    return { unsupported: `a limit must be a whole number of bytes a second from 1 to ${MAX_RATE}` }
  }
  const keys = KEY_NAMES.filter((name) => isKey(match.components, name))
  const prefixes = [match.destination, match.source].filter((prefix) => prefix !== undefined)
  const shape: Shape = {
    kind: rule.kind,
    family: match.family,
    does: action.do,
    ...(match.destination === undefined ? {} : { destination: prefixLength(match.destination) }),
    ...(match.source === undefined ? {} : { source: prefixLength(match.source) }),
    keys,
    conditions: conditionsOf(match.components, keys),
    ...(match.except === undefined ? {} : { exceptions: match.except }),
    ...(match.keep === undefined ? {} : { keeps: true as const }),
  }
  const parts = [
    ...prefixes.map(prefixAddress),
    ...keys.map((name) => String(match.components[name]?.[0]?.[0])),
  ]
  return { shape, value: parts.join(' . '), rate: action.do === 'drop' ? 0 : action.bytesPerSecond }
}

function isRate(rate: number): boolean {
  return Number.isInteger(rate) && rate >= 1 && rate <= MAX_RATE
}

function isKey(components: Components, name: KeyName): boolean {
  if (name === 'protocol' && impliesProtocol(components)) return false
  const ranges = components[name]
  return ranges?.length === 1 && ranges[0]?.[0] === ranges[0]?.[1]
}

/** ICMP fields and TCP flags exist in one protocol only, which nft adds and hides by itself. */
function impliesProtocol(c: Components): boolean {
  return c.icmpType !== undefined || c.icmpCode !== undefined || c.tcpFlags !== undefined
}

function conditionsOf(components: Components, keys: readonly KeyName[]): Components {
  const left: Record<string, unknown> = { ...components }
  for (const name of keys) delete left[name]
  if (impliesProtocol(components)) delete left['protocol']
  return Object.keys(left).length === 0 ? NO_COMPONENTS : (left as Components)
}

/**
 * The rule that an element stands for.
 * @throws InputError when the value is none that {@link entryOf} makes, such as an address with host bits
 */
export function ruleOf({ shape, value, rate }: Entry): FilterRule {
  const parts = value.split(' . ')
  const destination = takePrefix(parts, shape.destination)
  const source = takePrefix(parts, shape.source)
  const match: PacketMatch = {
    family: shape.family,
    ...(destination === undefined ? {} : { destination }),
    ...(source === undefined ? {} : { source }),
    ...(shape.exceptions === undefined ? {} : { except: shape.exceptions }),
    ...(shape.keeps === true ? { keep: CONTROL } : {}),
    components: componentsOf(shape, parts),
  }
  return filterRule(
    shape.kind,
    match,
    shape.does === 'drop' ? DROP : { do: 'rate-limit', bytesPerSecond: rate },
  )
}

function takePrefix(parts: string[], length: number | undefined): Prefix | undefined {
  return length === undefined ? undefined : parsePrefix(`${parts.shift()}/${length}`)
}

function componentsOf(shape: Shape, values: readonly string[]): Components {
  if (shape.keys.length === 0 && shape.conditions === NO_COMPONENTS) return NO_COMPONENTS
  const components: Record<string, unknown> = { ...shape.conditions }
  for (const [index, name] of shape.keys.entries()) {
    const value = Number(values[index])
    components[name] = [[value, value]]
  }
  const protocol = impliedProtocol(shape.family, components)
  if (protocol !== undefined) components['protocol'] = protocol
  return components as Components
}

function impliedProtocol(family: Family, components: Components): Ranges | undefined {
  if (components.tcpFlags !== undefined) return [[6, 6]]
  return impliesProtocol(components) ? [family === 4 ? [1, 1] : [58, 58]] : undefined
}

/** How many parts an element of this shape has. */
export function partCount(shape: Pick<Shape, 'destination' | 'source' | 'keys'>): number {
  return [shape.destination, shape.source].filter((length) => length !== undefined).length + shape.keys.length
}
