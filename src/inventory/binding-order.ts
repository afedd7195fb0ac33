import type { BindingColumns } from './binding-columns.ts'

/** The order of two rows by their address alone; 0 for the same one. */
export function compareAddresses({ ids }: BindingColumns, a: number, b: number): number {
  const { a0, a1, a2, a3 } = ids
  return (
    (a0[a] ?? 0) - (a0[b] ?? 0) ||
    (a1[a] ?? 0) - (a1[b] ?? 0) ||
    (a2[a] ?? 0) - (a2[b] ?? 0) ||
    (a3[a] ?? 0) - (a3[b] ?? 0)
  )
}

/** The order of rows: by address, then by beginning, then by all the rest. 0 only for rows that say the same. */
function compareRows(columns: BindingColumns, a: number, b: number): number {
  const order = compareAddresses(columns, a, b) || compareIn(columns.numbers.from, a, b)
  if (order !== 0) return order
  const { numbers, ids } = columns
  const { until, mac, session } = numbers
  const rest = [until, mac, ids.user, ids.port, ids.fromPort, ids.toPort, ids.source, session]
  for (const column of rest) {
    const difference = compareIn(column, a, b)
    if (difference !== 0) return difference
  }
  return 0
}

/** Infinity stands for what has not ended: a difference of two would be no number. */
function compareIn(column: Uint32Array | Float64Array, a: number, b: number): number {
  const [x = 0, y = 0] = [column[a], column[b]]
  return x < y ? -1 : x > y ? 1 : 0
}

/** The rows in order, and of those that say the same only one. Rows that stand in order already cost little. */
export function sortedRows(columns: BindingColumns): number[] {
  // An array, not a typed one: only its sort finds out that a part is sorted.
  const rows = Array.from({ length: columns.size }, (_, row) => row)
  rows.sort((a, b) => compareRows(columns, a, b))
  return rows.filter((row, at) => at === 0 || compareRows(columns, rows[at - 1] ?? 0, row) !== 0)
}

/** More rows than this do not fit beside a rank into a float. */
const MOST_ROWS = 2 ** 27

/** The rows of which this column says something, by what it says, then by row. */
export function rowsBy(
  column: Uint32Array | Float64Array,
  size: number,
  says: (value: number) => boolean,
): Uint32Array {
  const ranks = distinct(column.subarray(0, size))
  // Floats sort without a function to compare them: ten times as fast, and a rank and a row fit into one.
  const keys = new Float64Array(size)
  let count = 0
  for (let row = 0; row < size; row += 1) {
    const value = column[row] ?? 0
    if (!says(value)) continue
    keys[count] = firstNotBelow(ranks.length, (at) => ranks[at] ?? 0, value) * MOST_ROWS + row
    count += 1
  }
  const sorted = keys.subarray(0, count).sort()
  return Uint32Array.from(sorted, (key) => key % MOST_ROWS)
}

function distinct(values: Uint32Array | Float64Array): Float64Array {
  const sorted = Float64Array.from(values).sort()
  let count = 0
  for (let at = 0; at < sorted.length; at += 1) {
    if (at > 0 && sorted[at] === sorted[at - 1]) continue
    sorted[count] = sorted[at] ?? 0
    count += 1
  }
  return sorted.subarray(0, count)
}

/** The rows, of those that {@link rowsBy} gave, at which the column says this. */
export function equalRows(rows: Uint32Array, column: Uint32Array | Float64Array, value: number): number[] {
  const said = (at: number): number => column[rows[at] ?? 0] ?? 0
  const first = firstNotBelow(rows.length, said, value)
  const found: number[] = []
  for (let at = first; at < rows.length && said(at) === value; at += 1) found.push(rows[at] ?? 0)
  return found
}

function firstNotBelow(length: number, valueAt: (at: number) => number, value: number): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (valueAt(middle) < value) low = middle + 1
    else high = middle
  }
  return low
}
