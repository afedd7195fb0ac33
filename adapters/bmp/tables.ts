import { parsePrefix, prefixBits } from '../../src/domain/prefix.ts'
import type { FlowAction } from '../witnessing/flow-action.ts'
import type { Attributes } from './attributes.ts'
import { BmpError } from './bytes.ts'
import type { BmpConfig } from './config.ts'
import type { Peer, View } from './peer.ts'
import type { RouteFamily, Update } from './update.ts'

interface PeerTables {
  readonly address: string
  readonly routes: Map<View, Map<string, FlowAction>>
  /** View and family of which everything was sent. */
  readonly complete: Set<string>
  readonly unreadable: boolean
}

/** More than any speaker of ours announces: whoever sends so many sends somebody else's. */
const MOST_ROUTES = 500_000

/** What the router says that it has of ours. Routes of others are not kept. */
export class Tables {
  readonly #speakers: readonly string[] | undefined
  readonly #marking: string | undefined
  readonly #wanted: View | undefined
  readonly #peers = new Map<string, PeerTables>()
  readonly #sent = new Map<RouteFamily, Set<View>>()
  #size = 0

  constructor({ speakers, marking, view }: BmpConfig) {
    this.#speakers = speakers?.map(addressKey)
    this.#marking = marking
    this.#wanted = view
  }

  clear(): void {
    this.#peers.clear()
    this.#sent.clear()
    this.#size = 0
  }

  /** Whether routes of this peer in this view can be ours. */
  counts({ address, view }: Peer): boolean {
    // Without a marking, a route of the Loc-RIB may be anybody's.
    if (view === 'loc-rib') return this.#marking !== undefined && this.#wanted !== 'post-policy'
    return view !== undefined && (this.#speakers?.includes(address) ?? true)
  }

  /**
   * Some routers say so for each view by itself: then the routes of the others stay.
   * @param addPath whether its routes have path identifiers
   */
  peerUp(peer: Peer, addPath: boolean): void {
    const tables = newPeer(peer, addPath)
    for (const [view, routes] of this.#peers.get(peer.key)?.routes ?? [])
      if (view === peer.view) this.#size -= routes.size
      else tables.routes.set(view, routes)
    this.#peers.set(peer.key, tables)
  }

  /** The peer's routes are gone, in every view (RFC 7854 §4.9). */
  peerDown({ key }: Peer): void {
    for (const routes of this.#peers.get(key)?.routes.values() ?? []) this.#size -= routes.size
    this.#peers.delete(key)
  }

  has({ key }: Peer): boolean {
    return this.#peers.has(key)
  }

  /** Whether a session with the speaker is up, or the Loc-RIB, which needs none, is there. */
  get isFed(): boolean {
    return this.#peers.size > 0
  }

  /** Whether a peer's routes have path identifiers (RFC 7911), which are not read. */
  get isUnreadable(): boolean {
    return [...this.#peers.values()].some(({ unreadable }) => unreadable)
  }

  /** Returns whether the router has not sent this view of some family before. */
  update(peer: Peer, view: View, update: Update): boolean {
    // Some routers send their Loc-RIB without the Peer Up of RFC 9069 §5.2.
    const tables = this.#peers.get(peer.key) ?? newPeer(peer, false)
    this.#peers.set(peer.key, tables)
    const routes = tables.routes.get(view) ?? new Map<string, FlowAction>()
    tables.routes.set(view, routes)
    const before = routes.size
    for (const slot of update.withdrawn) routes.delete(slot)
    const ours = this.#isOurs(update.attributes)
    for (const slot of update.announced) {
      if (ours) routes.set(slot, update.attributes.action)
      else routes.delete(slot)
    }
    this.#size += routes.size - before
    if (this.#size > MOST_ROUTES)
      throw new BmpError(`it sent more than ${MOST_ROUTES} routes that would be ours: name the marking`)
    if (update.endOfRib !== undefined) tables.complete.add(`${view} ${update.endOfRib}`)
    return update.families.map((family) => this.#noteSent(family, view)).includes(true)
  }

  #isOurs({ communities, large }: Attributes): boolean {
    return this.#marking === undefined || communities.includes(this.#marking) || large.includes(this.#marking)
  }

  #noteSent(family: RouteFamily, view: View): boolean {
    const sent = this.#sent.get(family)
    if (sent?.has(view) === true) return false
    if (sent === undefined) this.#sent.set(family, new Set([view]))
    else sent.add(view)
    return true
  }

  hasSent(view: View, family: RouteFamily): boolean {
    return this.#sent.get(family)?.has(view) ?? false
  }

  /** The view that proves that a route was accepted: as configured, or the strongest that was sent. */
  provingView(family: RouteFamily): View | undefined {
    if (this.#wanted !== undefined) return this.#wanted
    return (['loc-rib', 'post-policy'] as const).find((view) => this.hasSent(view, family))
  }

  /** The action of a route of ours in one of the peers' tables; undefined when it is in none. */
  find(view: View, slot: string): FlowAction | undefined {
    for (const { routes } of this.#peers.values()) {
      const action = routes.get(view)?.get(slot)
      if (action !== undefined) return action
    }
    return undefined
  }

  /** Whether every peer that sends this view has said that it was all (RFC 4724 §2). */
  isComplete(view: View, family: RouteFamily): boolean {
    const sending = [...this.#peers.values()].filter(
      ({ address }) => (address === '') === (view === 'loc-rib'),
    )
    return sending.length > 0 && sending.every(({ complete }) => complete.has(`${view} ${family}`))
  }
}

function newPeer({ address }: Peer, unreadable: boolean): PeerTables {
  return { address, routes: new Map(), complete: new Set(), unreadable }
}

/** As the per-peer header has it: 16 bytes, an IPv4 address in the last four (RFC 7854 §4.2). */
function addressKey(address: string): string {
  return prefixBits(parsePrefix(address)).toString(16).padStart(32, '0')
}
