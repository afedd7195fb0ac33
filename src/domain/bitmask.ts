import { InputError } from './input-error.ts'

/** One test on a field of flags: the bits of `mask` must equal `value`. */
export interface BitTest {
  readonly mask: number
  readonly value: number
}

/** Alternatives, sorted and distinct; a packet matches when any holds. */
export type BitTests = readonly BitTest[]

/** TCP flags by their bit in the 13th and 14th octet of the header (RFC 9293 §3.1). */
export const TCP_FLAGS: ReadonlyMap<string, number> = new Map([
  ['fin', 1],
  ['syn', 2],
  ['rst', 4],
  ['psh', 8],
  ['ack', 16],
  ['urg', 32],
  ['ece', 64],
  ['cwr', 128],
])

/** Fragment bits of RFC 8955 §4.2.2.12; `dont-fragment` does not exist in IPv6 (RFC 8956 §3.5). */
export const FRAGMENT_FLAGS: ReadonlyMap<string, number> = new Map([
  ['dont-fragment', 1],
  ['is-fragment', 2],
  ['first-fragment', 4],
  ['last-fragment', 8],
])

/**
 * Reads flags as text: `syn&!ack` (and, not), alternatives joined by commas. Every bitmask operand of
 * RFC 8955 §4.2.1.2 can be written so.
 * @throws InputError `match-value`
 */
export function readBitTests(input: unknown, names: ReadonlyMap<string, number>): BitTests {
  if (typeof input !== 'string' || input.trim() === '') {
    throw new InputError('match-value', `expected text such as ${exampleOf(names)}`)
  }
  const tests = input.split(',').map((alternative) => readTest(alternative, names))
  const byText = new Map(tests.map((test) => [`${test.mask}/${test.value}`, test]))
  return [...byText.values()].sort((a, b) => a.mask - b.mask || a.value - b.value)
}

function readTest(alternative: string, names: ReadonlyMap<string, number>): BitTest {
  let mask = 0
  let value = 0
  for (const term of alternative.split('&')) {
    const word = term.trim().toLowerCase()
    const negated = word.startsWith('!')
    const bit = names.get(negated ? word.slice(1) : word)
    if (bit === undefined) {
      throw new InputError(
        'match-value',
        `'${word}' is unknown; known are ${[...names.keys()].join(', ')}, each with ! for not`,
      )
    }
    if ((mask & bit) !== 0 && ((value & bit) === 0) !== negated) {
      throw new InputError(
        'match-value',
        `'${alternative.trim()}' asks for a flag to be set and not set; no packet matches`,
      )
    }
    mask |= bit
    if (!negated) value |= bit
  }
  return { mask, value }
}

function exampleOf(names: ReadonlyMap<string, number>): string {
  return names === TCP_FLAGS ? "'syn&!ack'" : "'is-fragment'"
}

/** Canonical text: `syn&!ack,rst`. */
export function bitTestsText(tests: BitTests, names: ReadonlyMap<string, number>): string {
  return tests.map((test) => testText(test, names)).join(',')
}

function testText(test: BitTest, names: ReadonlyMap<string, number>): string {
  const words: string[] = []
  for (const [name, bit] of names) {
    if ((test.mask & bit) !== 0) words.push((test.value & bit) !== 0 ? name : `!${name}`)
  }
  return words.join('&')
}

/** Whether flags of a packet satisfy one of the alternatives. */
export function bitTestsHave(tests: BitTests, flags: number): boolean {
  return tests.some((test) => (flags & test.mask) === test.value)
}
