/** What a cell may hold. */
export type CsvCell = string | number | null

/**
 * Comma-separated values (RFC 4180) with a line of names first. What a spreadsheet would take for a formula has an apostrophe
 * before it.
 */
export function csvText(names: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [names, ...rows].map((cells) => `${cells.map(cellText).join(',')}\r\n`).join('')
}

function cellText(cell: CsvCell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
