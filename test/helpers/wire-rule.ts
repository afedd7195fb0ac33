import type { Component, PrefixComponent, Test } from '../../simulator/flow-agent/rule.ts'
import { readRuleKey, type Span } from './rule-text.ts'

/** Types of RFC 8955 §4.2.2 and RFC 8956 §3, by what the components are called in a rule's key. */
const TYPES: Readonly<Record<string, number>> = {
  protocol: 3,
  port: 4,
  'destination-port': 5,
  'source-port': 6,
  'icmp-type': 7,
  'icmp-code': 8,
  'tcp-flags': 9,
  'packet-length': 10,
  dscp: 11,
  fragment: 12,
  'flow-label': 13,
}

const END = 0x80
const AND = 0x40
const LESS = 4
const GREATER = 2
const EQUAL = 1
const NOT = 2
const MATCH = 1

/** In the order of the bits, the lowest first (RFC 9293 §3.1, RFC 8955 §4.2.2.12). */
const BITS: Readonly<Record<string, readonly string[]>> = {
  'tcp-flags': ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'],
  fragment: ['dont-fragment', 'is-fragment', 'first-fragment', 'last-fragment'],
}

/** The components of the rule with this key as a router receives them, without help from our code. */
export function wireComponents(key: string): Component[] {
  const { numbers, flags } = readRuleKey(key)
  const ends = [...key.matchAll(/(destination|source)=(\S+)/g)].map(
    ([, name, prefix = '']): PrefixComponent => ({ type: name === 'destination' ? 1 : 2, prefix, offset: 0 }),
  )
  const others = [
    ...[...numbers].map(([name, spans]) => ({ type: typeOf(name), tests: ended(spans.flatMap(spanTests)) })),
    ...[...flags].map(([name, alternatives]) => {
      const tests = alternatives.flatMap((words) => {
        const mask = (isSet: boolean): number =>
          words.filter(({ set }) => set === isSet).reduce((sum, one) => sum | bitOf(name, one.name), 0)
        return flagTests(mask(true), mask(false))
      })
      return { type: typeOf(name), tests: ended(tests) }
    }),
  ]
  return [...ends, ...others].sort((a, b) => a.type - b.type)
}

function typeOf(name: string): number {
  const type = TYPES[name]
  if (type === undefined) throw new Error(`no component is called ${name}`)
  return type
}

function bitOf(component: string, flag: string): number {
  const at = BITS[component]?.indexOf(flag) ?? -1
  if (at < 0) throw new Error(`${component} has no ${flag}`)
  return 1 << at
}

function spanTests({ low, high }: Span): Test[] {
  if (low === high) return [sized(EQUAL, low)]
  return [sized(GREATER | EQUAL, low), sized(AND | LESS | EQUAL, high)]
}

function flagTests(set: number, unset: number): Test[] {
  if (unset === 0) return [sized(MATCH, set)]
  return set === 0 ? [sized(NOT, unset)] : [sized(MATCH, set), sized(AND | NOT, unset)]
}

/** Bits 2 and 3 of the operator say that the value takes 1, 2 or 4 octets (RFC 8955 §4.2.1). */
function sized(op: number, value: number): Test {
  return { op: op | (value > 0xffff ? 0x20 : value > 0xff ? 0x10 : 0), value }
}

function ended(tests: readonly Test[]): Test[] {
  return tests.map(({ op, value }, at) => ({ op: at === tests.length - 1 ? op | END : op, value }))
}
