import type { AdapterEnv, Change, Receipt } from '../../adapters/adapter.ts'
import type { Expectation, Seen, WitnessAdapter, WitnessSession } from '../../adapters/witness.ts'
import { type Clock, sleep } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { Rule, RuleKind } from '../domain/rule.ts'
import type { Enforcer } from '../inventory/inventory.ts'
import type { DeviceTable } from './device-table.ts'
import type { Entry } from './entry.ts'

export interface WatchOptions {
  readonly enforcers: readonly Enforcer[]
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
  session: WitnessSession | undefined
  trouble: string | undefined
}

export interface WatchedEnforcer {
  readonly name: string
  readonly bit: number
  readonly trouble: string | undefined
}

const AGAIN_AFTER = 5_000

/** Watches the routers that enforce what one device announces. */
export class EnforcerWatch {
  readonly #options: WatchOptions
  readonly #watched: Watched[]
  readonly #stop = new AbortController()
  #table: DeviceTable | undefined
  #waiting: (() => void) | undefined

  constructor(options: WatchOptions) {
    this.#options = options
    const witnessed = options.enforcers.filter((enforcer) => enforcer.witness !== undefined)
    this.#watched = witnessed.map(({ name, witness }, bit) => ({
      name,
      bit,
      kinds: options.witnesses.get(witness?.kind ?? '')?.kinds(witness?.config as never) ?? [],
      session: undefined,
      trouble: 'it was not read yet',
    }))
  }

  /** One bit for each enforcer at which rules of this kind are witnessed. */
  maskOf(kind: RuleKind): number {
    return this.enforcersOf(kind).reduce((mask, { bit }) => mask | (1 << bit), 0)
  }

  /** Each witnessed enforcer by its bit, and why it cannot be read, if so. */
  get enforcers(): readonly WatchedEnforcer[] {
    return this.#watched
  }

  /** Those at which rules of this kind are witnessed. */
  enforcersOf(kind: RuleKind): readonly WatchedEnforcer[] {
    return this.#watched.filter(({ kinds }) => kinds.includes(kind))
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
        session.onTrouble((words) => {
          watched.trouble = words
        })
        if (this.#stop.signal.aborted) return await session.close()
        watched.session = session
        watched.trouble = undefined
        if (this.#table !== undefined) this.#expectAllOf(watched, this.#table)
      } catch (error) {
        watched.trouble = error instanceof Error ? error.message : String(error)
        this.#options.log.warn(
          { enforcer: watched.name, error: watched.trouble },
          'the enforcing router cannot be watched',
        )
        await sleep(this.#options.clock, AGAIN_AFTER, this.#stop.signal)
      }
    }
  }

  /** After the device said that it took a change: expects it at every enforcer. */
  expect(change: Change, receipt: Receipt): void {
    if (this.#watched.length === 0) return
    const done = (key: string): boolean => receipt.get(key)?.result === 'done'
    const expected = [
      ...change.put.filter(({ key }) => done(key)).map((rule) => ({ rule, present: true })),
      ...change.remove.filter(({ key }) => done(key)).map((rule) => ({ rule, present: false })),
    ]
    for (const watched of this.#watched) this.#watch(watched, expected)
  }

  /** After the whole device was read: expects at every enforcer what the device holds. */
  expectAll(table: DeviceTable): void {
    for (const watched of this.#watched) this.#expectAllOf(watched, table)
  }

  /** After some rules were read: expects at every enforcer what the device holds of them. */
  expectRead(rules: readonly Rule[], table: DeviceTable): void {
    const entries = rules.flatMap(({ key }) => table.entries.get(key) ?? [])
    for (const watched of this.#watched) this.#watch(watched, expectationsOf(watched, entries))
  }

  #expectAllOf(watched: Watched, table: DeviceTable): void {
    this.#watch(watched, expectationsOf(watched, table.entries.values()))
  }

  #watch(watched: Watched, expected: readonly Expectation[]): void {
    const visible = expected.filter(({ rule }) => watched.kinds.includes(rule.kind))
    if (visible.length > 0) watched.session?.watch(visible, (seen) => this.#saw(watched, seen))
  }

  #saw(watched: Watched, { key, present }: Seen): void {
    this.#table?.witnessed(key, watched.bit, present)
    if (!present && this.#table?.entries.get(key)?.blocks === undefined) watched.session?.forget([key])
    this.#waiting?.()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    for (const { session } of this.#watched) await session?.close()
  }
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
