import type { Change, Evidence, Observed, Outcome, Receipt } from '../../adapters/adapter.ts'
import { type Action, type Rule, strictestAction, withAction } from '../domain/rule.ts'
import { addBlock, blocksOf, dropBlock, type Entry, needsChange, newEntry } from './entry.ts'

/** What the table needs to know of its device. */
export interface TableOptions {
  readonly maxEntries: number
  readonly batch: number
  /** One bit for each enforcer that is witnessed; 0 where nobody can look. */
  readonly enforcers: number
  /** The action that a block asks for, to find the strictest when several want one rule. */
  readonly actionOf: (block: number) => Action | undefined
  /** Called after anything about an entry that people may ask about has changed. */
  readonly onEntry: (entry: Entry) => void
}

/** How often a rule that someone else removed is put back: after that it is theirs (DESIGN §6.3). */
const PUT_BACK = 1

/**
 * Everything about one device: which rules are wanted, counted by blocks, and what is known to be held. Each call
 * costs the same however many entries there are; only a full observation looks at all of them.
 */
export class DeviceTable {
  readonly entries = new Map<string, Entry>()
  readonly #options: TableOptions
  /** Keys that need a change: those that someone waits for, and the rest. */
  readonly #urgent = new Set<string>()
  readonly #bulk = new Set<string>()
  /** Keys whose outcome is not known and must be read before anything else. */
  readonly #unsettled = new Set<string>()
  /** Keys that failed and wait to be tried again, for want of space among others. */
  readonly #parked = new Set<string>()
  /** Keys that a person must agree to. */
  readonly #withheld = new Set<string>()
  /** Keys under way that may have been held before: when they are refused, they still may be. */
  readonly #doubtful = new Set<string>()
  /** How often in a row the outcome of each was lost. */
  readonly #lost = new Map<string, number>()
  /** Keys of which something was seen while a full reading is taken in; `undefined` when none is. */
  #seenMeanwhile: Set<string> | undefined
  /** How often each was removed by someone else. */
  readonly #removedByOthers = new Map<string, number>()
  #present = 0

  constructor(options: TableOptions) {
    this.#options = options
  }

  /** Entries that the device holds or may hold. */
  get present(): number {
    return this.#present
  }

  get backlog(): number {
    return this.#urgent.size + this.#bulk.size + this.#unsettled.size
  }

  get parked(): number {
    return this.#parked.size
  }

  get withheld(): number {
    return this.#withheld.size
  }

  /** A block wants this rule. */
  want(rule: Rule, block: number, urgent: boolean): void {
    let entry = this.entries.get(rule.key)
    if (entry === undefined) {
      entry = newEntry(rule)
      this.entries.set(rule.key, entry)
    }
    addBlock(entry, block)
    this.#withheld.delete(rule.key)
    this.#removedByOthers.delete(rule.key)
    this.#settleAction(entry, rule)
    this.#queue(entry, urgent)
  }

