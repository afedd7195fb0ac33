import type { Files } from './files.ts'
import { MissingData } from './missing.ts'
import { BEGINNING, readGroups } from './reader.ts'
import { listSegments } from './segment.ts'

/** What a verification has read and found right. */
export interface Verified {
  readonly segments: number
  readonly lines: number
  readonly events: number
  readonly redacted: number
  readonly lastSeq: number
  /** Hash of the last line: kept elsewhere, it proves later that nothing before it was changed. */
  readonly hash: string
  /** Why the last line does not count, if it was damaged. */
  readonly dropped: string | undefined
}

/**
 * Reads the whole ledger from its first byte and checks each line's hash, the chain, the numbering, each side
 * record's digest, and that every missing side record was redacted by an event.
 * @throws LedgerDamaged
 */
export async function verifyLedger(files: Files): Promise<Verified> {
  const counts = { lines: 0, events: 0, redacted: 0 }
  const missing = new MissingData(BEGINNING)
  const groups = readGroups(files, BEGINNING)
  for (;;) {
    const next = await groups.next()
    if (next.done === true) {
      missing.refuse()
      const { position, dropped } = next.value
      return {
        segments: (await listSegments(files)).length,
        ...counts,
        lastSeq: position.seq,
        hash: position.hash,
        dropped,
      }
    }
    counts.lines += 1
    counts.events += next.value.recorded.length
    counts.redacted += missing.see(next.value).erased.length
  }
}
