import type { AdapterEnv, Change, Receipt } from '../../adapters/adapter.ts'
import type { Expectation, Seen, WitnessAdapter, WitnessSession } from '../../adapters/witness.ts'
import { type Clock, sleep } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { Reach, Rule, RuleKind } from '../domain/rule.ts'
import type { Enforcer } from '../inventory/inventory.ts'
import type { DeviceTable } from './device-table.ts'
import type { Entry } from './entry.ts'
import { type Late, Lateness, type Overdue } from './lateness.ts'
import { isSeenAt, WitnessedAt } from './witnessed-at.ts'

export interface WatchOptions {
  readonly device: string
  readonly enforcers: readonly Enforcer[]
  /** Of the speaker: an enforcer with the name of one takes what that takes. */
  readonly neighbours: readonly Reach[]
  readonly witnesses: ReadonlyMap<string, WitnessAdapter>
  /** For the witness with this number. */
  readonly env: (enforcer: string) => AdapterEnv
  readonly clock: Clock
  readonly log: Logger
}

interface Watched {
  readonly name: string
  readonly bit: number
  /** Of the rules that it can see. */
  readonly kinds: readonly RuleKind[]
  readonly reach: Reach | undefined
  readonly lateness: Lateness
  session: WitnessSession | undefined
  trouble: string | undefined
}

export interface WatchedEnforcer {
  readonly name: string
  readonly bit: number
  /** Why it cannot be read. */
  readonly trouble: string | undefined
  /** What it should have been seen to have, or to have lost, by now. */
  readonly lateness: { readonly late: Late | undefined; readonly alarm: string | undefined }
}

const AGAIN_AFTER = 5_000
/** How long a router may take to be seen to do what the device said that it did, in milliseconds. */
const SEEN_WITHIN = 10_000

/** Watches the routers that enforce what one device announces. */
export class EnforcerWatch {
  readonly #options: WatchOptions
  readonly #watched: Watched[]
  readonly #at: WitnessedAt
  readonly #stop = new AbortController()
  #table: DeviceTable | undefined
  #waiting: (() => void) | undefined
  #onLate: ((alarm: string) => void) | undefined

  constructor(options: WatchOptions) {
    this.#options = options
    const witnessed = options.enforcers.filter((enforcer) => enforcer.witness !== undefined)
    this.#watched = witnessed.map((enforcer, bit) => this.#prepare(enforcer, bit))
    this.#at = new WitnessedAt(this.#watched)
  }

  #prepare({ name, witness, seenWithin = SEEN_WITHIN }: Enforcer, bit: number): Watched {
    const { witnesses, clock, neighbours } = this.#options
    const watched: Watched = {
      name,
      bit,
      kinds: witnesses.get(witness?.kind ?? '')?.kinds(witness?.config as never) ?? [],
      reach: neighbours.find((one) => one.name === name),
      lateness: new Lateness({
        enforcer: name,
        within: seenWithin,
        clock,
        isDue: (key, present) => isDue(this.#table?.entries.get(key), bit, present),
        whyNot: (key) => watched.session?.whyNot?.(key),
        onLate: (notAccepted, notGone) => {
          this.#noteLate(name, notAccepted, notGone)
          const { alarm } = watched.lateness
          if (alarm !== undefined) this.#onLate?.(alarm)
        },
        onEnd: () => this.#noteEnd(name),
      }),
      session: undefined,
      trouble: 'it was not read yet',
    }
    return watched
  }

