import { maskOf, type Prefix, readPrefix } from './address.ts'
import type { Component, FlowRule, PrefixComponent, TestComponent } from './rule.ts'

/** A rule with all that comparing it needs, worked out once. */
export interface Ordered {
  readonly family: 4 | 6
  readonly components: readonly OrderedComponent[]
}

type OrderedComponent =
  | { readonly type: number; readonly prefix: Prefix; readonly offset: number }
  | { readonly type: number; readonly octets: Buffer }

export function orderedForm(rule: Pick<FlowRule, 'family' | 'components'>): Ordered {
  return { family: rule.family, components: rule.components.map(componentForm) }
}

/**
 * Negative when `a` is evaluated before `b`: the algorithm of RFC 8955 §5.1, and of RFC 8956 §4 for prefixes with
 * an offset. Rules of two families never meet; those of IPv4 stand first.
 */
export function compareRules(a: Ordered, b: Ordered): number {
  if (a.family !== b.family) return a.family - b.family
  for (let at = 0; ; at += 1) {
    const mine = a.components[at]
    const theirs = b.components[at]
    if (mine === undefined && theirs === undefined) return 0
    // The rule that has a component which the other lacks goes first; so does a lower type.
    const byType = (mine?.type ?? Number.POSITIVE_INFINITY) - (theirs?.type ?? Number.POSITIVE_INFINITY)
    if (byType !== 0) return byType < 0 ? -1 : 1
    const order = compareComponents(mine, theirs)
    if (order !== 0) return order
  }
}

function compareComponents(a: OrderedComponent | undefined, b: OrderedComponent | undefined): number {
  if (a === undefined || b === undefined) return 0
  if ('prefix' in a && 'prefix' in b) return comparePrefixes(a.prefix, a.offset, b.prefix, b.offset)
  if ('octets' in a && 'octets' in b) return compareOctets(a.octets, b.octets)
  return 0
}

/** The lower offset, then the lower value over the bits that both have, then the longer prefix. */
function comparePrefixes(a: Prefix, aOffset: number, b: Prefix, bOffset: number): number {
  if (aOffset !== bOffset) return aOffset < bOffset ? -1 : 1
  const common = maskOf(a.width, aOffset, Math.min(a.length, b.length))
  const [mine, theirs] = [a.bits & common, b.bits & common]
  if (mine !== theirs) return mine < theirs ? -1 : 1
  return Math.sign(b.length - a.length)
}

/** As memcmp over what both have; of equal ones the longer goes first. */
function compareOctets(a: Buffer, b: Buffer): number {
  const common = Math.min(a.length, b.length)
  return Buffer.compare(a.subarray(0, common), b.subarray(0, common)) || Math.sign(b.length - a.length)
}

function componentForm(component: Component): OrderedComponent {
  if (isPrefixComponent(component)) {
    return { type: component.type, prefix: readPrefix(component.prefix), offset: component.offset }
  }
  return { type: component.type, octets: Buffer.from(component.tests.flatMap(octetsOf)) }
}

export function isPrefixComponent(component: Component): component is PrefixComponent {
  return component.type === 1 || component.type === 2
}

/** An operator's octet, whose bits 2 and 3 say how long the operand is, and the operand (RFC 8955 §4.2.1). */
function octetsOf({ op, value }: TestComponent['tests'][number]): number[] {
  const length = 1 << ((op >> 4) & 3)
  const operand = Array.from({ length }, (_, at) => Math.floor(value / 256 ** (length - 1 - at)) % 256)
  return [op, ...operand]
}
