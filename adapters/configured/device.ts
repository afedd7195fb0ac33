import type { EntryRule } from '../../src/domain/rule.ts'
import type { AdapterError } from '../adapter.ts'

/** What lets packets pass by entries that are configured: somebody took our filter away, or accepts them ahead of it. */
export interface Bypass {
  /** Such as `CORDON-4 is not on ge-0/0/0.0`. */
  readonly words: string
  /** Whether packets that the entry is to stop may pass by it. */
  concerns(rule: EntryRule): boolean
}

/** What our containers hold, as the running configuration has it. */
export interface Listing {
  /** Entries that stand for rules, by key. */
  readonly rules: ReadonlyMap<string, EntryRule>
  /** Entries that are configured and not in effect, or the other way round; none unless told. */
  readonly unsettled?: ReadonlyMap<string, EntryRule>
  /** Of these rules, as far as the look can tell; none unless told. */
  readonly bypasses?: readonly Bypass[]
  /** Entries in our containers that stand for no rule: somebody wrote them by hand. */
  readonly foreign: number
  /** Containers that were never provisioned, or that somebody took away, in words; only told of a look at everything. */
  readonly missing: readonly string[]
}

export interface EntryChange {
  readonly put: readonly EntryRule[]
  readonly remove: readonly EntryRule[]
}

/** Why the device refused rules, by key; every other of the change was taken. */
export type Refusals = ReadonlyMap<string, AdapterError>

export const NO_REFUSALS: Refusals = new Map()

/**
 * A device that holds our rules as entries of containers in its configuration. It is asked one thing at a time. Who
 * writes is told what the device said, which proves nothing: whether it holds the entries is read back.
 */
export interface ConfiguredDevice {
  /** What stands: everything, or at least what stands for these rules. @throws AdapterError */
  read(what: 'all' | readonly EntryRule[], signal: AbortSignal): Promise<Listing>
  /**
   * Writes a change that is known to be needed: nothing of `put` stands, all of `remove` does, as of the last look.
   * @param standing how many entries of ours stand beside it: old servers need time for each
   * @throws Unanswered when nobody knows what stands now; AdapterError when nothing has been changed
   */
  write(change: EntryChange, standing: number, signal: AbortSignal): Promise<Refusals>
  /** Why the device cannot hold the rule, or undefined. */
  whyUnsupported(rule: EntryRule): string | undefined
}
