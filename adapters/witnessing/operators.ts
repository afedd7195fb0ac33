import { FRAGMENT_FLAGS, TCP_FLAGS } from '../../src/domain/bitmask.ts'

/** One operator of RFC 8955 §4.2.1.1; `and` binds it to the one before. */
export interface NumberTest {
  readonly and: boolean
  readonly less: boolean
  readonly equal: boolean
  readonly greater: boolean
  readonly value: number
}

/** One operator of RFC 8955 §4.2.1.2: whether all of the bits, or any of them, are set, or that turned round. */
export interface FlagTest {
  readonly and: boolean
  readonly not: boolean
  readonly all: boolean
  readonly value: number
}

/** The values up to `max` that pass, as a match is typed: `53,80-90`; undefined when none can. */
export function numbersText(tests: readonly NumberTest[], max: number): string | undefined {
  const ranges: string[] = []
  for (const group of groups(tests)) {
    // From one edge to the next, all values pass or none does.
    const edges = [0, max + 1, ...group.flatMap(({ value }) => [value, value + 1])]
    const sorted = [...new Set(edges)].filter((edge) => edge <= max + 1).sort((a, b) => a - b)
    for (const [at, edge] of sorted.entries()) {
      const next = sorted[at + 1]
      if (next !== undefined && group.every((test) => passes(test, edge))) ranges.push(`${edge}-${next - 1}`)
    }
  }
  return ranges.length === 0 ? undefined : ranges.join()
}

function passes({ less, equal, greater, value }: NumberTest, number: number): boolean {
  return number < value ? less : number > value ? greater : equal
}

/** The tests, divided where one is not bound to the one before. */
function groups<T extends { readonly and: boolean }>(tests: readonly T[]): T[][] {
  const divided: T[][] = []
  for (const test of tests) {
    const group = test.and ? divided.at(-1) : undefined
    if (group === undefined) divided.push([test])
    else group.push(test)
  }
  return divided
}

/** The bits of `mask` must equal `value`. */
interface Bits {
  readonly mask: number
  readonly value: number
}

/** No rule of ours comes near; tests whose product is larger would only cost time. */
const MOST_ALTERNATIVES = 256

/** The flags that pass, as a match is typed: `syn&!ack,rst`; undefined when it cannot be written so. */
export function flagsText(component: string, tests: readonly FlagTest[]): string | undefined {
  const names = component === 'fragment' ? FRAGMENT_FLAGS : TCP_FLAGS
  const passing: Bits[] = []
  for (const group of groups(tests)) {
    let both: Bits[] = [{ mask: 0, value: 0 }]
    for (const test of group) {
      both = ofBoth(both, alternativesOf(test))
      if (both.length + passing.length > MOST_ALTERNATIVES) return undefined
    }
    passing.push(...both)
  }
  const texts = passing.map((bits) => bitsText(bits, names))
  return texts.length === 0 || texts.includes(undefined) ? undefined : texts.join()
}

function alternativesOf({ not, all, value }: FlagTest): Bits[] {
  if (all !== not) return [{ mask: value, value: all ? value : 0 }]
  return Array.from({ length: 16 }, (_, at) => 1 << at)
    .filter((bit) => (value & bit) !== 0)
    .map((bit) => ({ mask: bit, value: not ? 0 : bit }))
}

function ofBoth(a: readonly Bits[], b: readonly Bits[]): Bits[] {
  return a.flatMap((one) =>
    b
      .filter((other) => (one.mask & other.mask & (one.value ^ other.value)) === 0)
      .map((other) => ({ mask: one.mask | other.mask, value: one.value | other.value })),
  )
}

/** Undefined for a test of nothing, or of bits without a name. */
function bitsText({ mask, value }: Bits, names: ReadonlyMap<string, number>): string | undefined {
  let rest = mask
  const words: string[] = []
  for (const [name, bit] of names) {
    if ((mask & bit) !== 0) words.push((value & bit) === 0 ? `!${name}` : name)
    rest &= ~bit
  }
  return rest !== 0 || words.length === 0 ? undefined : words.join('&')
}
