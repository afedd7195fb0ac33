import type { Recorded } from './events.ts'
import type { Files } from './files.ts'
import {
  GENESIS,
  isRecordOf,
  joinLine,
  type ParsedLine,
  parseChainLine,
  parseSideLine,
  type SideRecord,
} from './line.ts'
import {
  closeSegment,
  type FileLine,
  listSegments,
  openSegment,
  readLines,
  type Segment,
  segmentNames,
} from './segment.ts'
import { isZero } from './zeros.ts'

/** A place between two lines: where the next line stands and what it must follow. */
export interface Position {
  readonly segment: number
  readonly chain: number
  readonly side: number
  readonly seq: number
  readonly hash: string
}

/** Where the first line of a segment stands, if it has one. */
export async function segmentStart(files: Files, number: number): Promise<Position | undefined> {
  const segment = await openSegment(files, number)
  try {
    const first = await readLines(segment.chain, 0).next()
    const line = first.done === true ? undefined : parseChainLine(first.value.text)
    return line && { segment: number, chain: 0, side: 0, seq: line.seq - 1, hash: line.prev }
  } finally {
    await closeSegment(segment)
  }
}

/** The beginning of every ledger. */
export const BEGINNING: Position = { segment: 1, chain: 0, side: 0, seq: 0, hash: GENESIS }

/** One group commit as it was read, and the position behind it. */
export interface Group {
  readonly recorded: readonly Recorded[]
  readonly after: Position
}

/** What the reader met at the end. */
export interface End {
  readonly position: Position
  /** Why the last line was dropped, if it was. */
  readonly dropped: string | undefined
}

/** The ledger cannot be trusted: something before its last line is not as it was written. */
export class LedgerDamaged extends Error {
  constructor(file: string, position: number, why: string) {
    super(`${file} is damaged at byte ${position}: ${why}; restore it from a copy, nothing was changed`)
    this.name = 'LedgerDamaged'
  }
}

/**
 * Reads all groups from a position on, checking each hash and digest. A damaged last line (cut, zeroed, or without
 * its side record) ends the reading; anything else that is wrong is thrown.
 * @throws LedgerDamaged
 */
export async function* readGroups(files: Files, from: Position): AsyncGenerator<Group, End> {
  const numbers = (await listSegments(files)).filter((number) => number >= from.segment)
  let position = from
  for (const [index, number] of numbers.entries()) {
    if (number !== from.segment + index)
      throw new LedgerDamaged(segmentNames(from.segment + index).chain, 0, 'the segment is missing')
    if (number !== position.segment) position = { ...position, segment: number, chain: 0, side: 0 }
    const segment = await openSegment(files, number)
    try {
      const end = yield* readSegment(segment, position)
      if (end.dropped !== undefined) {
        if (await anyWritten(files, numbers.slice(index + 1))) {
          throw new LedgerDamaged(segmentNames(number).chain, end.position.chain, end.dropped)
        }
        return end
      }
      position = end.position
    } finally {
      await closeSegment(segment)
    }
  }
  return { position, dropped: undefined }
}

/** Whether one of these segments has a line; the writer makes the next segment before it needs it. */
async function anyWritten(files: Files, numbers: readonly number[]): Promise<boolean> {
  for (const number of numbers) {
    const segment = await openSegment(files, number)
    const first = await segment.chain.read(0, 1)
    await closeSegment(segment)
    if (first.length > 0 && first[0] !== 0) return true
  }
  return false
}

async function* readSegment(segment: Segment, from: Position): AsyncGenerator<Group, End> {
  const chain = readLines(segment.chain, from.chain)
  const side = readLines(segment.side, from.side)
  let position = from
  for (;;) {
    const next = await chain.next()
    if (next.done === true) {
      const dropped = await refuseLostLines(
        segment,
        position,
        next.value.rest === '' ? undefined : 'the line was cut',
      )
      return { position, dropped }
    }
    const line = parseChainLine(next.value.text)
    if (line === undefined) {
      await refuseLostLines(segment, position, 'its hash does not fit')
      return { position, dropped: 'its hash does not fit' }
    }
    // No crash makes a whole line that follows another than the one before it.
    if (line.prev !== position.hash || line.seq !== position.seq + 1)
      throw new LedgerDamaged(segmentNames(segment.number).chain, position.chain, 'a line before it is lost')
    const records = await readRecords(segment, line, side)
    if (typeof records === 'string') {
      await refuseLostLines(segment, position, records)
      return { position, dropped: records }
    }
    position = afterLine(position, line, next.value, records.end)
    yield { recorded: joinLine(line, records.records), after: position }
  }
}

function afterLine(
  position: Position,
  line: ParsedLine,
  read: FileLine,
  sideEnd: number | undefined,
): Position {
  const { segment } = position
  return {
    segment,
    chain: read.end,
    side: sideEnd ?? position.side,
    seq: line.seq + line.events.length - 1,
    hash: line.hash,
  }
}

interface RecordsRead {
  readonly records: readonly SideRecord[]
  readonly end: number | undefined
}

/** The side records of a line, or why they cannot be had. */
async function readRecords(
  segment: Segment,
  line: ParsedLine,
  side: AsyncGenerator<FileLine, unknown>,
): Promise<RecordsRead | string> {
  if (line.events.every((event) => event.side === undefined)) return { records: [], end: undefined }
  const next = await side.next()
  if (next.done === true) return 'its side record is missing'
  const { text, end } = next.value as FileLine
  const parsed = parseSideLine(text)
  if (parsed === undefined || parsed.seq !== line.seq)
    return `its side record in ${segmentNames(segment.number).side} is damaged`
  for (const [index, event] of line.events.entries()) {
    const record = parsed.records[index]
    if (event.side !== undefined && record !== null && !isRecordOf(record, event.side)) {
      return `the side record of event ${line.seq + index} is not the one that the chain names`
    }
  }
  return { records: parsed.records, end }
}

const LINE_START = '{"seq":'

/**
 * A line is written only when the one before it is on disk, so a crash damages one line at the most. The start
 * of a second line behind the damage, or of a second side record, means that something answered was lost.
 */
async function refuseLostLines(
  segment: Segment,
  position: Position,
  why: string | undefined,
): Promise<string | undefined> {
  const names = segmentNames(segment.number)
  const chain = await readRest(segment.chain, position.chain)
  if (chain.indexOf(LINE_START, LINE_START.length - 1) >= 0) {
    throw new LedgerDamaged(names.chain, position.chain, why ?? 'zeros stand before a later line')
  }
  const side = await readRest(segment.side, position.side)
  const second = side.indexOf(LINE_START, LINE_START.length - 1)
  if (second >= 0)
    throw new LedgerDamaged(
      names.chain,
      position.chain,
      'it ends before personal data that was kept for later lines',
    )
  if (why !== undefined) return why
  if (!isZero(chain)) return 'the line was zeroed in part'
  return isZero(side) ? undefined : 'only its side record was written'
}

async function readRest(file: Segment['chain'], position: number): Promise<Buffer> {
  return file.read(position, Math.max(0, (await file.size()) - position))
}
