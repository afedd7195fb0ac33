import type { Prefix } from '../domain/prefix.ts'

/** One accounting record (RFC 2866). `restart`: the access server says that all of its sessions are over. */
export interface AccountingEvent {
  readonly line: number
  readonly kind: 'start' | 'interim' | 'stop' | 'restart'
  readonly time: number
  readonly nas: string
  readonly session?: string
  readonly addresses: readonly Prefix[]
  readonly mac?: string
  readonly user?: string
  readonly port?: string
  /** Milliseconds that the session has lasted. */
  readonly lasted?: number
}

/** A time for which a session had an address; `from` is `undefined` where no record says when that began. */
export interface Spell {
  readonly address: Prefix
  /** The record that says who it was. */
  readonly event: AccountingEvent
  readonly from: number | undefined
  readonly until: number | null
}

/**
 * For how long each address was held in the records of one session, in whatever order they stand. It ends with its Stop
 * or when the access server restarts; one without an end still holds.
 */
export function spellsOf(events: readonly AccountingEvent[], restarts: ReadonlySet<number>): Spell[] {
  const addresses = new Set(events.flatMap((event) => event.addresses))
  return [...addresses].flatMap((address) => spellsAt(address, momentsOf(address, events, restarts)))
}

/** What was recorded for one moment. */
interface Moment {
  start?: AccountingEvent
  interim?: AccountingEvent
  stop?: AccountingEvent
  restart?: true
}

function spellsAt(address: Prefix, moments: ReadonlyMap<number, Moment>): Spell[] {
  const spells: Spell[] = []
  let open: { readonly event: AccountingEvent; readonly from: number } | undefined
  // A record in between tells of a beginning only where none is known: one may come in after its Stop.
  let known = false
  for (const [time, { start, interim, stop, restart }] of [...moments].sort((a, b) => a[0] - b[0])) {
    const first: AccountingEvent | undefined = start ?? (known || stop !== undefined ? undefined : interim)
    if (open !== undefined) {
      if (stop === undefined && restart === undefined) continue
      spells.push({ address, ...open, until: time })
      open = start === undefined ? undefined : { event: start, from: time }
    } else if (stop === undefined) {
      if (first !== undefined) open = { event: first, from: time }
    } else if (start === undefined && !known) {
      const { lasted = 0 } = stop
      spells.push({ address, event: stop, from: lasted > 0 ? time - lasted : undefined, until: time })
    }
    // What begins and ends in the same second was held for no time that could be told.
    known ||= first !== undefined || stop !== undefined
  }
  if (open !== undefined) spells.push({ address, ...open, until: null })
  return spells
}

/** What happened when. A Stop that names no address ends all of the session. */
function momentsOf(
  address: Prefix,
  events: readonly AccountingEvent[],
  restarts: ReadonlySet<number>,
): Map<number, Moment> {
  const moments = new Map<number, Moment>([...restarts].map((time) => [time, { restart: true }]))
  for (const event of events) {
    const { kind, time, addresses } = event
    if (kind === 'restart') continue
    if (!addresses.includes(address) && (kind !== 'stop' || addresses.length > 0)) continue
    const moment = moments.get(time) ?? {}
    moments.set(time, { ...moment, [kind]: preferred(moment[kind], event) })
  }
  return moments
}

/** Of two records of one kind for one moment always the same, whichever comes first. */
function preferred(a: AccountingEvent | undefined, b: AccountingEvent): AccountingEvent {
  if (a === undefined) return b
  const said = ({ lasted = 0, user = '', mac = '', port = '' }: AccountingEvent): string =>
    JSON.stringify([String(lasted).padStart(16, '0'), user, mac, port])
  return said(a) < said(b) ? b : a
}
