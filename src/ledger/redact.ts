import type { Files } from './files.ts'
import { parseSideLine } from './line.ts'
import { closeSegment, listSegments, openSegment, readLines, segmentNames } from './segment.ts'

/**
 * Erases the side records of these events from all segments before `active`. Each side file is written anew
 * beside the old one and put in its place at once, so that a crash leaves one or the other.
 */
export async function eraseRecords(files: Files, events: ReadonlySet<number>, active: number): Promise<void> {
  for (const number of await listSegments(files)) {
    if (number >= active) return
    const erased = await eraseFrom(files, number, events)
    if (erased === undefined) continue
    const { side } = segmentNames(number)
    const copy = await files.open(`${side}.new`)
    await copy.write(Buffer.from(erased), 0)
    await copy.truncate(Buffer.byteLength(erased))
    await copy.close()
    await files.replace(`${side}.new`, side)
  }
}

/** Spaces behind a line, so that it takes as many bytes as before and positions behind it stay. */
function padTo(old: string, text: string): string {
  return text + ' '.repeat(Buffer.byteLength(old) - Buffer.byteLength(text))
}

/** The side file without those records, or `undefined` when it has none of them. */
async function eraseFrom(
  files: Files,
  number: number,
  events: ReadonlySet<number>,
): Promise<string | undefined> {
  const segment = await openSegment(files, number)
  try {
    const lines: string[] = []
    let changed = false
    for await (const { text } of readLines(segment.side, 0)) {
      const parsed = parseSideLine(text)
      if (parsed === undefined) throw new Error(`${segmentNames(number).side} has a damaged line`)
      const erase = (index: number): boolean => events.has(parsed.seq + index)
      if (parsed.records.some((record, index) => record !== null && erase(index))) {
        changed = true
        const left = parsed.records.map((record, index) => (erase(index) ? null : record))
        lines.push(`${padTo(text, JSON.stringify({ seq: parsed.seq, records: left }))}\n`)
      } else lines.push(`${text}\n`)
    }
    return changed ? lines.join('') : undefined
  } finally {
    await closeSegment(segment)
  }
}
