import type { Test } from './rule.ts'

/** Inclusive. */
export interface Range {
  readonly low: number
  readonly high: number
}

const AND = 0x40
const LESS = 0x04
const GREATER = 0x02
const EQUAL = 0x01
const NOT = 0x02
const MATCH = 0x01

/** The values from 0 to `max` for which a list of numeric operators is true (RFC 8955 §4.2.1.1). */
export function numbersThatPass(tests: readonly Test[], max: number): Range[] {
  const groups = alternatives(tests)
  const passes = (value: number): boolean =>
    groups.some((group) => group.every((test) => numberPasses(test, value)))
  const edges = [0, ...tests.flatMap(({ value }) => [value, value + 1]), max + 1]
  // Between two neighbouring edges every operator answers the same for all values.
  return rangesBetween(
    edges.filter((edge) => edge <= max + 1),
    passes,
  )
}

/** The values from 0 to `max` for which a list of bitmask operators is true (RFC 8955 §4.2.1.2). */
export function bitsThatPass(tests: readonly Test[], max: number): Range[] {
  const groups = alternatives(tests)
  const passes = (value: number): boolean =>
    groups.some((group) => group.every((test) => bitsPass(test, value)))
  return rangesBetween(
    Array.from({ length: max + 2 }, (_, at) => at),
    passes,
  )
}

export function valuesIn(ranges: readonly Range[]): number[] {
  return ranges.flatMap(({ low, high }) => Array.from({ length: high - low + 1 }, (_, at) => low + at))
}

/** Of values in ascending order. */
export function rangesOf(values: readonly number[]): Range[] {
  return merged(values.map((value) => ({ low: value, high: value })))
}

/** Joins neighbours; the ranges must ascend. */
export function merged(ranges: readonly Range[]): Range[] {
  const done: Range[] = []
  for (const { low, high } of ranges) {
    const last = done.at(-1)
    if (last?.high === low - 1) done[done.length - 1] = { low: last.low, high }
    else done.push({ low, high })
  }
  return done
}

function rangesBetween(edges: readonly number[], passes: (value: number) => boolean): Range[] {
  const sorted = [...new Set(edges)].sort((a, b) => a - b)
  const passing = sorted.slice(0, -1).flatMap((low, at) => {
    return passes(low) ? [{ low, high: (sorted[at + 1] ?? low) - 1 }] : []
  })
  return merged(passing)
}

/** AND binds tighter than OR, and the first operator's bit counts for nothing. */
function alternatives(tests: readonly Test[]): Test[][] {
  const groups: Test[][] = []
  for (const test of tests) {
    const group = (test.op & AND) === 0 ? undefined : groups.at(-1)
    if (group) group.push(test)
    else groups.push([test])
  }
  return groups
}

/** No comparison at all is false, all three are true. */
function numberPasses({ op, value: operand }: Test, value: number): boolean {
  if (value < operand) return (op & LESS) !== 0
  if (value > operand) return (op & GREATER) !== 0
  return (op & EQUAL) !== 0
}

/** With `match` every bit of the operand must be set, without it any one. */
function bitsPass({ op, value: operand }: Test, value: number): boolean {
  const found = (op & MATCH) === 0 ? (value & operand) !== 0 : (value & operand) === operand
  return (op & NOT) === 0 ? found : !found
}

/** As nft writes what a field may be. */
export function setText(ranges: readonly Range[]): string {
  const texts = ranges.map(({ low, high }) => (low === high ? `${low}` : `${low}-${high}`))
  return texts.length === 1 ? `${texts[0]}` : `{ ${texts.join(', ')} }`
}
