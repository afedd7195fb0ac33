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
import { type Speaking, sourceCaller } from './source-caller.ts'
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
  #speaking: Speaking | undefined
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

  /** As who it speaks from here on. */
  speakAs(speaking: Speaking): void {
    this.#speaking = speaking
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
    const speakers = new Set(this.#speakers.map(({ token }) => token.id))
    const begins = incidentsOf(this.#source.name)
    const open = new Map<string, Incident>()
    for (const incident of incidents.values())
      if (incident.open && speakers.has(incident.source) && incident.id.startsWith(begins))
        open.set(incident.id, incident)
    return [...open.values()]
  }

  /** Hands over what there is to say, ends first. @returns why not all of it could be, if so */
  async handOver(signal: AbortSignal): Promise<string | undefined> {
    // What is open in several names ends in one after the other.
    for (let left = this.#speakers.length; left > 0 && this.#due.size > 0; left -= 1) {
      const incidents = await this.#settleDue()
      for (let from = 0; from < incidents.length && !signal.aborted; from += BATCH) {
        const why = await this.#handOverSurely(incidents.slice(from, from + BATCH), signal)
        if (why !== undefined) return why
      }
    }
    return undefined
  }

  /** The incidents of which there is something to say, what ends first. */
  async #settleDue(): Promise<string[]> {
    const due = [...this.#due]
    const all = await inTurns(this.#app.clock, due, (incident) => this.#saidOf(incident))
    for (const [at, said] of all.entries()) if (said === undefined) this.#due.delete(due[at] ?? '')
    const some = all.flatMap((said) => said ?? [])
    const [ends, rest] = [some.filter(isClose), some.filter((said) => !isClose(said))]
    return [...ends, ...rest].map(({ word }) => word.id)
  }

  get #speakers(): readonly Caller[] {
    return this.#speaking === undefined ? [] : [this.#speaking.caller, ...this.#speaking.earlier]
  }

  /** What is to be said of an incident, and by whom: what an earlier token has opened is open, and that one's to close. */
  #saidOf(incident: string): Said | undefined {
    const now = this.#app.clock.now()
    const { incidents } = this.#app.ledger.head
    const known = this.#speakers.map((caller) => ({
      caller,
      before: incidents.get(incidentKey(caller.token.id, incident)),
    }))
    const [self] = known
    const open = known.find(({ before }) => before?.open === true) ?? self
    const ban = this.#book.longest(incident, now)
    const word = wordOf(ban, open?.before, this.#told.get(incident), now)
    const caller = (ban === undefined ? open : self)?.caller
    return word === undefined || caller === undefined ? undefined : { word, caller, ban }
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
    this.#speaking = found
    const all = incidents.flatMap((incident) => this.#saidOf(incident) ?? [])
    for (const speaker of new Set(all.map(({ caller }) => caller))) {
      const why = await this.#say(
        speaker,
        all.filter(({ caller }) => caller === speaker),
      )
      if (why !== undefined) return why
    }
    return undefined
  }

  async #say(caller: Caller, said: readonly Said[]): Promise<string | undefined> {
    try {
      const words = said.map(({ word }) => word)
      const taken = await takeTriggers(this.#app, caller, FORMAT, words)
      const later = said.map((one, at) => this.#note(one, taken[at]))
      return later.find((why) => why !== undefined)
    } catch (error) {
      const why = whyLater(error)
      if (why === undefined) throw error
      return why
    }
  }

  /** @returns why this one has to be handed over again, if so */
  #note({ word, ban }: Said, taken: Taken | undefined): string | undefined {
    if (taken === undefined) return undefined
    if (taken.ok) this.#notes.took(1)
    else {
      const why = whyLater(taken.error)
      if (why !== undefined) return why
      this.#notes.refused(word.target, taken.error.message)
    }
    // One that has ended is looked at again, as it may be open in another name.
    if (!taken.ok || ban !== undefined) this.#due.delete(word.id)
    if (ban === undefined) this.#told.delete(word.id)
    else this.#told.set(word.id, ban)
    return undefined
  }
}

interface Said {
  readonly word: TriggerInput
  readonly caller: Caller
  /** What CrowdSec has on of the incident. */
  readonly ban: Ban | undefined
}

function isClose({ word }: Said): boolean {
  return word.kind === 'close'
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
