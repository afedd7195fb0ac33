import { type Prefix, prefixesOverlap } from '../domain/prefix.ts'
import { isIdentity } from '../domain/target.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** Blocks that are looked for: those that share an address with one of the prefixes, or are on this name. */
export interface SoughtTarget {
  readonly prefixes: readonly Prefix[]
  readonly department?: string
  /** An account or a station. */
  readonly identity?: string
}

/** Searches that are remembered between requests; who comes with more begins anew. */
const REMEMBERED = 8

interface Found {
  readonly blocks: Set<number>
  /** The last event that was looked at. */
  upTo: number
}

/**
 * Finds the blocks that were ever about a target. Their targets are kept nowhere once they have left memory, so the
 * ledger is read, a stretch at a time: a long ledger takes several requests, which go on where the last one was.
 */
export class TargetSearch {
  /** By what was sought; the one used last is last. */
  readonly #found = new Map<string, Found>()
  #turn: Promise<unknown> = Promise.resolve()

  /**
   * The blocks that the events up to `upTo` made about this target, or `undefined` when `most` more events were read
   * and there are others to read. One search runs at a time.
   */
  find(
    ledger: Ledger,
    sought: SoughtTarget,
    upTo: number,
    most: number,
  ): Promise<ReadonlySet<number> | undefined> {
    const run = this.#turn.then(() => this.#find(ledger, sought, upTo, most))
    this.#turn = run.catch(() => {})
    return run
  }

  async #find(
    ledger: Ledger,
    sought: SoughtTarget,
    upTo: number,
    most: number,
  ): Promise<ReadonlySet<number> | undefined> {
    const found = this.#remembered(JSON.stringify([sought.department, sought.identity, ...sought.prefixes]))
    if (found.upTo >= upTo) return found.blocks
    const end = Math.min(upTo, found.upTo + most)
    for await (const { seq, event } of ledger.history(found.upTo + 1)) {
      look(found.blocks, sought, event)
      found.upTo = seq
      if (seq >= end) break
    }
    return found.upTo >= upTo ? found.blocks : undefined
  }

  #remembered(key: string): Found {
    const found = this.#found.get(key) ?? { blocks: new Set(), upTo: 0 }
    this.#found.delete(key)
    this.#found.set(key, found)
    const [oldest] = this.#found.keys()
    if (this.#found.size > REMEMBERED && oldest !== undefined) this.#found.delete(oldest)
    return found
  }
}

function look(blocks: Set<number>, sought: SoughtTarget, event: LedgerEvent): void {
  // What was erased is found no more.
  if (event.type === 'redacted') for (const block of event.blocks) blocks.delete(block)
  else if ((event.type === 'block.created' || event.type === 'block.proposed') && isAbout(event, sought))
    blocks.add(event.block)
}

type Made = Extract<LedgerEvent, { type: 'block.created' | 'block.proposed' }>

/** Of an event whose personal data was erased, nothing is known. */
function isAbout(
  { target, expansion = [], stations = [] }: Partial<Pick<Made, 'target' | 'expansion' | 'stations'>>,
  { prefixes, department, identity }: SoughtTarget,
): boolean {
  if (target === undefined) return false
  if (target.kind === 'department' && target.name === department) return true
  if (identity !== undefined)
    return stations.includes(identity) || (isIdentity(target) && target.name === identity)
  const covered = target.kind === 'host' ? [target.prefix] : expansion
  return covered.some((prefix) => prefixes.some((one) => prefixesOverlap(prefix, one)))
}
