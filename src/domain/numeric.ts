import { InputError } from './input-error.ts'

/** An inclusive range of whole numbers. */
export type Range = readonly [low: number, high: number]

/** Values that a numeric component matches: sorted, disjoint, never adjacent, never empty. */
export type Ranges = readonly Range[]

/**
 * Reads the numeric operators of RFC 8955 §4.2.1.1 as text: `53`, `80-90`, `>=1024`, `<=9`, `>5`, `<5`, joined by
 * commas (or). Their union is what counts, so `1-4,5` and `1-5` are the same.
 * @throws InputError `match-value`, when a value cannot occur in a packet or nothing could match
 */
export function readRanges(
  input: unknown,
  max: number,
  names: ReadonlyMap<string, number> = new Map(),
): Ranges {
  const terms = Array.isArray(input)
    ? (input as unknown[])
    : typeof input === 'string'
      ? input.split(',')
      : [input]
  const ranges = terms.map((term) => readTerm(term, max, names))
  if (ranges.length === 0)
    throw new InputError('match-value', 'an empty list matches nothing; give at least one value')
  return unionRanges(ranges)
}

function readTerm(term: unknown, max: number, names: ReadonlyMap<string, number>): Range {
  const text =
    typeof term === 'number' ? String(term) : typeof term === 'string' ? term.trim().toLowerCase() : ''
  const named = names.get(text)
  if (named !== undefined) return [named, named]
  const parts = /^(?:(>=|<=|>|<)(\d{1,10})|(\d{1,10})(?:-(\d{1,10}))?)$/.exec(text)
  if (parts === null) {
    throw new InputError(
      'match-value',
      `'${text}' is not a number, a range such as 80-90 or a comparison such as >=1024`,
    )
  }
  const [, comparison, bound, from, to] = parts
  const range =
    comparison === undefined ? plainRange(Number(from), to) : comparedRange(comparison, Number(bound), max)
  if (range[0] > range[1] || range[1] > max) {
    throw new InputError(
      'match-value',
      `'${text}' cannot occur; values run from 0 to ${max}, the lower one first`,
    )
  }
  return range
}

function plainRange(from: number, to: string | undefined): Range {
  return [from, to === undefined ? from : Number(to)]
}

function comparedRange(comparison: string, bound: number, max: number): Range {
  switch (comparison) {
    case '>=':
      return [bound, Math.max(bound, max)]
    case '>':
      return [bound + 1, Math.max(bound + 1, max)]
    case '<=':
      return [0, bound]
    default:
      return [0, bound - 1]
  }
}

function unionRanges(ranges: readonly Range[]): Ranges {
  const merged: [number, number][] = []
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high)
    else merged.push([low, high])
  }
  return merged
}

/** Canonical text: `53,80-90`. */
export function rangesText(ranges: Ranges): string {
  return ranges.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(',')
}

/** Whether a value is matched. */
export function rangesHave(ranges: Ranges, value: number): boolean {
  return ranges.some(([low, high]) => low <= value && value <= high)
}

/** Whether every value of `inner` is matched by `outer`. */
export function rangesCover(outer: Ranges, inner: Ranges): boolean {
  return inner.every(([low, high]) => outer.some((range) => range[0] <= low && high <= range[1]))
}
