import { parseRealm, realmOf } from '../../src/domain/identity.ts'
import { isStationName, isSwitch, type Rule, type SwitchRule } from '../../src/domain/rule.ts'
import {
  type AdapterEnv,
  AdapterError,
  type Change,
  type DeviceChange,
  type Evidence,
  type Observed,
  type Outcome,
  type Receipt,
  type Session,
} from '../adapter.ts'
import { type KnownSession, keyOf, SessionBook } from './book.ts'
import { canQuarantine, type RadiusConfig } from './config.ts'
import type { Journal } from './journal.ts'
import { Keeper } from './keeper.ts'
import { evidenceOf, type Limits } from './limits.ts'
import { readMemo } from './memo.ts'
import type { Nas } from './nas.ts'
import { chargeableOf, namesOf, type Told, type ToldSession } from './record.ts'
import { Wants } from './wants.ts'

export interface RadiusOptions {
  readonly config: RadiusConfig
  readonly limits: Limits
  readonly env: AdapterEnv
  readonly nas: ReadonlyMap<string, Nas>
}

/** How often sessions that nobody speaks of are looked for. */
const FORGETS_EVERY_MS = 600_000
const HOUR_MS = 3_600_000

/** Whom a RADIUS server's NASes are to keep without session, or in quarantine. */
export class RadiusSession implements Session {
  readonly #options: RadiusOptions
  readonly #book: SessionBook
  readonly #wants: Wants
  readonly #keeper: Keeper
  readonly #realm: string | undefined
  readonly #evidence: Evidence
  #journal: Journal | undefined
  #remembered: string
  #remembering: Promise<void> = Promise.resolve()
  #listener: ((change: DeviceChange) => void) | undefined
  #cancelForget: () => void = () => undefined
  readonly #ends: (() => void)[] = []
  #closed = false