  /** A block does not want this rule any more. */
  unwant(key: string, block: number): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    dropBlock(entry, block)
    this.#settleAction(entry, entry.rule)
    if (entry.blocks === undefined) entry.error = undefined
    this.#queue(entry, true)
    this.#dropIfDone(entry)
  }

  /** The strictest of the actions stands; when its block ends the weaker one returns. */
  #settleAction(entry: Entry, rule: Rule): void {
    const actions = blocksOf(entry).map(this.#options.actionOf)
    const strictest = strictestAction(actions.filter((action) => action !== undefined))
    entry.rule = withAction(rule, strictest ?? rule.action)
  }

  #queue(entry: Entry, urgent: boolean): void {
    const { key } = entry.rule
    this.#parked.delete(key)
    if (entry.inFlight || this.#withheld.has(key)) return
    const overridden = this.#isOverridden(entry)
    if (overridden || !needsChange(entry)) {
      if (overridden) this.#parked.add(key)
      this.#urgent.delete(key)
      this.#bulk.delete(key)
      return
    }
    if (urgent) {
      this.#bulk.delete(key)
      this.#urgent.add(key)
    } else if (!this.#urgent.has(key)) this.#bulk.add(key)
  }

  /** What someone else removed twice stays off until a block asks for it anew. */
  #isOverridden(entry: Entry): boolean {
    if (entry.blocks === undefined || entry.state !== 'no') return false
    return (this.#removedByOthers.get(entry.rule.key) ?? 0) > PUT_BACK
  }

  /** The next rules to tell the device, urgent ones by themselves, marked as under way; `undefined` when there are none. */
  nextBatch(): Change | undefined {
    const queue = this.#urgent.size > 0 ? this.#urgent : this.#bulk
    const put: Rule[] = []
    const remove: Rule[] = []
    for (const key of queue) {
      if (put.length + remove.length >= this.#options.batch) break
      queue.delete(key)
      const entry = this.entries.get(key)
      if (entry === undefined || !needsChange(entry) || this.#unsettled.has(key)) continue
      if (entry.blocks === undefined) remove.push(entry.rule)
      else if (entry.state === 'no' && this.#present >= this.#options.maxEntries) {
        this.#fail(entry, {
          result: 'failed',
          class: 'capacity',
          words: `the device may hold ${this.#options.maxEntries} entries and holds ${this.#present}`,
        })
        continue
      } else put.push(entry.rule)
      if (entry.state === 'no') this.#setState(entry, 'maybe')
      else if (entry.state === 'maybe') this.#doubtful.add(key)
      entry.inFlight = true
    }
    if (put.length + remove.length > 0) return { put, remove }
    return queue.size > 0 || (queue === this.#urgent && this.#bulk.size > 0) ? this.nextBatch() : undefined
  }

  /** Takes in what the device said about a batch. */
  settle(change: Change, receipt: Receipt): void {
    for (const rule of change.put) this.#settleOne(rule, receipt.get(rule.key), true)
    for (const rule of change.remove) this.#settleOne(rule, receipt.get(rule.key), false)
  }

  #settleOne(rule: Rule, outcome: Outcome | undefined, put: boolean): void {
    const entry = this.entries.get(rule.key)
    if (entry === undefined) return
    entry.inFlight = false
    const doubtful = this.#doubtful.delete(rule.key)
    if (outcome === undefined || outcome.result === 'unknown')
      this.#lost.set(rule.key, (this.#lost.get(rule.key) ?? 0) + 1)
    else this.#lost.delete(rule.key)
    switch (outcome?.result) {
      case 'done':
        this.#setState(entry, put ? 'yes' : 'no')
        if (!put) this.#unparkOne()
        entry.held = put ? rule.action : undefined
        entry.evidence = outcome.evidence
        entry.error = undefined
        // Each enforcer must be seen anew; until it was seen to have dropped a rule, that may be in effect there.
        entry.seen = put ? 0 : this.#options.enforcers
        this.#queue(entry, true)
        break
      case 'failed':
        // What failed to be added is not there; what failed to be removed or changed may be as it was.
        if (put && entry.held === undefined && !doubtful) {
          this.#setState(entry, 'no')
          // A device that refuses for want of room has none for another either.
          if (outcome.class !== 'capacity') this.#unparkOne()
        }
        this.#fail(entry, outcome)
        break
      default:
        this.markUnknown(entry, outcome?.words ?? 'the device did not say what became of it')
    }
    this.#options.onEntry(entry)
    this.#dropIfDone(entry)
  }

  #fail(entry: Entry, outcome: Extract<Outcome, { result: 'failed' }>): void {
    entry.error = { class: outcome.class, words: outcome.words }
    this.#parked.add(entry.rule.key)
    this.#options.onEntry(entry)
  }

  markUnknown(entry: Entry, words: string): void {
    entry.inFlight = false
    this.#setState(entry, 'maybe')
    entry.evidence = 'none'
    entry.error = { class: 'timeout', words }
    this.#unsettled.add(entry.rule.key)
  }

  /** Everything under way is of unknown outcome: the session ended. */
  loseSession(words: string): void {
    this.#seenMeanwhile = undefined
    for (const entry of this.entries.values()) if (entry.inFlight) this.markUnknown(entry, words)
  }

  /** Rules that must be read before anything else is said about them, `most` at a time. */
  unsettled(most: number): Rule[] {
    const rules: Rule[] = []
    for (const key of this.#unsettled) {
      const entry = this.entries.get(key)
      if (entry === undefined) this.#unsettled.delete(key)
      else rules.push(entry.rule)
      if (rules.length >= most) break
    }
    return rules
  }

  /** Takes in what was read for some rules. */
  observeSome(asked: readonly Rule[], observed: Observed): void {
    const found = new Map(observed.rules.map((rule) => [rule.key, rule]))
    const uncertain = new Set(observed.uncertain.map((rule) => rule.key))
    for (const { key } of asked) {
      this.#unsettled.delete(key)
      const entry = this.entries.get(key)
      if (entry === undefined || entry.inFlight) continue
      if (uncertain.has(key)) this.#setState(entry, 'maybe')
      else this.#takeSight(entry, found.get(key), observed.evidence)
      // A device that never says what became of it would be asked without end.
      if ((this.#lost.get(key) ?? 0) > 1 && needsChange(entry)) this.#parked.add(key)
      else this.#queue(entry, true)
      this.#dropIfDone(entry)
    }
  }

  /**
   * Takes in everything that the device holds, in steps between which others may have their turn; nothing may be
   * under way on the device meanwhile. Entries that it holds and nobody wants become entries to remove.
   * @returns their keys
   */
  *observeAll(observed: Observed): Generator<void, string[]> {
    this.#unsettled.clear()
    this.#parked.clear()
    this.#withheld.clear()
    this.#seenMeanwhile = new Set()
    const found = new Map<string, Rule>()
    for (const rule of inSteps(observed.rules)) {
      if (rule === undefined) yield
      else found.set(rule.key, rule)
    }
    const uncertain = new Set(observed.uncertain.map((rule) => rule.key))
    for (const rule of inSteps([...observed.rules, ...observed.uncertain])) {
      if (rule === undefined) yield
      else this.#noteFound(rule)
    }
    const unwanted: string[] = []
    for (const entry of inSteps(this.entries.values())) {
      if (entry === undefined) yield
      else this.#sightOne(entry, found, uncertain, observed.evidence, unwanted)
    }
    for (const key of this.#seenMeanwhile) this.#doubt(key)
    this.#seenMeanwhile = undefined
    return unwanted
  }

  /** From here on a release cannot forget the rule, even before its turn comes. */
  #noteFound(rule: Rule): void {
    const entry = this.entries.get(rule.key) ?? newEntry(rule)
    this.entries.set(rule.key, entry)
    if (entry.state === 'no') this.#setState(entry, 'maybe')
  }

  /** What was seen of this rule is to be read. */
  #doubt(key: string): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    this.#setState(entry, 'maybe')
    this.#unsettled.add(key)
    this.#options.onEntry(entry)
  }

  #sightOne(
    entry: Entry,
    found: ReadonlyMap<string, Rule>,
    uncertain: ReadonlySet<string>,
    evidence: Evidence,
    unwanted: string[],
  ): void {
    const { key } = entry.rule
    if (uncertain.has(key)) this.#setState(entry, 'maybe')
    else this.#takeSight(entry, found.get(key), evidence)
    if (entry.blocks === undefined && entry.state !== 'no') unwanted.push(key)
    this.#queue(entry, false)
    this.#dropIfDone(entry)
  }

  #takeSight(entry: Entry, found: Rule | undefined, evidence: Evidence): void {
    if (found === undefined && entry.state !== 'no') this.#unparkOne()
    this.#setState(entry, found === undefined ? 'no' : 'yes')
    entry.held = found?.action
    entry.evidence = evidence
    if (entry.error?.class === 'timeout') entry.error = undefined
    this.#options.onEntry(entry)
  }

  /** The device was seen to hold, or to have lost, a rule by itself. */
  sighted(key: string, present: boolean, evidence: Evidence): void {
    const entry = this.entries.get(key)
    if (this.#seenMeanwhile !== undefined) this.#seenMeanwhile.add(key)
    if (entry === undefined || entry.inFlight || this.#seenMeanwhile !== undefined) return
    if (present) {
      if (entry.state !== 'yes') return this.#doubt(key)
      entry.evidence = evidence
      return this.#options.onEntry(entry)
    }
    if (entry.state !== 'yes') return
    this.#setState(entry, 'no')
    this.#unparkOne()
    entry.held = undefined
    const times = (this.#removedByOthers.get(key) ?? 0) + 1
    this.#removedByOthers.set(key, times)
    if (times > PUT_BACK && entry.blocks !== undefined) {
      this.#fail(entry, {
        result: 'failed',
        class: 'rejected',
        words: 'overridden: someone else removed it twice, so it stays off until a person asks again',
      })
    } else this.#queue(entry, true)
    this.#options.onEntry(entry)
    this.#dropIfDone(entry)
  }

  /** Keeps these keys as they are until a person agrees. */
  withhold(keys: readonly string[]): void {
    for (const key of keys) {
      this.#withheld.add(key)
      this.#urgent.delete(key)
      this.#bulk.delete(key)
    }
  }

  /** Tries again what failed; `removals`, only what should be gone. */
  retry(which: 'all' | 'removals'): void {
    for (const key of [...this.#parked]) {
      const entry = this.entries.get(key)
      if (entry === undefined) this.#parked.delete(key)
      else if (which === 'all' || entry.blocks === undefined) this.#queue(entry, false)
    }
  }

  #setState(entry: Entry, state: Entry['state']): void {
    if ((entry.state === 'no') !== (state === 'no')) {
      this.#present += state === 'no' ? -1 : 1
    }
    entry.state = state
  }

  /** There is room for one that was refused for want of it. */
  #unparkOne(): void {
    for (const key of this.#parked) {
      const entry = this.entries.get(key)
      if (entry?.error?.class !== 'capacity') continue
      entry.error = undefined
      return this.#queue(entry, false)
    }
  }

  #dropIfDone(entry: Entry): void {
    if (entry.blocks !== undefined || entry.state !== 'no' || entry.inFlight || entry.seen !== 0) return
    const { key } = entry.rule
    this.entries.delete(key)
    for (const set of [this.#urgent, this.#bulk, this.#unsettled, this.#parked, this.#withheld])
      set.delete(key)
    this.#doubtful.delete(key)
    this.#lost.delete(key)
    this.#removedByOthers.delete(key)
    this.#options.onEntry(entry)
  }

  /** An enforcer was seen to have a rule in effect, or not. */
  witnessed(key: string, enforcer: number, present: boolean): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    entry.seen = present ? entry.seen | (1 << enforcer) : entry.seen & ~(1 << enforcer)
    if (entry.state === 'yes') {
      if (entry.seen === this.#options.enforcers) entry.evidence = 'witnessed'
      else if (entry.evidence === 'witnessed') entry.evidence = 'acknowledged'
    }
    this.#options.onEntry(entry)
    this.#dropIfDone(entry)
  }
}

/** Entries that are looked at in one turn. */
const STEP = 2_000

/** The same values, with `undefined` between two steps. */
function* inSteps<T>(values: Iterable<T>): Generator<T | undefined> {
  let count = 0
  for (const value of values) {
    yield value
    count += 1
    if (count % STEP === 0) yield undefined
  }
}
