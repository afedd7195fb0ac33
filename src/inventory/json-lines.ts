import type { LineProblems } from './line-problems.ts'

/** One object of a file, and the line on which it begins. */
export interface JsonRecord {
  readonly line: number
  readonly value: Readonly<Record<string, unknown>>
}

/** The objects of a file with one in each line. Empty lines are none; anything else is a problem at its line. */
export function* jsonLines(text: string, problems: LineProblems): Generator<JsonRecord> {
  for (let at = text.startsWith('\u{feff}') ? 1 : 0, line = 1; at < text.length; line += 1) {
    const found = text.indexOf('\n', at)
    const end = found < 0 ? text.length : found
    const words = text.slice(at, end).trim()
    at = end + 1
    if (words === '') continue
    const value = objectIn(words)
    if (value === undefined) problems.add(line, 'this line is no JSON object; each line must be a whole one')
    else yield { line, value }
  }
}

function objectIn(words: string): JsonRecord['value'] | undefined {
  try {
    const value: unknown = JSON.parse(words)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
