import { clean } from './clean.ts'
import type { Paint, Style } from './paint.ts'

/** A cell, and how it is coloured. */
export type Cell = string | { readonly text: string; readonly style: Style }

export interface Column<T> {
  readonly title: string
  readonly cell: (row: T) => Cell
  /** Longest text outside of `wide`; what is beyond is cut, visibly. */
  readonly most?: number
  /** Only in `wide`. */
  readonly wide?: boolean
}

const GAP = '  '

/** Lines of a table with its head, ending in a newline each. */
export function renderTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  paint: Paint,
  wide = false,
): string {
  const shown = columns.filter((column) => wide || column.wide !== true)
  const heads = shown.map((column) => ({ text: column.title, style: 'head' as const }))
  const body = rows.map((row) => shown.map((column) => cut(column.cell(row), wide ? undefined : column.most)))
  const widths = shown.map((_, index) => Math.max(...[heads, ...body].map((line) => width(line[index]))))
  return [heads, ...body].map((line) => renderLine(line, widths, paint)).join('')
}

function renderLine(line: readonly Painted[], widths: readonly number[], paint: Paint): string {
  const cells = line.map((cell, index) => {
    const last = index === line.length - 1
    const room = last ? 0 : (widths[index] ?? 0) - width(cell)
    return paint(cell.style, cell.text) + ' '.repeat(room)
  })
  return `${cells.join(GAP).trimEnd()}\n`
}

interface Painted {
  readonly text: string
  readonly style: Style
}

function cut(cell: Cell, most: number | undefined): Painted {
  const { text, style } = typeof cell === 'string' ? { text: cell, style: 'plain' as const } : cell
  const characters = [...clean(text)]
  if (most === undefined || characters.length <= most) return { text: characters.join(''), style }
  return { text: `${characters.slice(0, most - 1).join('')}…`, style }
}

function width(cell: Painted | undefined): number {
  return cell === undefined ? 0 : [...cell.text].length
}

/** Names and values, in order. */
export type Fields = (readonly [string, Cell | readonly Cell[] | undefined])[]

/** Lines of names and values; a value that is `undefined` is left out, one with several lines is indented. */
export function renderFields(fields: Readonly<Fields>, paint: Paint): string {
  const there = fields.filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  )
  const widest = Math.max(0, ...there.map(([name]) => name.length))
  const lines = there.flatMap(([name, value]) => {
    const cells = Array.isArray(value) ? (value as readonly Cell[]) : [value as Cell]
    return cells.map((cell, index) => {
      const { text, style } = cut(cell, undefined)
      return `${paint('dim', (index === 0 ? name : '').padEnd(widest))}${GAP}${paint(style, text)}\n`
    })
  })
  return lines.join('')
}
