import type { LineProblems } from './line-problems.ts'

/** One record, and the line on which it begins. */
export interface CsvRow {
  readonly line: number
  readonly fields: readonly string[]
}

/** Which columns a file must and may have. */
export interface CsvColumns<N extends string> {
  readonly required: readonly N[]
  readonly optional: readonly N[]
  /** Whether columns with other names are passed over: in files whose format is not ours. */
  readonly others: 'refuse' | 'ignore'
}

/** One record by the names of its columns; what is empty is not there. */
export interface CsvRecord<N extends string> {
  readonly line: number
  readonly get: (name: N) => string | undefined
}

/** A quoted field longer than this has lost its closing quote. */
const LONGEST_QUOTED = 65_536

/**
 * The records of comma-separated values (RFC 4180), read as far as they are asked for: a million lines need not be in
 * memory at once. A record that cannot be read is a problem at its first line, and reading goes on with the line after
 * that one, so that a quote that is never closed takes no other line with it. Empty lines are no records.
 */
export function* csvRows(text: string, problems: LineProblems): Generator<CsvRow, undefined> {
  let at = text.startsWith('\u{feff}') ? 1 : 0
  for (let line = 1; at < text.length; ) {
    const end = lineEnd(text, at)
    const plain = withoutReturn(text, at, end)
    if (!plain.includes('"')) {
      if (plain !== '') yield { line, fields: plain.split(',') }
      at = end + 1
      line += 1
      continue
    }
    const record = quotedRecord(text, at)
    if (typeof record === 'string') {
      problems.add(line, record)
      at = end + 1
      line += 1
      continue
    }
    yield { line, fields: record.fields }
    line += record.lines
    at = record.next
  }
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function withoutReturn(text: string, from: number, end: number): string {
  return text.slice(from, text[end - 1] === '\r' && end > from ? end - 1 : end)
}

interface QuotedRecord {
  readonly fields: readonly string[]
  /** How many lines it takes. */
  readonly lines: number
  readonly next: number
}

/** A record with quotes in it, or what is wrong with it. */
function quotedRecord(text: string, start: number): QuotedRecord | string {
  const fields: string[] = []
  let lines = 1
  for (let at = start; ; at += 1) {
    if (text[at] === '"') {
      const closing = closingQuote(text, at)
      if (closing === undefined) return 'a quoted field is not closed; write a quote inside of one twice'
      const field = text.slice(at + 1, closing)
      lines += field.split('\n').length - 1
      fields.push(field.replaceAll('""', '"'))
      at = closing + 1
    } else {
      const end = fieldEnd(text, at)
      const field = text.slice(at, end)
      if (field.includes('"')) return 'a field with a quote in it must stand in quotes, the quote twice'
      fields.push(field)
      at = end
    }
    if (text[at] === ',') continue
    if (text.startsWith('\r\n', at)) return { fields, lines, next: at + 2 }
    if (text[at] === '\n' || at >= text.length) return { fields, lines, next: at + 1 }
    return 'after a quoted field only a comma or the end of the line may follow'
  }
}

function closingQuote(text: string, opening: number): number | undefined {
  for (let at = text.indexOf('"', opening + 1); at >= 0 && at - opening <= LONGEST_QUOTED; ) {
    if (text[at + 1] !== '"') return at
    at = text.indexOf('"', at + 2)
  }
  return undefined
}

function fieldEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== ',' && text[at] !== '\n' && !text.startsWith('\r\n', at)) at += 1
  return at
}

/** The records of a file whose first line names its columns. A wrong header is one problem, and no record. */
export function* csvRecords<N extends string>(
  text: string,
  columns: CsvColumns<N>,
  problems: LineProblems,
): Generator<CsvRecord<N>> {
  const rows = csvRows(text, problems)
  const header = rows.next().value
  if (header === undefined) {
    problems.add(1, `there is no header; write ${[...columns.required, ...columns.optional].join(',')}`)
    return
  }
  const places = placesOf(header, columns, problems)
  if (places === undefined) return
  for (const { line, fields } of rows) {
    if (fields.length !== header.fields.length) {
      problems.add(line, `${fields.length} fields where the header has ${header.fields.length}`)
      continue
    }
    const get = (name: N): string | undefined => {
      const field = fields[places.get(name) ?? -1]?.trim()
      return field === '' ? undefined : field
    }
    yield { line, get }
  }
}

function placesOf<N extends string>(
  { line, fields }: CsvRow,
  { required, optional, others }: CsvColumns<N>,
  problems: LineProblems,
): ReadonlyMap<string, number> | undefined {
  const names = fields.map((field) => field.trim())
  const before = problems.count
  for (const name of required)
    if (!names.includes(name))
      problems.add(line, `the header has no column '${name}'; it has ${names.join(',')}`)
  const known: readonly string[] = [...required, ...optional]
  for (const [index, name] of names.entries()) {
    if (others === 'refuse' && !known.includes(name))
      problems.add(line, `the header has an unknown column '${name}'; known are ${known.join(', ')}`)
    if (known.includes(name) && names.indexOf(name) !== index)
      problems.add(line, `the header has the column '${name}' twice`)
  }
  return problems.count > before ? undefined : new Map(names.map((name, index) => [name, index]))
}
