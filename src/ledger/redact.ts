import type { Files } from './files.ts'
import { parseSideLine } from './line.ts'
import { closeSegment, listSegments, openSegment, readLines, segmentNames } from './segment.ts'

/** A `null` record that takes as many bytes as the record it replaces, so that positions behind it stay. */
function blank(bytes: number): string {
  return 'null'.padEnd(bytes, ' ')
}

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
      const records = parsed.records.map((record, index) => {
        const whole = JSON.stringify(record)
        if (record === null || !events.has(parsed.seq + index)) return whole
        changed = true
        return blank(Buffer.byteLength(whole))
      })
      lines.push(changed ? `{"seq":${parsed.seq},"records":[${records.join(',')}]}\n` : `${text}\n`)
    }
    return changed ? lines.join('') : undefined
  } finally {
    await closeSegment(segment)
  }
}
