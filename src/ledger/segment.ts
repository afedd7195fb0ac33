import type { Files, LedgerFile } from './files.ts'

/** The two files of a segment: the chain, and the erasable personal data beside it. */
export interface Segment {
  readonly number: number
  readonly chain: LedgerFile
  readonly side: LedgerFile
}

export function segmentNames(number: number): { chain: string; side: string } {
  const digits = String(number).padStart(8, '0')
  return { chain: `${digits}.jsonl`, side: `${digits}.side.jsonl` }
}

/** Numbers of the segments that exist, in order. */
export async function listSegments(files: Files): Promise<number[]> {
  const names = await files.list()
  return names
    .map((name) => /^(\d{8})\.jsonl$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b)
}

export async function openSegment(files: Files, number: number): Promise<Segment> {
  const names = segmentNames(number)
  // The side file first: a chain file without its side file would read as lost personal data.
  const side = await files.open(names.side)
  return { number, side, chain: await files.open(names.chain) }
}

export async function closeSegment(segment: Segment): Promise<void> {
  await Promise.all([segment.chain.close(), segment.side.close()])
}

const CHUNK = 1 << 20

/** A line of a file, without its newline, and the position behind it. */
export interface FileLine {
  readonly text: string
  readonly start: number
  readonly end: number
}

/**
 * Yields the whole lines of a file from `position` to the first zero byte or the end. What remains behind the
 * last newline is returned: a line that was cut.
 */
export async function* readLines(
  file: LedgerFile,
  position: number,
): AsyncGenerator<FileLine, { start: number; rest: string }> {
  let carried: Buffer = Buffer.alloc(0)
  let start = position
  for (;;) {
    const chunk = await file.read(start + carried.length, CHUNK)
    const data = carried.length === 0 ? chunk : Buffer.concat([carried, chunk])
    let from = 0
    for (let newline = data.indexOf(10, carried.length); newline >= 0; newline = data.indexOf(10, from)) {
      if (data[from] === 0) break
      yield { text: data.toString('utf8', from, newline), start: start + from, end: start + newline + 1 }
      from = newline + 1
    }
    start += from
    carried = data.subarray(from)
    if (chunk.length < CHUNK || carried[0] === 0) {
      return { start, rest: carried[0] === 0 || carried.length === 0 ? '' : carried.toString('utf8') }
    }
  }
}
