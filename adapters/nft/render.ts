import { type Family, prefixAddress, prefixFromBits } from '../../src/domain/prefix.ts'
import { conditionStatements } from './conditions.ts'
import { canonicalRule } from './expression.ts'
import { CHAIN, chainOf } from './lanes.ts'
import { shapeName } from './name.ts'
import type { KeyName, Shape } from './shape.ts'

/** The set whose elements mark that the monitor has reported a whole transaction; it matches nothing. */
export const TICK_SET = 'tick'

/**
 * What a bucket holds beyond one second's bytes: the largest IP packet, since the kernel may hand over segments
 * merged into one (GRO) and a smaller bucket would never let those pass.
 */
const BURST = 65_536

/** The table, chain and mark; harmless when they stand already. */
export function baseCommands(table: string): string[] {
  return [
    `add table inet ${table}`,
    // Ahead of defragmentation (-400), so that fragments are seen, and of connection tracking (-200).
    `add chain inet ${table} ${CHAIN} { type filter hook prerouting priority -450 ; policy accept ; }`,
    `add set inet ${table} ${TICK_SET} { type mark ; }`,
  ]
}

const KEY_TYPES: Readonly<Record<KeyName, (family: Family) => readonly [type: string, expression: string]>> =
  {
    protocol: () => ['inet_proto', 'meta l4proto'],
    destinationPort: () => ['inet_service', 'th dport'],
    sourcePort: () => ['inet_service', 'th sport'],
    icmpType: (family) => (family === 4 ? ['icmp_type', 'icmp type'] : ['icmpv6_type', 'icmpv6 type']),
    icmpCode: (family) => (family === 4 ? ['icmp_code', 'icmp code'] : ['icmpv6_code', 'icmpv6 code']),
  }

/** The types of a set's parts, as nft's JSON gives them. */
export function setTypes(shape: Shape): string[] {
  const address = shape.family === 4 ? 'ipv4_addr' : 'ipv6_addr'
  const addresses = [shape.destination, shape.source].filter((length) => length !== undefined)
  return [...addresses.map(() => address), ...shape.keys.map((name) => KEY_TYPES[name](shape.family)[0])]
}

export function addSetCommand(table: string, shape: Shape): string {
  const each = shape.does === 'drop' ? '' : `${limitText(1)} `
  return `add set inet ${table} ${shapeName(shape)} { type ${setTypes(shape).join(' . ')} ; ${each}counter ; }`
}

/** The statements of each rule that looks packets up in the shape's set, in the order in which nft must see them. */
export function ruleStatements(shape: Shape): string[][] {
  const lookup = `${lookupText(shape)} @${shapeName(shape)}`
  // The lookup comes last because it counts, and charges a limit.
  return conditionStatements(shape).map((statements) => [...statements, lookup, 'drop'])
}

/** The same in the form in which `parse.ts` gives the rules that stand. */
export function canonicalRules(shape: Shape): string[] {
  return ruleStatements(shape).map((statements) => canonicalRule(statements).join(' '))
}

export function addRuleCommand(table: string, shape: Shape, statements: readonly string[]): string {
  // Drops stand before limits, so that dropped packets use up nobody's limit.
  const verb = shape.does === 'drop' ? 'insert' : 'add'
  return `${verb} rule inet ${table} ${chainOf(shape)} ${statements.join(' ')}`
}

function lookupText(shape: Shape): string {
  const ip = shape.family === 4 ? 'ip' : 'ip6'
  return [
    ...(shape.destination === undefined ? [] : [masked(`${ip} daddr`, shape.family, shape.destination)]),
    ...(shape.source === undefined ? [] : [masked(`${ip} saddr`, shape.family, shape.source)]),
    ...shape.keys.map((name) => KEY_TYPES[name](shape.family)[1]),
  ].join(' . ')
}

function masked(expression: string, family: Family, length: number): string {
  const width = family === 4 ? 32 : 128
  if (length === width) return expression
  const mask = prefixFromBits(family, (1n << BigInt(width)) - 1n, length)
  return `${expression} & ${prefixAddress(mask)}`
}

/** An element's own limit, or the one that the set declares so that elements may have one. */
function limitText(rate: number): string {
  return `limit rate over ${rate} bytes/second burst ${BURST} bytes`
}

/** An element as it is added: `203.0.113.9 . 53 limit rate over 125000 bytes/second burst 65536 bytes counter`. */
export function elementText(value: string, rate: number): string {
  return rate === 0 ? value : `${value} ${limitText(rate)} counter`
}

export function elementCommand(
  verb: 'add' | 'delete',
  table: string,
  set: string,
  elements: readonly string[],
): string {
  return `${verb} element inet ${table} ${set} { ${elements.join(', ')} }`
}
