import type { Files } from './files.ts'
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
 * @throws LedgerDamaged, or Error when personal data is missing that no event erased
 */
export async function verifyLedger(files: Files): Promise<Verified> {
  const counts = { lines: 0, events: 0, redacted: 0 }
  const missing = new Set<number>()
  const groups = readGroups(files, BEGINNING)
  for (;;) {
    const next = await groups.next()
    if (next.done === true) {
      const [first] = missing
      if (first !== undefined)
        throw new Error(
          `the personal data of ${missing.size} events is gone and no event erased it; the first is event ${first}`,
        )
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
    for (const { seq, event, redacted } of next.value.recorded) {
      counts.events += 1
      if (redacted) missing.add(seq)
      if (event.type !== 'redacted') continue
      for (const erased of event.events) if (missing.delete(erased)) counts.redacted += 1
    }
  }
}
