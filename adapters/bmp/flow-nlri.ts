import { InputError } from '../../src/domain/input-error.ts'
import { type PacketMatch, readMatch } from '../../src/domain/match.ts'
import type { Family } from '../../src/domain/prefix.ts'
import { type FlagTest, flagsText, type NumberTest, numbersText } from '../witnessing/operators.ts'
import { BmpError, Bytes } from './bytes.ts'
import { prefixOf } from './prefix.ts'

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

const DESTINATION = 1
const SOURCE = 2

/**
 * What a flow specification matches; undefined for one that no rule of ours can be: an unknown component, an
 * offset, values that no packet has.
 * @throws BmpError when the bytes end in the middle
 */
export function decodeFlow(family: Family, nlri: Buffer): PacketMatch | undefined {
  const bytes = new Bytes(nlri, 'a flow specification')
  const input: Record<string, string> = {}
  let last = 0
  while (bytes.left > 0) {
    const type = bytes.u8()
    // Strictly ascending by RFC 8955 §4.2: each at most once.
    if (type <= last) return undefined
    last = type
    const read = readComponent(family, type, bytes)
    if (read === undefined) return undefined
    input[read.name] = read.text
  }
  try {
    return readMatch(family, input)
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

function readComponent(
  family: Family,
  type: number,
  bytes: Bytes,
): { readonly name: string; readonly text: string } | undefined {
  if (type === DESTINATION || type === SOURCE) {
    const prefix = readPrefix(family, bytes)
    return prefix === undefined
      ? undefined
      : { name: type === SOURCE ? 'source' : 'destination', text: prefix }
  }
  const [name, max] = COMPONENTS[type - 3] ?? []
  if (name === undefined || max === undefined) return undefined
  const text =
    max === 'flags'
      ? flagsText(name, readTests(bytes, flagTest))
      : numbersText(readTests(bytes, numberTest), max)
  return text === undefined ? undefined : { name, text }
}

/** An IPv6 prefix has an offset (RFC 8956 §3.1), which rules of ours do not use. */
function readPrefix(family: Family, bytes: Bytes): string | undefined {
  const length = bytes.u8()
  if (length > (family === 4 ? 32 : 128))
    throw new BmpError(`a flow specification has a prefix of ${length} bits`)
  const offset = family === 6 ? bytes.u8() : 0
  if (offset > length) throw new BmpError(`a flow specification has an offset of ${offset} bits`)
  const pattern = bytes.take(Math.ceil((length - offset) / 8))
  return offset === 0 ? prefixOf(family, length, pattern) : undefined
}

const END = 0x80
const AND = 0x40

function readTests<T>(bytes: Bytes, read: (operator: number, value: number) => T): T[] {
  const tests: T[] = []
  for (;;) {
    const operator = bytes.u8()
    const value = bytes.number(1 << ((operator >> 4) & 3))
    // The first has nothing before it that it could be bound to.
    tests.push(read(tests.length === 0 ? operator & ~AND : operator, value))
    if ((operator & END) !== 0) return tests
  }
}

/** RFC 8955 §4.2.1.1. */
function numberTest(operator: number, value: number): NumberTest {
  return {
    and: (operator & AND) !== 0,
    less: (operator & 4) !== 0,
    greater: (operator & 2) !== 0,
    equal: (operator & 1) !== 0,
    value,
  }
}

/** RFC 8955 §4.2.1.2. */
function flagTest(operator: number, value: number): FlagTest {
  return { and: (operator & AND) !== 0, not: (operator & 2) !== 0, all: (operator & 1) !== 0, value }
}
