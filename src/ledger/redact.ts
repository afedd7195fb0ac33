import type { Clock } from '../domain/clock.ts'
import { comingInTurns } from '../domain/in-turns.ts'
import type { Files } from './files.ts'
import { parseSideLine } from './line.ts'
import { closeSegment, listSegments, openSegment, readLines, segmentNames } from './segment.ts'

/**
 * Erases the side records of these events from all segments before `active`. Each side file is written anew
 * beside the old one and put in its place at once, so that a crash leaves one or the other.
 */
export async function eraseRecords(
  { files, clock }: { readonly files: Files; readonly clock: Clock },
  events: ReadonlySet<number>,
  active: number,
): Promise<void> {
  for (const number of await listSegments(files)) {
    if (number >= active) return
    const erased = await eraseFrom(files, clock, number, events)
    if (erased === undefined) continue
    const { side } = segmentNames(number)
    const copy = await files.open(`${side}.new`)
    let length = 0
    for (const part of erased) {
      await copy.write(part, length)
      length += part.length
    }
    await copy.truncate(length)
    await copy.close()
    await files.replace(`${side}.new`, side)
  }
}

/** Spaces behind a line, so that it takes as many bytes as before and positions behind it stay. */
function padTo(old: string, text: string): string {
  return text + ' '.repeat(Buffer.byteLength(old) - Buffer.byteLength(text))
}

/** A side file is written in parts of this many characters at the least: in one piece it would stall everything else. */
const PART = 1 << 20

/** The side file without those records, in parts, or `undefined` when it has none of them. */
async function eraseFrom(
  files: Files,
  clock: Clock,
  number: number,
  events: ReadonlySet<number>,
): Promise<readonly Buffer[] | undefined> {
  const segment = await openSegment(files, number)
  try {
    const parts: Buffer[] = []
    let lines = ''
    let changed = false
    for await (const { text } of comingInTurns(clock, readLines(segment.side, 0))) {
      const parsed = parseSideLine(text)
      if (parsed === undefined) throw new Error(`${segmentNames(number).side} has a damaged line`)
      const erase = (index: number): boolean => events.has(parsed.seq + index)
      if (parsed.records.some((record, index) => record !== null && erase(index))) {
        changed = true
        const left = parsed.records.map((record, index) => (erase(index) ? null : record))
        lines += `${padTo(text, JSON.stringify({ seq: parsed.seq, records: left }))}\n`
      } else lines += `${text}\n`
      if (lines.length < PART) continue
      parts.push(Buffer.from(lines))
      lines = ''
    }
    return changed ? [...parts, Buffer.from(lines)] : undefined
  } finally {
    await closeSegment(segment)
  }
}
