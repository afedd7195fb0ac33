import { sleep } from '../../domain/clock.ts'
import { inTurns } from '../../domain/in-turns.ts'
import { InputError } from '../../domain/input-error.ts'
import type { TriggerInput } from '../../domain/trigger.ts'
import { incidentKey } from '../../ledger/fold-trigger.ts'
import type { Incident } from '../../ledger/trigger-events.ts'
import { type Ban, incidentsOf, readDecision } from '../../triggers/crowdsec.ts'
import type { CrowdsecSource } from '../../triggers/source.ts'
import type { App } from '../context.ts'
import type { Caller } from '../rights.ts'
import { type Taken, takeTriggers } from '../take-triggers.ts'
import { BanBook } from './ban-book.ts'
import type { SourceNotes } from './board.ts'
import type { LapiAnswer } from './lapi.ts'
import { missingFrom } from './missing.ts'
import { whyLater } from './passing.ts'
import { sourceCaller } from './source-caller.ts'
import { type Told, wordOf } from './telling.ts'

/** The format of which the triggers are, for policies. */
const FORMAT = 'crowdsec'
/** Handed over at once: so many are decided about between two turns of everything else. */
const BATCH = 200
/** CrowdSec says itself that a ban has ended; one of which it has not after this time is forgotten. */
const LATE_MS = 60_000
const [FIRST_WAIT_MS, LONGEST_WAIT_MS, TRIES] = [1_000, 30_000, 6]

/** What one CrowdSec has on, and what of it Cordon was told. */
export class CrowdsecState {
  readonly #app: App
  readonly #source: CrowdsecSource
  readonly #notes: SourceNotes
  #caller: Caller | undefined
  #book = new BanBook()
  readonly #told = new Map<string, Told>()
  /** Incidents of which there may be something to say. */
  readonly #due = new Set<string>()
  /** See {@link missingFrom}. */
  #kept = new Map<string, number>()

  constructor(app: App, source: CrowdsecSource, notes: SourceNotes) {
    this.#app = app
    this.#source = source
    this.#notes = notes
  }

  /** As who it speaks from here on. @returns whether that is somebody else, who has said nothing yet */
  begin(caller: Caller): boolean {
    const isOther = this.#caller?.token.id !== caller.token.id
    this.#caller = caller
    if (isOther) this.#told.clear()
    return isOther
  }

  /** Why something stays on that CrowdSec has no more, for people. */
  get whyKept(): string | undefined {
    const { size } = this.#kept
    if (size === 0) return undefined
    return `${size} bans are gone from CrowdSec without a word, as if its database were lost: they stay on to their own end, or until a person releases them`
  }

  /** Takes in an answer. @param now when it was asked for */
  async read(
    { fresh, deleted }: LapiAnswer,
    { isWhole, now }: { readonly isWhole: boolean; readonly now: number },
  ): Promise<void> {
    const { clock } = this.#app
    const context = { source: this.#source.name, now }
    const before = this.#notes.status.refused
    const added = await inTurns(clock, fresh, (one) => this.#readNew(one, context))
    this.#warn(this.#notes.status.refused - before)
    // What has been said of it when it was new is not said again.
    const gone = await inTurns(clock, deleted, (one) => readQuietly(one, context))
    const book = isWhole ? new BanBook() : this.#book
    for (const ban of gone) if (ban !== undefined) this.#drop(book, ban)
    for (const ban of added) if (ban !== undefined) this.#put(book, ban)
    if (isWhole) this.#adopt(book, new Set(gone.flatMap((ban) => ban?.incident ?? [])))
    this.#forget(now - LATE_MS)
  }

  /** Once for an answer: what is wrong in it may be in thousands of decisions. */
  #warn(refused: number): void {
    if (refused === 0) return
    const such = this.#notes.status.lately.at(-1)
    this.#app.log.warn({ source: this.#source.name, refused, such }, 'decisions cannot be taken')
  }

  #readNew(record: unknown, context: { readonly source: string; readonly now: number }): Ban | undefined {
    try {
      const read = readDecision(record, context)
      if ('incident' in read) return read
      this.#notes.ignored(read.what, read.why)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      const why = error.path === '' ? error.message : `${error.path}: ${error.message}`
      this.#notes.refused(nameOf(record), why)
    }
    return undefined
  }

