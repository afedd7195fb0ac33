import type { Clock } from '../../src/domain/clock.ts'
import type { FlowAction } from '../witnessing/flow-action.ts'
import { BmpError, Bytes } from './bytes.ts'
import type { BmpConfig } from './config.ts'
import { addPathFamilies } from './open.ts'
import { type Peer, readPeer, type View } from './peer.ts'
import { Tables } from './tables.ts'
import { type RouteFamily, readUpdate } from './update.ts'

/** Types of messages (RFC 7854 §4.1); statistics and mirrored messages say nothing about rules. */
const ROUTE_MONITORING = 0
const PEER_DOWN = 2
const PEER_UP = 3

/**
 * Not every router says that it has sent everything (End-of-RIB): one that has sent nothing for so long has. One that
 * never rests is believed after the longer time.
 */
const REST_MS = 1_000
const REST_AT_LAST_MS = 30_000

/** One family of those that hold rules of ours. */
const FAMILIES: ReadonlySet<string> = new Set(['1/1', '2/1', '1/133', '2/133'])

/** What one router has said since it connected. */
export class Router {
  readonly #config: BmpConfig
  readonly #clock: Clock
  readonly #tables: Tables
  readonly #onRest: () => void
  #description = ''
  /** Whether it has sent all that it had when it connected or when a session came up. */
  #rested = false
  #restlessSince = 0
  #lastSent = 0
  #cancel: (() => void) | undefined
  #touched = new Set<string>()
  #all = false

  /** @param onRest called when absence can be told from then on */
  constructor(config: BmpConfig, clock: Clock, onRest: () => void) {
    this.#config = config
    this.#clock = clock
    this.#tables = new Tables(config)
    this.#onRest = onRest
  }

  get description(): string {
    return this.#description
  }

  get tables(): Tables {
    return this.#tables
  }

  /** Another connection: nothing of what was said before counts. With an empty description there is none. */
  reset(description: string): void {
    this.#description = description
    this.#tables.clear()
    this.#touched.clear()
    this.#all = false
    this.#cancel?.()
    this.#cancel = undefined
    this.#unsettle()
  }

  /** @throws BmpError */
  message(type: number, body: Buffer): void {
    if (type !== ROUTE_MONITORING && type !== PEER_DOWN && type !== PEER_UP) return
    const bytes = new Bytes(body, 'a BMP message')
    const peer = readPeer(bytes)
    if (!this.#tables.counts(peer)) return
    if (type === ROUTE_MONITORING) return this.#monitored(peer, bytes)
    this.#unsettle()
    this.#all = true
    if (type === PEER_DOWN) return this.#tables.peerDown(peer)
    this.#tables.peerUp(
      peer,
      addPathFamilies(bytes).some((family) => FAMILIES.has(family)),
    )
  }

  #monitored(peer: Peer, bytes: Bytes): void {
    if (peer.view === undefined || this.#tables.isUnreadable) return
    if (peer.view !== 'loc-rib' && !this.#tables.has(peer))
      throw new BmpError('it sent routes of a peer that is not up')
    const update = readUpdate(bytes.take(bytes.left))
    this.#lastSent = this.#clock.monotonic()
    if (this.#tables.update(peer, peer.view, update) || update.endOfRib !== undefined) this.#all = true
    for (const slot of update.withdrawn) this.#touched.add(slot)
    for (const slot of update.announced) this.#touched.add(slot)
  }

  /** What the messages since the last call were about: these routes, or everything. */
  takeTouched(): { readonly slots: ReadonlySet<string>; readonly all: boolean } {
    const touched = { slots: this.#touched, all: this.#all }
    this.#touched = new Set()
    this.#all = false
    return touched
  }

  /** Why nothing can be told of its rules. */
  get trouble(): string | undefined {
    if (this.#tables.isUnreadable)
      return 'its BGP session with the speaker uses ADD-PATH (RFC 7911), which this witness does not read'
    if (this.#tables.isFed) return undefined
    return this.#config.speakers === undefined
      ? 'it has no BGP session'
      : `it has no BGP session with ${this.#config.speakers.join(' or ')}`
  }

  /** The action of a route that it has accepted. */
  proof(family: RouteFamily, slot: string): FlowAction | undefined {
    const view = this.#tables.provingView(family)
    return view === undefined ? undefined : this.#tables.find(view, slot)
  }

  /** Whether a route that is not in the view that proves would be in it if it had been accepted. */
  knowsAbsence(family: RouteFamily, slot: string): boolean {
    const view = this.#tables.provingView(family)
    if (view === undefined || !this.#tables.hasSent(view, family))
      return this.#rested && this.#tables.find('pre-policy', slot) === undefined
    return this.#rested || this.#tables.isComplete(view, family)
  }

  #unsettle(): void {
    const now = this.#clock.monotonic()
    this.#rested = false
    this.#restlessSince = now
    this.#lastSent = now
    if (this.#cancel === undefined && this.#description !== '') this.#waitForRest(REST_MS)
  }

  #waitForRest(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = undefined
      const now = this.#clock.monotonic()
      const left = REST_MS - (now - this.#lastSent)
      if (left > 0 && now - this.#restlessSince < REST_AT_LAST_MS) return this.#waitForRest(left)
      this.#rested = true
      this.#onRest()
    })
  }
}

/** How people call a view. */
export function viewText(view: View): string {
  return view === 'loc-rib' ? 'Loc-RIB' : `${view} view`
}
