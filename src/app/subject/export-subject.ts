import { isIP } from 'node:net'
import { comingInTurns } from '../../domain/in-turns.ts'
import { within } from '../../domain/input-error.ts'
import type { Subject } from '../../domain/mention.ts'
import { parsePrefix } from '../../domain/prefix.ts'
import { type Binding, parseUser } from '../../inventory/binding.ts'
import { type LedgerEvent, type Recorded, SIDE_FIELDS } from '../../ledger/events.ts'
import { tellable } from '../bindings.ts'
import type { App } from '../context.ts'
import { asInvalid } from '../prepare.ts'
import { recordRead } from '../record-read.ts'
import type { Caller } from '../rights.ts'
import { requireWholeSite } from '../sight.ts'
import { requireRight } from '../use-cases.ts'
import { AboutSubject } from './about-subject.ts'

/** Of whom, and of which time; milliseconds since 1970, `to` exclusive. */
export interface SubjectQuery {
  readonly about: Subject
  readonly from?: number
  readonly to?: number
}

/** What Cordon holds about somebody. */
export interface SubjectData {
  /** Where an account was, by the bindings; of an address there are none, as they are about others. */
  readonly bindings: readonly Binding[]
  /** Oldest first. */
  readonly events: AsyncIterable<HeldEvent>
}

export type { Binding }

export interface HeldEvent {
  /** With the part that is about others left out, where an event has a part for each block. */
  readonly recorded: Recorded
  /** The personal data as it is kept, by its field. */
  readonly held: Readonly<Record<string, unknown>>
}

/** @throws AppError `invalid` */
export function readSubject(text: string): Subject {
  const isAddress = isIP(text.split('/')[0] ?? '') !== 0
  try {
    return within('about', () =>
      isAddress ? { kind: 'host', prefix: parsePrefix(text) } : { kind: 'account', name: parseUser(text) },
    )
  } catch (error) {
    throw asInvalid(error)
  }
}

/**
 * All that is held about an address or an account, for whoever has a right to know (GDPR article 15). That it was asked
 * for is recorded first.
 * @throws AppError `forbidden`, `bindings-unavailable`
 */
export async function exportSubject(app: App, caller: Caller, query: SubjectQuery): Promise<SubjectData> {
  requireRight(caller, 'exportSubject')
  requireWholeSite(caller, 'what is held about somebody is')
  const { about } = query
  const name = about.kind === 'host' ? about.prefix : about.name
  const upTo = app.ledger.head.seq
  await recordRead(app, caller, 'subject', { words: `about=${name}` })
  const bindings = about.kind === 'host' ? [] : await tellable(app.leases.book.ofHolder({ by: 'user', name }))
  return { bindings: bindings.filter((one) => isWithin(one, query)), events: eventsAbout(app, query, upTo) }
}

function isWithin({ from: begins, until }: Binding, { from, to }: SubjectQuery): boolean {
  return (to === undefined || begins < to) && (from === undefined || until === null || until > from)
}

async function* eventsAbout(
  app: App,
  { about, from, to }: SubjectQuery,
  upTo: number,
): AsyncGenerator<HeldEvent> {
  const of = new AboutSubject(about)
  for await (const recorded of comingInTurns(app.clock, app.ledger.history())) {
    if (recorded.seq > upTo) break
    of.see(recorded)
  }
  for await (const recorded of comingInTurns(app.clock, app.ledger.history())) {
    if (recorded.seq > upTo || (to !== undefined && recorded.at >= to)) break
    if (from !== undefined && recorded.at < from) continue
    const theirs = of.theirsOf(recorded)
    if (theirs !== undefined) yield { recorded: theirs, held: heldOf(theirs.event) }
  }
}

function heldOf(event: LedgerEvent): HeldEvent['held'] {
  const fields = event as unknown as Readonly<Record<string, unknown>>
  const held = SIDE_FIELDS[event.type].filter((name) => fields[name] !== undefined)
  return Object.fromEntries(held.map((name) => [name, fields[name]]))
}
