import type { ErrorClass, Evidence } from '../../adapters/adapter.ts'
import { type Action, type Rule, sameAction, strictestAction, withAction } from '../domain/rule.ts'

/** Whether a device holds a rule, as far as is known. */
export type HoldingState = 'yes' | 'no' | 'maybe'

/**
 * What is to be done about a rule: told to the device now, first or after others (`urgent`, `bulk`), tried again later
 * (`parked`), told once there is room for it (`no-room`), agreed to by a person (`withheld`), or nothing (`idle`).
 */
export type Work = 'idle' | 'urgent' | 'bulk' | 'parked' | 'no-room' | 'withheld'

export interface EntryError {
  readonly class: ErrorClass
  readonly words: string
}

const STATES: readonly HoldingState[] = ['no', 'yes', 'maybe']
const EVIDENCE: readonly Evidence[] = ['none', 'acknowledged', 'read-back', 'witnessed']
const WORK: readonly Work[] = ['idle', 'urgent', 'bulk', 'parked', 'no-room', 'withheld']

/** Where each field stands in {@link Entry}'s number of 32 bits, by its lowest bit; the enforcers have the last 24. */
const EVIDENCE_AT = 2
const WORK_AT = 4
const IN_FLIGHT = 1 << 7
const SEEN_AT = 8

/** What went wrong with entries. They are few, so they do not take room in the others. */
const ERRORS = new WeakMap<Entry, EntryError>()

/**
 * One rule on one device: what is wanted there and what is known of it. There are as many of these as rules in
 * the network, and a field costs memory a hundred thousand times: what takes few values shares one number.
 */
export class Entry {
  /** With the action that is wanted, or, when no block wants it any more, the one that was. */
  rule: Rule
  /** Ids of the blocks that want it; one is kept without a list. */
  blocks: number | readonly number[] | undefined = undefined
  /** The action that the device was last told or seen to hold. */
  held: Action | undefined = undefined
  #bits = 0

  constructor(rule: Rule) {
    this.rule = rule
  }

  get error(): EntryError | undefined {
    return ERRORS.get(this)
  }

  set error(error: EntryError | undefined) {
    if (error === undefined) ERRORS.delete(this)
    else ERRORS.set(this, error)
  }

  get state(): HoldingState {
    return STATES[this.#bits & 3] ?? 'maybe'
  }

  set state(state: HoldingState) {
    this.#bits = (this.#bits & ~3) | STATES.indexOf(state)
  }

  get evidence(): Evidence {
    return EVIDENCE[(this.#bits >> EVIDENCE_AT) & 3] ?? 'none'
  }

  set evidence(evidence: Evidence) {
    this.#bits = (this.#bits & ~(3 << EVIDENCE_AT)) | (EVIDENCE.indexOf(evidence) << EVIDENCE_AT)
  }

  get work(): Work {
    return WORK[(this.#bits >> WORK_AT) & 7] ?? 'idle'
  }

  set work(work: Work) {
    this.#bits = (this.#bits & ~(7 << WORK_AT)) | (WORK.indexOf(work) << WORK_AT)
  }

  get inFlight(): boolean {
    return (this.#bits & IN_FLIGHT) !== 0
  }

  set inFlight(inFlight: boolean) {
    this.#bits = inFlight ? this.#bits | IN_FLIGHT : this.#bits & ~IN_FLIGHT
  }

  /** Bit n: the device's nth enforcer was seen to have it in effect. */
  get seen(): number {
    return this.#bits >>> SEEN_AT
  }

  set seen(seen: number) {
    this.#bits = (this.#bits & ((1 << SEEN_AT) - 1)) | (seen << SEEN_AT)
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
  actionOf: (block: number, rule: Rule) => Action | undefined,
): void {
  const action =
    typeof entry.blocks === 'number'
      ? actionOf(entry.blocks, rule)
      : strictest(blocksOf(entry).map((block) => actionOf(block, rule)))
  entry.rule = withAction(rule, action ?? rule.action)
}

function strictest(actions: readonly (Action | undefined)[]): Action | undefined {
  return strictestAction(actions.filter((action) => action !== undefined))
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

/** Whether the device is known, at `best` evidence, to do what is wanted. */
export function inForce(entry: Entry, best: Evidence): boolean {
  return (
    entry.blocks !== undefined &&
    !needsChange(entry) &&
    EVIDENCE.indexOf(entry.evidence) >= EVIDENCE.indexOf(best)
  )
}
