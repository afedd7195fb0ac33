import type { ErrorClass, Evidence } from '../../adapters/adapter.ts'
import { type Action, type Rule, sameAction, strictestAction, withAction } from '../domain/rule.ts'

/** Whether a device holds a rule, as far as is known. */
export type HoldingState = 'yes' | 'no' | 'maybe'

export interface EntryError {
  readonly class: ErrorClass
  readonly words: string
}

/**
 * One rule on one device: what is wanted there and what is known of it. There are as many of these as rules in
 * the network, so a field costs memory a hundred thousand times.
 */
export interface Entry {
  /** With the action that is wanted, or, when no block wants it any more, the one that was. */
  rule: Rule
  /** Ids of the blocks that want it; one is kept without a list. */
  blocks: number | readonly number[] | undefined
  state: HoldingState
  /** The action that the device was last told or seen to hold. */
  held: Action | undefined
  evidence: Evidence
  error: EntryError | undefined
  inFlight: boolean
  /** Bit n: the device's nth enforcer was seen to have it in effect. */
  seen: number
}

export function newEntry(rule: Rule): Entry {
  return {
    rule,
    blocks: undefined,
    state: 'no',
    held: undefined,
    evidence: 'none',
    error: undefined,
    inFlight: false,
    seen: 0,
  }
}

export function blocksOf(entry: Entry): readonly number[] {
  return entry.blocks === undefined ? [] : typeof entry.blocks === 'number' ? [entry.blocks] : entry.blocks
}

export function addBlock(entry: Entry, block: number): void {
  const there = blocksOf(entry)
  if (!there.includes(block)) entry.blocks = there.length === 0 ? block : [...there, block]
}

export function dropBlock(entry: Entry, block: number): void {
  const rest = blocksOf(entry).filter((id) => id !== block)
  entry.blocks = rest.length === 0 ? undefined : rest.length === 1 ? rest[0] : rest
}

/** The strictest of the blocks' actions stands; when its block ends the weaker one returns. */
export function settleAction(
  entry: Entry,
  rule: Rule,
  actionOf: (block: number) => Action | undefined,
): void {
  const actions = blocksOf(entry).map(actionOf)
  const strictest = strictestAction(actions.filter((action) => action !== undefined))
  entry.rule = withAction(rule, strictest ?? rule.action)
}

/** One of the enforcers was seen to have it in effect, or not; `all` are the bits of those that are witnessed. */
export function noteSeen(entry: Entry, enforcer: number, present: boolean, all: number): void {
  entry.seen = present ? entry.seen | (1 << enforcer) : entry.seen & ~(1 << enforcer)
  if (entry.state !== 'yes') return
  if (entry.seen === all) entry.evidence = 'witnessed'
  else if (entry.evidence === 'witnessed') entry.evidence = 'acknowledged'
}

/** Whether the device must be told something about this entry. */
export function needsChange(entry: Entry): boolean {
  if (entry.state === 'maybe') return true
  if (entry.blocks === undefined) return entry.state === 'yes'
  return entry.state === 'no' || entry.held === undefined || !sameAction(entry.held, entry.rule.action)
}

const WORTH: Readonly<Record<Evidence, number>> = { none: 0, acknowledged: 1, 'read-back': 2, witnessed: 3 }

/** Whether evidence `a` is worth at least as much as `b`. */
function atLeast(a: Evidence, b: Evidence): boolean {
  return WORTH[a] >= WORTH[b]
}

/** Whether the device is known, at `best` evidence, to do what is wanted. */
export function inForce(entry: Entry, best: Evidence): boolean {
  return entry.blocks !== undefined && !needsChange(entry) && atLeast(entry.evidence, best)
}