  #noteLate(enforcer: string, notAccepted: Overdue | undefined, notGone: Overdue | undefined): void {
    const { device, log } = this.#options
    if (notAccepted !== undefined)
      log.warn({ device, enforcer, ...notAccepted }, 'rules were announced and are not accepted by a router')
    if (notGone !== undefined)
      log.warn({ device, enforcer, ...notGone }, 'rules were withdrawn and are still in effect on a router')
  }

  #noteEnd(enforcer: string): void {
    const { device, log } = this.#options
    log.info({ device, enforcer }, 'a router is no longer late with rules')
  }

  /** Hears of a router once it is late, until it was no longer, in words without a rule's name. Only one listener. */
  onLate(listener: (alarm: string) => void): void {
    this.#onLate = listener
  }

  /** One bit for each enforcer at which the rule is witnessed. */
  maskOf(rule: Rule): number {
    return this.#at.maskOf(rule)
  }

  /** Whether rules of one of these kinds are witnessed anywhere. */
  watches(kinds: readonly RuleKind[]): boolean {
    return this.#watched.some((watched) => watched.kinds.some((kind) => kinds.includes(kind)))
  }

  /** Each witnessed enforcer by its bit, and why it cannot be read, if so. */
  get enforcers(): readonly WatchedEnforcer[] {
    return this.#watched
  }

  /** Those at which the rule is witnessed. */
  enforcersOf(rule: Rule): readonly WatchedEnforcer[] {
    return this.#watched.filter((watched) => isSeenAt(watched, rule))
  }

  start(table: DeviceTable, onSight: () => void): void {
    this.#table = table
    this.#waiting = onSight
    for (const watched of this.#watched) void this.#open(watched)
  }

  async #open(watched: Watched): Promise<void> {
    const enforcer = this.#options.enforcers.find(({ name }) => name === watched.name)
    const adapter = this.#options.witnesses.get(enforcer?.witness?.kind ?? '')
    if (adapter === undefined || enforcer === undefined) return
    while (!this.#stop.signal.aborted && watched.session === undefined) {
      try {
        const session = await adapter.open(enforcer.witness?.config as never, this.#options.env(watched.name))
        if (this.#stop.signal.aborted) return await session.close()
        watched.session = session
        this.#setTrouble(watched, undefined)
        session.onTrouble((words) => this.#setTrouble(watched, words))
        if (this.#table !== undefined) this.#expectAllOf(watched, this.#table)
      } catch (error) {
        this.#setTrouble(watched, error instanceof Error ? error.message : String(error))
        this.#options.log.warn(
          { enforcer: watched.name, error: watched.trouble },
          'the enforcing router cannot be watched',
        )
        await sleep(this.#options.clock, AGAIN_AFTER, this.#stop.signal)
      }
    }
  }

  #setTrouble(watched: Watched, words: string | undefined): void {
    watched.trouble = words
    watched.lateness.readable(words === undefined)
  }

  /** After the device said that it took a change: expects it at every enforcer. */
  expect(change: Change, receipt: Receipt): void {
    if (this.#watched.length === 0) return
    const done = (key: string): boolean => receipt.get(key)?.result === 'done'
    const expected = [
      ...change.put.filter(({ key }) => done(key)).map((rule) => ({ rule, present: true })),
      ...change.remove.filter(({ key }) => done(key)).map((rule) => ({ rule, present: false })),
    ]
    for (const watched of this.#watched)
      this.#watch(watched, expected, ({ rule, present }) => watched.lateness.expect(rule.key, present))
  }

  /** After the whole device was read: expects at every enforcer what the device holds. */
  expectAll(table: DeviceTable): void {
    for (const watched of this.#watched) this.#expectAllOf(watched, table)
  }

  /** After some rules were read: expects at every enforcer what the device holds of them. */
  expectRead(rules: readonly Rule[], table: DeviceTable): void {
    const entries = rules.flatMap(({ key }) => table.entries.get(key) ?? [])
    for (const watched of this.#watched) this.#expectStill(watched, expectationsOf(watched, entries))
  }

  #expectAllOf(watched: Watched, table: DeviceTable): void {
    this.#expectStill(watched, expectationsOf(watched, table.entries.values()))
  }

  /** Of what the router may have been seen to have already. */
  #expectStill(watched: Watched, expected: readonly Expectation[]): void {
    this.#watch(watched, expected, ({ rule, present }) => {
      if (isDue(this.#table?.entries.get(rule.key), watched.bit, present))
        watched.lateness.expectStill(rule.key, present)
    })
  }

  /** @param note called for what can be seen there, before it may be */
  #watch(watched: Watched, expected: readonly Expectation[], note: (one: Expectation) => void): void {
    const { session } = watched
    if (session === undefined) return
    const visible = expected.filter(({ rule }) => isSeenAt(watched, rule))
    for (const one of visible) note(one)
    if (visible.length > 0) session.watch(visible, (seen) => this.#saw(watched, seen))
  }

  #saw(watched: Watched, { key, present }: Seen): void {
    const entry = this.#table?.entries.get(key)
    if (entry !== undefined) watched.lateness.saw(key, present, entry.state === 'yes')
    this.#table?.witnessed(key, watched.bit, present)
    if (!present && entry?.blocks === undefined) watched.session?.forget([key])
    this.#waiting?.()
  }

  /** Why a rule is not seen at an enforcer as it should be, once it is late or when the enforcer cannot be read. */
  whyNot(bit: number, key: string): string | undefined {
    const watched = this.#watched[bit]
    if (watched === undefined || watched.trouble !== undefined) return watched?.trouble
    return watched.lateness.isLateWith(key) ? (watched.session?.whyNot?.(key) ?? 'it is late') : undefined
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    for (const { lateness, session } of this.#watched) {
      lateness.stop()
      await session?.close()
    }
  }
}

/** Whether an enforcer is still to be seen to have, or to have lost, what the device holds or has given up. */
function isDue(entry: Entry | undefined, bit: number, present: boolean): boolean {
  if (entry === undefined) return false
  const isSeen = (entry.seen & (1 << bit)) !== 0
  return present ? entry.state === 'yes' && !isSeen : entry.state === 'no' && isSeen
}

/** What the device holds must be seen at its enforcers; what it gave up and they were not seen to drop must go. */
function expectationsOf({ bit }: Watched, entries: Iterable<Entry>): Expectation[] {
  const expected: Expectation[] = []
  for (const { rule, state, seen } of entries) {
    if (state === 'yes') expected.push({ rule, present: true })
    else if (state === 'no' && (seen & (1 << bit)) !== 0) expected.push({ rule, present: false })
  }
  return expected
}