  #put(book: BanBook, ban: Ban): void {
    book.put(ban)
    this.#due.add(ban.incident)
    this.#kept.delete(ban.incident)
  }

  #drop(book: BanBook, ban: Ban): void {
    book.drop(ban)
    this.#due.add(ban.incident)
    this.#kept.delete(ban.incident)
  }

  /** Everything that holds: what is open and not in it is over, within reason. */
  #adopt(book: BanBook, deleted: ReadonlySet<string>): void {
    this.#book = book
    const isDeleted = (incident: string) => deleted.has(incident)
    const isOn = (incident: string) => book.has(incident)
    const { over, kept } = missingFrom(this.#open(), { isOn, isDeleted }, this.#app.clock.now())
    for (const incident of over) this.#due.add(incident)
    this.#kept = new Map(kept)
  }

  #forget(before: number): void {
    for (const incident of this.#book.forget(before)) this.#due.add(incident)
    for (const [incident, ends] of this.#kept)
      if (ends < before) {
        this.#kept.delete(incident)
        this.#due.add(incident)
      }
  }

  /** What the ledger has open of this source. */
  #open(): Incident[] {
    const { incidents } = this.#app.ledger.head
    const [of, begins] = [this.#caller?.token.id, incidentsOf(this.#source.name)]
    const open: Incident[] = []
    for (const incident of incidents.values())
      if (incident.open && incident.source === of && incident.id.startsWith(begins)) open.push(incident)
    return open
  }

  /** Hands over what there is to say, ends first. @returns why not all of it could be, if so */
  async handOver(signal: AbortSignal): Promise<string | undefined> {
    const words = await inTurns(this.#app.clock, [...this.#due], (incident) => this.#wordOf(incident))
    for (const [at, incident] of [...this.#due].entries())
      if (words[at] === undefined) this.#due.delete(incident)
    const incidents = [...words.filter(isClose), ...words.filter((word) => word?.kind === 'open')].flatMap(
      (word) => word?.id ?? [],
    )
    for (let from = 0; from < incidents.length && !signal.aborted; from += BATCH) {
      const why = await this.#handOverSurely(incidents.slice(from, from + BATCH), signal)
      if (why !== undefined) return why
    }
    return undefined
  }

  #wordOf(incident: string): TriggerInput | undefined {
    const now = this.#app.clock.now()
    const key = incidentKey(this.#caller?.token.id ?? '', incident)
    const ban = this.#book.longest(incident, now)
    return wordOf(ban, this.#app.ledger.head.incidents.get(key), this.#told.get(incident), now)
  }

  /** Tries for a while. What is sent again is what is true then. */
  async #handOverSurely(incidents: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    let why: string | undefined
    for (let attempt = 0; attempt < TRIES && !signal.aborted; attempt += 1) {
      why = await this.#handOverOnce(incidents.filter((incident) => this.#due.has(incident)))
      if (why === undefined) return undefined
      this.#notes.is('waiting', why)
      await sleep(this.#app.clock, Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS), signal)
    }
    return why
  }

  async #handOverOnce(incidents: readonly string[]): Promise<string | undefined> {
    const found = sourceCaller(this.#app, this.#source.token)
    if ('why' in found) return found.why
    if (found.caller.token.id !== this.#caller?.token.id) return 'its token is another one now'
    const said = incidents.flatMap((incident) => {
      const word = this.#wordOf(incident)
      if (word === undefined) this.#due.delete(incident)
      return word === undefined ? [] : [{ incident, word, ban: this.#book.longest(incident, 0) }]
    })
    if (said.length === 0) return undefined
    try {
      const taken = await takeTriggers(
        this.#app,
        found.caller,
        FORMAT,
        said.map(({ word }) => word),
      )
      const later = said.map((one, at) => this.#note(one, taken[at]))
      return later.find((why) => why !== undefined)
    } catch (error) {
      const why = whyLater(error)
      if (why === undefined) throw error
      return why
    }
  }

  /** @returns why this one has to be handed over again, if so */
  #note(
    {
      incident,
      word,
      ban,
    }: { readonly incident: string; readonly word: TriggerInput; readonly ban?: Ban | undefined },
    taken: Taken | undefined,
  ): string | undefined {
    if (taken === undefined) return undefined
    if (taken.ok) this.#notes.took(1)
    else {
      const why = whyLater(taken.error)
      if (why !== undefined) return why
      this.#notes.refused(word.target, taken.error.message)
    }
    this.#due.delete(incident)
    if (word.kind === 'close' || ban === undefined) this.#told.delete(incident)
    else this.#told.set(incident, ban)
    return undefined
  }
}

function isClose(word: TriggerInput | undefined): boolean {
  return word?.kind === 'close'
}

/** Of what is over, only bans matter. */
function readQuietly(
  record: unknown,
  context: { readonly source: string; readonly now: number },
): Ban | undefined {
  try {
    const read = readDecision(record, context)
    return 'incident' in read ? read : undefined
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

/** What people find it by. */
function nameOf(record: unknown): string {
  const { id, scope, value } = Object(record) as Partial<Record<string, unknown>>
  return `decision ${String(id)}: ${String(scope)} ${String(value)}`.slice(0, 200)
}
