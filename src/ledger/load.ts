import type { Checkpoint } from './checkpoint.ts'
import type { Files } from './files.ts'
import { fold } from './fold.ts'
import { MissingData } from './missing.ts'
import { BEGINNING, type Position, readGroups } from './reader.ts'
import { closeSegment, listSegments, openSegment } from './segment.ts'
import { emptyState, type State } from './state.ts'

/** The ledger as it was found. */
export interface Loaded {
  readonly state: State
  readonly position: Position
  /** Why the last line was dropped, if it was. */
  readonly dropped: string | undefined
  /** Events whose personal data was to be erased and was not seen to be. */
  readonly redacted: readonly number[]
}

/**
 * Folds everything behind the checkpoint, or everything when there is none or it does not fit the ledger.
 * @throws LedgerDamaged
 */
export async function loadLedger(files: Files, checkpoint: Checkpoint | undefined): Promise<Loaded> {
  const { state, position } = await startFrom(files, checkpoint)
  const redacted: number[] = []
  const missing = new MissingData(position)
  const groups = readGroups(files, position)
  for (;;) {
    const next = await groups.next()
    if (next.done === true) {
      missing.refuse()
      return { state, position: next.value.position, dropped: next.value.dropped, redacted }
    }
    for (const recorded of next.value.recorded) fold(state, recorded)
    for (const seq of missing.see(next.value).unseen) redacted.push(seq)
  }
}

/** Folds up to event `upTo` and reads no further, so that a writer may be at work behind it. */
export async function loadDurable(
  files: Files,
  checkpoint: Checkpoint | undefined,
  upTo: number,
): Promise<Checkpoint> {
  const { state, position } = await startFrom(files, checkpoint)
  let after = position
  if (position.seq >= upTo) return { state, position }
  for await (const group of readGroups(files, position)) {
    for (const recorded of group.recorded) fold(state, recorded)
    after = group.after
    if (after.seq >= upTo) break
  }
  return { state, position: after }
}

async function startFrom(files: Files, checkpoint: Checkpoint | undefined): Promise<Checkpoint> {
  if (checkpoint !== undefined && (await fits(files, checkpoint.position))) return checkpoint
  return { state: emptyState(), position: BEGINNING }
}

/** Whether the line that ends at this position is the one that the checkpoint was made after. */
async function fits(files: Files, position: Position): Promise<boolean> {
  if (position.chain === 0) return false
  if (!(await listSegments(files)).includes(position.segment)) return false
  const segment = await openSegment(files, position.segment)
  try {
    const tail = `,"hash":"${position.hash}"}\n`
    const read = await segment.chain.read(position.chain - tail.length, tail.length)
    return read.toString('utf8') === tail
  } finally {
    await closeSegment(segment)
  }
}
