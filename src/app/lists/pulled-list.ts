import type { Family, Prefix } from '../../domain/prefix.ts'

/** One prefix of a list, and whether it is where packets come from or go to. */
export interface ListedPrefix {
  readonly end: 'from' | 'to'
  readonly prefix: Prefix
  readonly family: Family
}

/** What a device of kind `list` holds for others to pull. */
export interface PulledList {
  /** By the key of the rule, oldest first. */
  readonly rules: ReadonlyMap<string, ListedPrefix>
  /** Another number after each change. */
  readonly version: number
  /** Whether everything that was wanted at the start is in it: before that nobody may take it for the list. */
  readonly ready: boolean
  /** Tells the key of each rule that comes or goes; the returned function ends that. */
  watch(changed: (key: string) => void): () => void
  /** Gives the device a condition, or ends it. */
  say(remark: { readonly code: string; readonly ok: boolean; readonly words: string }): void
}
