import { InputError } from '../../src/domain/input-error.ts'
import { type PacketMatch, readMatch } from '../../src/domain/match.ts'
import type { Family } from '../../src/domain/prefix.ts'
import { type FlagTest, flagsText, type NumberTest, numbersText } from './operators.ts'

/** The components by their type numbers (RFC 8955 §4.2.2, RFC 8956 §3), from 3 on, and the greatest of their values. */
const COMPONENTS: readonly (readonly [name: string, max: number | 'flags'])[] = [
  ['protocol', 255],
  ['port', 65_535],
  ['destination-port', 65_535],
  ['source-port', 65_535],
  ['icmp-type', 255],
  ['icmp-code', 255],
  ['tcp-flags', 'flags'],
  ['packet-length', 65_535],
  ['dscp', 63],
  ['fragment', 'flags'],
  ['flow-label', 1_048_575],
]

export const DESTINATION = 1
export const SOURCE = 2

/** An operator octet (RFC 8955 §4.2.1) and its operand. */
export interface WireTest {
  readonly op: number
  readonly value: number
}

/** A component by its name in a match, and its value as a match is typed. */
export type NamedText = readonly [name: string, text: string]

/** Undefined for a component that is not known and for values that no packet has. */
export function componentOf(type: number, tests: readonly WireTest[]): NamedText | undefined {
  const [name, max] = COMPONENTS[type - 3] ?? []
  if (name === undefined || max === undefined) return undefined
  // The first has nothing before it that it could be bound to.
  const bound = tests.map(({ op, value }, at) => ({ op: at === 0 ? op & ~AND : op, value }))
  const text =
    max === 'flags' ? flagsText(name, bound.map(flagTest)) : numbersText(bound.map(numberTest), max)
  return text === undefined ? undefined : [name, text]
}

/** The greatest value of a component of numbers; undefined for one of flags. */
export function greatestOf(name: string): number | undefined {
  const max = COMPONENTS.find(([known]) => known === name)?.[1]
  return max === 'flags' ? undefined : max
}

const AND = 0x40

/** RFC 8955 §4.2.1.1. */
function numberTest({ op, value }: WireTest): NumberTest {
  return {
    and: (op & AND) !== 0,
    less: (op & 4) !== 0,
    greater: (op & 2) !== 0,
    equal: (op & 1) !== 0,
    value,
  }
}

/** RFC 8955 §4.2.1.2. */
function flagTest({ op, value }: WireTest): FlagTest {
  return { and: (op & AND) !== 0, not: (op & 2) !== 0, all: (op & 1) !== 0, value }
}

/** The match of these components; undefined when one is unknown, or no rule can have them. */
export function matchOf(
  family: Family,
  components: readonly (NamedText | undefined)[],
): PacketMatch | undefined {
  const known = components.filter((component) => component !== undefined)
  if (known.length < components.length) return undefined
  try {
    return readMatch(family, Object.fromEntries(known))
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}
