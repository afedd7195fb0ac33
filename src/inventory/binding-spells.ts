import type { BindingColumns } from './binding-columns.ts'
import { compareAddresses } from './binding-order.ts'
import { Bindings } from './bindings.ts'

/** So far apart may two records of one beginning be (ms): seconds are rounded, and a length is counted back. */
const ONE_BEGINNING = 5_000

/**
 * The same bindings, told in as few rows as possible, so that a feed can tell the same lease again and again. Of one
 * holder at one address, in one session where sessions have names: times that overlap or touch are one, and what still
 * held when it was told of has ended with the time that it began in. What comes of several feeds does not depend on
 * their order.
 */
export function settledBindings(bindings: Bindings): Bindings {
  const rows = bindings.rows.copy()
  const kept: number[] = []
  for (let start = 0; start < rows.size; ) {
    let end = start + 1
    while (end < rows.size && compareAddresses(rows, start, end) === 0) end += 1
    settleAddress(rows, start, end, kept)
    start = end
  }
  return kept.length === rows.size ? bindings : new Bindings(rows.pick(kept))
}

function settleAddress(rows: BindingColumns, start: number, end: number, kept: number[]): void {
  if (end - start === 1) {
    kept.push(start)
    return
  }
  const told = new Map<string, number[]>()
  for (let row = start; row < end; row += 1) {
    const key = keyOf(rows, row)
    const same = told.get(key)
    if (same === undefined) told.set(key, [row])
    else same.push(row)
  }
  const settled = [...told.values()].flatMap((same) => settleSame(rows, same))
  // One behind the other, as a million may have one address.
  for (const row of settled.sort((a, b) => a - b)) kept.push(row)
}

/** Who, where and in which session, without when. */
function keyOf({ numbers, ids }: BindingColumns, row: number): string {
  const columns = [numbers.mac, ids.user, ids.port, ids.fromPort, ids.toPort, ids.source, numbers.session]
  return columns.map((column) => column[row]).join(' ')
}

/** @param same rows of one holder at one address, by their beginning; ends are moved in place */
function settleSame({ numbers: { from, until } }: BindingColumns, same: readonly number[]): number[] {
  const [spells, open]: [number[], number[]] = [[], []]
  for (const row of same) {
    const last = spells.at(-1)
    if (until[row] === Number.POSITIVE_INFINITY) open.push(row)
    else if (last !== undefined && (from[row] ?? 0) <= (until[last] ?? 0))
      until[last] = Math.max(until[last] ?? 0, until[row] ?? 0)
    else spells.push(row)
  }
  let next = 0
  const still = open.filter((row) => {
    const begins = from[row] ?? 0
    while (next < spells.length && (until[spells[next] ?? 0] ?? 0) <= begins) next += 1
    const spell = spells[next]
    return spell === undefined || (from[spell] ?? 0) - ONE_BEGINNING > begins
  })
  return [...spells, ...still]
}
