import type { Change, Evidence, Observed, Outcome, Receipt } from '../../adapters/adapter.ts'
import { isSwitch, type Rule } from '../domain/rule.ts'
import { addBlock, dropBlock, Entry, needsChange, noteSeen, settleAction } from './entry.ts'
import { firstRules, type Sight, sightsIn, throughReading } from './full-reading.ts'
import { Mishaps, overriddenWords, wasUnlocked } from './mishaps.ts'
import type { TableOptions } from './table-options.ts'
import { WorkQueue } from './work-queue.ts'

/**
 * Everything about one device: which rules are wanted, counted by blocks, and what is known to be held. Each call
 * costs the same however many entries there are; only a full observation looks at all of them.
 */
export class DeviceTable {
  readonly entries = new Map<string, Entry>()
  readonly #options: TableOptions
  readonly #work = new WorkQueue()
  readonly #mishaps = new Mishaps()
  /** Keys whose outcome is not known and must be read before anything else. */
  readonly #unsettled = new Set<string>()
  /** Keys of which something was seen while a full reading is taken in; `undefined` when none is. */
  #seenMeanwhile: Set<string> | undefined
  #present = 0
  #wasRead = false

  constructor(options: TableOptions) {
    this.#options = options
  }

  /** Entries that the device holds or may hold. */
  get present(): number {
    return this.#present
  }

  /** Whether a full reading was taken in since this began. */
  get wasRead(): boolean {
    return this.#wasRead
  }

  get backlog(): number {
    return this.#work.size + this.#unsettled.size
  }

  get parked(): number {
    return this.#work.parked
  }

  get withheld(): number {
    return this.#work.withheld
  }
  /** A block wants this rule. */
  want(rule: Rule, block: number, urgent: boolean): void {
    const entry = this.#entryOf(rule)
    addBlock(entry, block)
    if (entry.work === 'withheld') this.#work.put(entry, 'idle')
    this.#mishaps.forgive(rule.key)
    settleAction(entry, rule, this.#options.actionOf)
    this.#queue(entry, urgent)
  }

  #entryOf(rule: Rule): Entry {
    const entry = this.entries.get(rule.key) ?? new Entry(rule)
    this.entries.set(rule.key, entry)
    return entry
  }

  /** A block does not want this rule any more. */
  unwant(key: string, block: number): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    dropBlock(entry, block)
    settleAction(entry, entry.rule, this.#options.actionOf)
    if (entry.blocks === undefined) entry.error = undefined
    this.#queue(entry, true)
    this.#dropIfDone(entry)
  }

  #queue(entry: Entry, urgent: boolean): void {
    if (entry.work === 'withheld') return
    if (this.#isOverridden(entry)) this.#work.put(entry, 'parked')
    else if (entry.inFlight || !needsChange(entry)) this.#work.put(entry, 'idle')
    else this.#work.add(entry, urgent)
  }

  /** What someone else removed twice, or unlocked, stays off until a block asks for it anew. */
  #isOverridden(entry: Entry): boolean {
    const isOff = entry.blocks !== undefined && entry.state === 'no'
    return isOff && (this.#mishaps.isOverridden(entry.rule) || wasUnlocked(entry, this.#options.wasInForce))
  }

