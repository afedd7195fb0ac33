import { targetFault } from './target.ts'

/** One line that asks for a block. */
export interface TargetLine {
  /** Counted from 1, with the lines that are skipped. */
  readonly line: number
  readonly target: string
  readonly reason: string
}

/** A line that cannot be read, and what would be right. */
export interface LineFault {
  readonly line: number
  readonly words: string
}

/** Most lines of a file. */
export const MOST_LINES = 100_000
/** The longest reason that the API takes, in characters. */
const LONGEST_REASON = 1_000

/** Lines of a text as people and Windows end them. */
export function splitLines(text: string): string[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/**
 * Reads one target a line, with what follows it on the line as its reason; else `reason` is. Blank lines and
 * those that begin with # are skipped. A target that comes twice for one reason is a fault, as two blocks would
 * have to be released.
 */
export function readTargetLines(
  texts: readonly string[],
  reason: string | undefined,
): { lines: TargetLine[]; faults: LineFault[] } {
  const lines: TargetLine[] = []
  const faults: LineFault[] = []
  const before = new Map<string, number>()
  for (const [index, text] of texts.entries()) {
    const trimmed = text.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const [, target = '', own = ''] = /^(\S+)\s*(.*)$/su.exec(trimmed) ?? []
    const one = { line: index + 1, target, reason: own === '' ? (reason ?? '') : own }
    const words = targetFault(target) ?? reasonFault(one) ?? repeatFault(one, before)
    if (words === undefined) lines.push(one)
    else faults.push({ line: one.line, words })
  }
  return { lines, faults }
}

function reasonFault({ target, reason }: TargetLine): string | undefined {
  if (reason === '') return `${target} has no reason; write it after the target, or --reason for every line`
  const length = [...reason].length
  return length > LONGEST_REASON
    ? `the reason has ${length} characters; at most ${LONGEST_REASON} are taken`
    : undefined
}

/** `before` has the line of each target and reason. */
function repeatFault({ line, target, reason }: TargetLine, before: Map<string, number>): string | undefined {
  const key = `${target} ${reason}`
  const first = before.get(key)
  if (first !== undefined)
    return `${target} stands on line ${first} already, for the same reason; remove one of them`
  before.set(key, line)
  return undefined
}
