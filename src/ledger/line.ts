import { hash, randomFillSync } from 'node:crypto'
import { type LedgerEvent, type Recorded, SIDE_FIELDS } from './events.ts'

/** Version of the event schema, in every line. */
const SCHEMA = 1

/** The hash before the first line. */
export const GENESIS = 'genesis'

/** An event made ready for a line: its clear text, and its side record, if it has personal data. */
export interface EncodedEvent {
  readonly clear: string
  readonly side: string | undefined
}

/** What stands in a chain line and its side line. */
export interface ParsedLine {
  readonly seq: number
  readonly at: number
  readonly epoch: number
  /** Hash of the line before, and of this one. */
  readonly prev: string
  readonly hash: string
  readonly events: readonly { readonly type: LedgerEvent['type']; readonly side?: string }[]
}

/** 16 random bytes for one side record, base64url. */
export type Salt = () => string

/** Salts from the system's generator, drawn in large strokes because one draw for each costs more than the hash. */
export function systemSalt(): Salt {
  const pool = Buffer.alloc(16 * 256)
  let used = pool.length
  return () => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    used += 16
    return pool.toString('base64url', used - 16, used)
  }
}

/** Splits an event into clear text and side record; the clear text carries the record's digest. */
export function encodeEvent(event: LedgerEvent, salt: Salt): EncodedEvent {
  const fields = SIDE_FIELDS[event.type]
  const values = event as unknown as Readonly<Record<string, unknown>>
  let data: Record<string, unknown> | undefined
  const clear: Record<string, unknown> = {}
  for (const name in values) {
    const value = values[name]
    if (value === undefined) continue
    if (fields.includes(name)) {
      data ??= {}
      data[name] = value
    } else clear[name] = value
  }
  if (data === undefined) return { clear: JSON.stringify(clear), side: undefined }
  const side = JSON.stringify({ salt: salt(), data })
  clear['side'] = digest(side)
  return { clear: JSON.stringify(clear), side }
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** One chain line: a group commit. The hash covers the line's own bytes before it, the previous hash among them. */
export function chainLine(
  seq: number,
  at: number,
  epoch: number,
  previous: string,
  events: readonly EncodedEvent[],
): { text: string; hash: string } {
  const body = `{"seq":${seq},"v":${SCHEMA},"epoch":${epoch},"at":${at},"prev":"${previous}","events":[${events.map((event) => event.clear).join(',')}]`
  const own = digest(body)
  return { text: `${body},"hash":"${own}"}\n`, hash: own }
}

/** The side line of a group, or `undefined` when no event of it has personal data. */
export function sideLine(seq: number, events: readonly EncodedEvent[]): string | undefined {
  if (events.every((event) => event.side === undefined)) return undefined
  return `{"seq":${seq},"records":[${events.map((event) => event.side ?? 'null').join(',')}]}\n`
}

const HASH_TAIL = /,"hash":"([A-Za-z0-9_-]{43})"\}$/

/** Reads a chain line (without its newline). @returns undefined when it is damaged */
export function parseChainLine(line: string): ParsedLine | undefined {
  const tail = HASH_TAIL.exec(line)
  if (tail?.[1] === undefined || digest(line.slice(0, tail.index)) !== tail[1]) return undefined
  const parsed = JSON.parse(line) as ParsedLine & { v: number }
  if (parsed.v !== SCHEMA)
    throw new Error(`line ${parsed.seq} has schema ${parsed.v}; this version reads ${SCHEMA}`)
  return parsed
}

/** A side record as it was written, or `null` where there is none or it was erased. */
export type SideRecord = { readonly salt: string; readonly data: Readonly<Record<string, unknown>> } | null

/** Reads a side line. @returns undefined when it is damaged */
export function parseSideLine(
  line: string,
): { readonly seq: number; readonly records: readonly SideRecord[] } | undefined {
  try {
    const parsed = JSON.parse(line) as { seq: number; records: readonly SideRecord[] }
    return Array.isArray(parsed.records) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Whether a record is the one that the chain names. */
export function isRecordOf(record: SideRecord | undefined, sideDigest: string): boolean {
  return record !== null && record !== undefined && digest(JSON.stringify(record)) === sideDigest
}

/** Puts events and their records together again. Records must have been checked by {@link isRecordOf} or be `null`. */
export function joinLine(line: ParsedLine, records: readonly (SideRecord | undefined)[]): Recorded[] {
  return line.events.map((clear, index) => {
    const { side } = clear
    const record = side === undefined ? undefined : records[index]
    // Not by rest and spread, which take as long as all else in reading a line.
    const event: Record<string, unknown> = {}
    for (const name in clear) if (name !== 'side') event[name] = (clear as Record<string, unknown>)[name]
    if (record) for (const name in record.data) event[name] = record.data[name]
    return {
      seq: line.seq + index,
      at: line.at,
      event: event as unknown as LedgerEvent,
      redacted: side !== undefined && (record === undefined || record === null),
    }
  })
}