  /** The next rules to tell the device, urgent ones by themselves, marked as under way; `undefined` when there are none. */
  nextBatch(): Change | undefined {
    while (this.#work.size > 0) {
      const change: { put: Rule[]; remove: Rule[] } = { put: [], remove: [] }
      this.#work.drain((entry) => {
        this.#takeUp(entry, change)
        return change.put.length + change.remove.length < this.#options.batch
      })
      if (change.put.length + change.remove.length > 0) return change
    }
    return undefined
  }

  #takeUp(entry: Entry, change: { put: Rule[]; remove: Rule[] }): void {
    const { key } = entry.rule
    if (!needsChange(entry) || this.#unsettled.has(key)) return
    if (entry.blocks === undefined) change.remove.push(entry.rule)
    else if (entry.state !== 'no' || this.#present < this.#options.maxEntries) change.put.push(entry.rule)
    else {
      const words = `the device may hold ${this.#options.maxEntries} entries and holds ${this.#present}`
      return this.#fail(entry, { class: 'capacity', words })
    }
    if (entry.state === 'no') this.#setState(entry, 'maybe')
    else if (entry.state === 'maybe') this.#mishaps.sentInDoubt(key)
    entry.inFlight = true
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
    const told = outcome !== undefined && outcome.result !== 'unknown'
    const doubtful = this.#mishaps.answered(rule.key, told)
    switch (outcome?.result) {
      case 'done':
        this.#setState(entry, put ? 'yes' : 'no')
        if (!put) this.#unparkOne()
        entry.held = put ? rule.action : undefined
        entry.evidence = outcome.evidence
        entry.error = undefined
        // Each enforcer must be seen anew; until it was seen to have dropped a rule, that may be in effect there.
        entry.seen = put ? 0 : this.#options.enforcers(rule)
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

  #fail(entry: Entry, { class: of, words }: NonNullable<Entry['error']>): void {
    entry.error = { class: of, words }
    this.#work.put(entry, of === 'capacity' ? 'no-room' : 'parked')
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
    return firstRules(this.#unsettled, this.entries, most)
  }

  /** Takes in what was read for some rules. */
  observeSome(asked: readonly Rule[], observed: Observed): void {
    const sightOf = sightsIn(observed)
    for (const { key } of asked) {
      this.#unsettled.delete(key)
      const entry = this.entries.get(key)
      if (entry === undefined || entry.inFlight) continue
      this.#takeIn(entry, sightOf(key), observed.evidence)
      // A device that never says what became of it would be asked without end.
      if (this.#mishaps.isLostAgain(key) && needsChange(entry)) this.#work.put(entry, 'parked')
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
    this.#work.startAnew()
    const meanwhile = new Set<string>()
    this.#seenMeanwhile = meanwhile
    const unwanted: string[] = []
    yield* throughReading(
      observed,
      this.entries,
      (rule) => this.#noteFound(rule),
      (entry, seen) => {
        this.#takeIn(entry, seen, observed.evidence)
        if (entry.blocks === undefined && entry.state !== 'no') unwanted.push(entry.rule.key)
        this.#queue(entry, false)
        this.#dropIfDone(entry)
      },
    )
    for (const key of meanwhile) this.#doubt(key)
    this.#seenMeanwhile = undefined
    this.#wasRead = true
    return unwanted
  }

  /** From here on a release cannot forget the rule, even before its turn comes. */
  #noteFound(rule: Rule): void {
    const entry = this.#entryOf(rule)
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

  #takeIn(entry: Entry, seen: Sight, evidence: Evidence): void {
    if (seen !== 'uncertain') this.#takeSight(entry, seen.found, evidence)
    else if (wasUnlocked(entry, this.#options.wasInForce)) this.#takeSight(entry, undefined, evidence)
    else this.#setState(entry, 'maybe')
    this.#noteOverride(entry)
  }

  /** What stays as somebody else has left it says so. */
  #noteOverride(entry: Entry): void {
    if (this.#isOverridden(entry))
      this.#fail(entry, { class: 'rejected', words: overriddenWords(entry.rule) })
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
    this.#mishaps.removedByOthers(key)
    this.#queue(entry, true)
    this.#noteOverride(entry)
    this.#options.onEntry(entry)
    this.#dropIfDone(entry)
  }

  /** Keeps these keys as they are until a person agrees. */
  withhold(keys: readonly string[]): void {
    for (const entry of keys.flatMap((key) => this.entries.get(key) ?? [])) this.#work.put(entry, 'withheld')
  }

  /** Tries again what failed, but no refused switch: what it stands for would go up and down. `removals`: what should be gone. */
  retry(which: 'all' | 'removals'): void {
    const isMeant = ({ blocks, rule, error }: Entry): boolean =>
      blocks === undefined || (which === 'all' && !(isSwitch(rule) && error?.class === 'rejected'))
    for (const entry of this.#work.failed()) if (isMeant(entry)) this.#queue(entry, false)
  }

  #setState(entry: Entry, state: Entry['state']): void {
    if ((entry.state === 'no') !== (state === 'no')) this.#present += state === 'no' ? -1 : 1
    entry.state = state
  }

  /** There is room for one that was refused for want of it. */
  #unparkOne(): void {
    const entry = this.#work.firstWithoutRoom()
    if (entry === undefined) return
    entry.error = undefined
    this.#queue(entry, false)
  }

  #dropIfDone(entry: Entry): void {
    if (entry.blocks !== undefined || entry.state !== 'no' || entry.inFlight || entry.seen !== 0) return
    const { key } = entry.rule
    this.entries.delete(key)
    this.#unsettled.delete(key)
    this.#work.put(entry, 'idle')
    this.#mishaps.forget(key)
    this.#options.onEntry(entry)
  }

  /** An enforcer was seen to have a rule in effect, or not. */
  witnessed(key: string, enforcer: number, present: boolean): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    noteSeen(entry, enforcer, present, this.#options.enforcers(entry.rule))
    this.#options.onEntry(entry)
    this.#dropIfDone(entry)
  }
}