  /** @throws AdapterError `bad-memo` */
  constructor(options: RadiusOptions) {
    this.#options = options
    const { config, limits, env, nas } = options
    this.#book = new SessionBook(limits.maxSessions)
    this.#wants = new Wants(readMemo(env.recall()))
    this.#remembered = this.#wants.memo
    this.#realm = config.realms?.map(parseRealm)[0]
    this.#evidence = evidenceOf(config) === 'enforcer' ? 'read-back' : 'acknowledged'
    this.#keeper = new Keeper({
      ...{ book: this.#book, wants: this.#wants, nas, interval: limits.interval, clock: env.clock },
      changed: (key, session) => this.#note(key, session),
      tell: (change) => this.tell(change),
    })
  }

  /** What is known, to be kept on disk. */
  sessions(): Iterable<KnownSession> {
    return this.#book.all()
  }

  /** Takes in what was known before. */
  begin(journal: Journal, held: readonly KnownSession[]): void {
    this.#journal = journal
    for (const session of held) {
      this.#book.alive(session)
      if (session.quarantined) this.#book.quarantine(session.key, true)
    }
    for (const session of [...this.#book.all()]) this.#see(session)
    this.#forgetOld()
  }

  /** @param end ends something with the session */
  endWith(end: () => void): void {
    this.#ends.push(end)
  }

  /** Of a NAS that a record names, what it is called here. */
  nasOf({ identifier, address }: Told['nas'], source: string): string {
    const { nas } = this.#options.config
    const found =
      nas.find((one) => one.identifier !== undefined && one.identifier === identifier) ??
      nas.find((one) => one.identifier === undefined && one.address === (address ?? source))
    return found?.name ?? identifier ?? address ?? source
  }

  hear(told: Told, source: string): void {
    const nas = this.nasOf(told.nas, source)
    if (told.what === 'restarted') {
      for (const { key } of this.#book.restarted(nas, told.at)) this.#over(key)
      return
    }
    const key = keyOf(nas, told.id)
    if (told.what === 'ended') {
      this.#book.ended(key, told.at)
      if (this.#book.get(key) === undefined) this.#over(key)
      return
    }
    this.#alive(key, nas, told)
  }

  async observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    this.#require(signal)
    const asked = what === 'all' ? undefined : new Set(what.map(({ key }) => key))
    const kept = this.#wants.names.flatMap((name) => this.#wants.get(name)?.rule ?? [])
    const ours = kept.filter(({ key }) => asked?.has(key) ?? true)
    const isHeld = ({ name }: SwitchRule): boolean =>
      !this.#wants.isLeaving(name) && this.#keeper.lackOf(name) === undefined
    return {
      rules: ours.filter(isHeld),
      uncertain: ours.filter((rule) => !isHeld(rule)),
      evidence: this.#evidence,
      foreign: 0,
    }
  }

  async apply({ put, remove }: Change, signal: AbortSignal): Promise<Receipt> {
    this.#require(signal)
    const receipt = new Map<string, Outcome>(remove.map(({ key }) => [key, this.#done()]))
    const leaving = remove.filter(isSwitch).filter(({ name, key }) => this.#wants.get(name)?.rule.key === key)
    for (const { name } of leaving) this.#wants.leave(name)
    const keeping = put.filter((rule): rule is SwitchRule => this.#keep(rule, receipt))
    for (const { name } of keeping) this.#linkAll(name)
    await this.#remember()
    await this.#keeper.settle(
      [...leaving, ...keeping].map(({ name }) => name),
      signal,
    )
    this.#require(signal)
    for (const { key, name } of leaving) {
      const outcome = this.#outcomeOf(name)
      receipt.set(key, outcome)
      // Who was let go and asked for again meanwhile stays.
      if (outcome.result === 'done' && this.#wants.isLeaving(name)) this.#forget(name)
    }
    for (const { key, name } of keeping) receipt.set(key, this.#outcomeOf(name))
    await this.#remember()
    return receipt
  }

  onChange(listener: (change: DeviceChange) => void): void {
    this.#listener = listener
  }

  tell(change: DeviceChange): void {
    if (!this.#closed) this.#listener?.(change)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#listener = undefined
    this.#cancelForget()
    this.#keeper.close()
    for (const end of this.#ends) end()
    for (const nas of this.#options.nas.values()) nas.close()
    await this.#journal?.close()
    await this.#remembering.catch(() => undefined)
  }

  #keep(rule: Rule, receipt: Map<string, Outcome>): rule is SwitchRule {
    const why = this.#whyNot(rule)
    if (why !== undefined) receipt.set(rule.key, why)
    else if (isSwitch(rule)) this.#wants.keep(rule)
    return why === undefined
  }

  #whyNot(rule: Rule): Outcome | undefined {
    const failed = (of: AdapterError['class'], words: string): Outcome => ({
      result: 'failed',
      class: of,
      words,
    })
    if (!isSwitch(rule) || rule.kind !== 'no-session')
      return failed('unsupported', `no rules of kind ${rule.kind}`)
    if (rule.action.do === 'quarantine' && !canQuarantine(this.#options.config))
      return failed('unsupported', 'its configuration does not say what a session in quarantine is told')
    if (isAnonymous(rule.name))
      return failed(
        'rejected',
        `${rule.name} is what many are called outside of a tunnel; name the station instead`,
      )
    const { maxEntries } = this.#options.limits
    if (this.#wants.get(rule.name) === undefined && this.#wants.size >= maxEntries)
      return failed('capacity', `it keeps ${maxEntries} without session and no more`)
    return undefined
  }

  #outcomeOf(name: string): Outcome {
    const lack = this.#keeper.lackOf(name)
    if (lack === undefined) return this.#done()
    const { failure, open } = lack
    const words = `${open} of theirs to go${failure === undefined ? '' : `: ${failure.message}`}`
    return failure === undefined || failure.class === 'timeout'
      ? { result: 'unknown', words }
      : { result: 'failed', class: failure.class, words }
  }

  #done(): Outcome {
    return { result: 'done', evidence: this.#evidence }
  }

  #alive(key: string, nas: string, told: ToldSession): void {
    const { what: _what, nas: _nas, ...session } = told
    const names = namesOf(told, this.#realm).filter((name) => !isAnonymous(name))
    const heard = this.#options.env.clock.now()
    const { session: known, dropped } = this.#book.alive({ ...session, key, nas, names, heard })
    if (dropped !== undefined) this.#note(dropped.key, undefined)
    if (known === undefined) return
    this.#note(key, known)
    this.#see(known)
  }

  /** Who is known under another name is looked for under that one, too. */
  #see(session: KnownSession): void {
    if (this.#link(session)) void this.#remember().catch(() => undefined)
    this.#keeper.see(session)
  }

  #linkAll(name: string): void {
    for (const session of this.#book.of(name)) this.#link(session)
  }

  /** @returns whether anything is new */
  #link(session: KnownSession): boolean {
    let isNews = false
    for (const owner of this.#wants.ownersOf(session.names)) {
      if (isStationName(owner) || !session.names.includes(owner)) continue
      const chargeable = chargeableOf(session, this.#realm)
      const stations = this.#isVisitor(owner) ? session.names.filter(isStationName) : []
      for (const name of [...(chargeable === undefined ? [] : [chargeable]), ...stations])
        if (this.#wants.link(owner, name)) {
          isNews = true
          for (const other of this.#book.of(name)) this.#keeper.see(other)
        }
    }
    return isNews
  }

  #isVisitor(account: string): boolean {
    const { realms } = this.#options.config
    return realms !== undefined && !realms.map(parseRealm).includes(realmOf(account))
  }

  #over(key: string): void {
    this.#note(key, undefined)
    this.#keeper.over(key)
  }

  #forget(name: string): void {
    this.#wants.forget(name)
    this.#keeper.forget(name)
  }

  #note(key: string, session: KnownSession | undefined): void {
    if (session === undefined) this.#journal?.end(key)
    else this.#journal?.put(session)
  }

  #forgetOld(): void {
    const { clock } = this.#options.env
    const before = clock.now() - this.#options.limits.forgetAfter * HOUR_MS
    for (const { key } of this.#book.forget(before)) this.#over(key)
    this.#cancelForget = clock.after(FORGETS_EVERY_MS, () => this.#forgetOld())
  }

  /** Durable before it resolves. */
  #remember(): Promise<void> {
    this.#remembering = this.#remembering
      .catch(() => undefined)
      .then(async () => {
        const { memo } = this.#wants
        if (memo === this.#remembered) return
        await this.#options.env.remember(memo)
        this.#remembered = memo
      })
    return this.#remembering
  }

  #require(signal: AbortSignal): void {
    if (this.#closed) throw new AdapterError('unreachable', 'the session is closed')
    if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
  }
}

/** What the outer identity of a tunnelled method is called by many (RFC 7542 §2.4, RFC 9190 §2.1.4). */
function isAnonymous(name: string): boolean {
  return /^anonymous@/.test(name)
}
