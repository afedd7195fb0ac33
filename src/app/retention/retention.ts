import type { Clock } from '../../domain/clock.ts'
import { comingInTurns } from '../../domain/in-turns.ts'
import type { Logger } from '../../domain/log.ts'
import type { RetentionRule, RetentionTimes } from '../../domain/retention.ts'
import type { Doubt, Remains } from '../../engine/remains.ts'
import { mayErase } from '../../ledger/erasable.ts'
import { blocksOf } from '../../ledger/events.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { Doubtful } from './doubtful.ts'
import { dueOf } from './due.ts'
import { Lives } from './lives.ts'

/** What one rule came to in a run. Counts are of events. */
export interface RuleOutcome {
  /** Whose time is over and whose personal data went. */
  readonly erased: number
  /** Whose time is over and whose personal data stays, as it is still needed, or as a device may still hold it. */
  readonly waits: number
}

/** A device that may still hold what ended, and how many events wait for it. */
export interface Awaited {
  readonly device: string
  readonly why: Doubt | 'leaving'
  readonly events: number
}

export interface RetentionRun {
  readonly at: number
  /** Whether nothing was erased, as it was only looked at. */
  readonly dry: boolean
  readonly rules: Readonly<Partial<Record<RetentionRule, RuleOutcome>>>
  readonly devices: readonly Awaited[]
}

interface Found {
  readonly erase: Map<RetentionRule, number[]>
  readonly waits: Map<RetentionRule, number>
  readonly devices: Map<string, Awaited>
}

type Parts = {
  readonly ledger: Pick<Ledger, 'head' | 'history' | 'redact'>
  readonly engine: { readonly remains: Pick<Remains, 'doubts' | 'leavingFrom'> }
  readonly clock: Clock
  readonly log: Logger
}

/** Erases personal data whose time is over. One run at a time. */
export class Retention {
  readonly times: RetentionTimes
  readonly #parts: Parts
  #last: RetentionRun | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: Parts, times: RetentionTimes) {
    this.#parts = parts
    this.times = times
  }

  /** The last one that erased, since this began. */
  get last(): RetentionRun | undefined {
    return this.#last
  }

  /**
   * @param by the token that asks for it, or `retention`
   * @throws LedgerFull; what went until then is on record
   */
  run(by: string, dry: boolean): Promise<RetentionRun> {
    const run = this.#turn.then(() => this.#run(by, dry))
    this.#turn = run.catch(() => {})
    return run
  }

  async #run(by: string, dry: boolean): Promise<RetentionRun> {
    const { ledger, clock, log } = this.#parts
    const now = clock.now()
    const found = await this.#find(now)
    if (!dry) for (const [rule, events] of found.erase) await ledger.redact(events, by, rule)
    const run = { at: now, dry, rules: outcomes(this.times, found), devices: [...found.devices.values()] }
    if (!dry) {
      this.#last = run
      log.info({ rules: run.rules, devices: run.devices }, 'personal data whose time is over was erased')
    }
    return run
  }

  async #find(now: number): Promise<Found> {
    const { ledger, engine, clock } = this.#parts
    const found: Found = { erase: new Map(), waits: new Map(), devices: new Map() }
    const times = Object.values(this.times)
    if (times.length === 0) return found
    const lives = new Lives()
    for await (const recorded of comingInTurns(clock, ledger.history())) lives.see(recorded)
    const doubtful = new Doubtful(engine.remains, lives)
    const young = now - times.reduce((least, time) => Math.min(least, time))
    for await (const recorded of comingInTurns(clock, ledger.history())) {
      // Times never run backwards: of what comes behind, nothing is due.
      if (recorded.at > young) break
      const due = dueOf(recorded, this.times, lives)
      if (due === undefined || due.at > now) continue
      const device = doubtful.deviceOf(blocksOf(recorded.event))
      if (device !== undefined) wait(found, device, doubtful.doubts.get(device) ?? 'leaving')
      if (device !== undefined || !mayErase(ledger.head, recorded))
        found.waits.set(due.rule, (found.waits.get(due.rule) ?? 0) + 1)
      else add(found.erase, due.rule, recorded.seq)
    }
    return found
  }
}

function wait({ devices }: Found, device: string, why: Awaited['why']): void {
  devices.set(device, { device, why, events: (devices.get(device)?.events ?? 0) + 1 })
}

function add(lists: Map<RetentionRule, number[]>, rule: RetentionRule, seq: number): void {
  const list = lists.get(rule)
  if (list === undefined) lists.set(rule, [seq])
  else list.push(seq)
}

function outcomes(times: RetentionTimes, { erase, waits }: Found): RetentionRun['rules'] {
  const rules = Object.keys(times) as RetentionRule[]
  return Object.fromEntries(
    rules.map((rule) => [rule, { erased: erase.get(rule)?.length ?? 0, waits: waits.get(rule) ?? 0 }]),
  )
}
