import type { Clock } from '../../src/domain/clock.ts'
import type { DeviceChange } from '../adapter.ts'
import { canonicalAddress, type ExabgpConfig } from './config.ts'
import type { PeerEvent } from './parse.ts'

type Status = Extract<DeviceChange, { type: 'status' }>

interface Peer {
  readonly name: string
  readonly address: string
  state: 'unheard' | 'up' | 'down' | 'silent'
}

/**
 * The state of each neighbour as conditions for people. `peer-silent` is for one of which nothing is ever heard:
 * a wrong MD5 key, for one, makes no event at all (measured).
 */
export class Peers {
  readonly #peers = new Map<string, Peer>()
  readonly #emit: (status: Status) => void
  readonly #cancel: () => void

  constructor(config: ExabgpConfig, clock: Clock, emit: (status: Status) => void) {
    this.#emit = emit
    for (const { name, address } of config.neighbours) {
      this.#peers.set(canonicalAddress(address), { name, address, state: 'unheard' })
    }
    this.#cancel = clock.after(config.peerWithin ?? 15_000, () => this.#silence())
  }

  close(): void {
    this.#cancel()
  }

  take(event: PeerEvent): void {
    const peer = this.#peers.get(canonicalAddress(event.address))
    if (peer === undefined) return
    if (event.state === 'up') this.#up(peer)
    else if (event.state === 'down') this.#down(peer, event.reason)
  }

  #up(peer: Peer): void {
    if (peer.state === 'up') return
    peer.state = 'up'
    const words = `BGP session with ${peer.name} (${peer.address}) is up`
    for (const code of ['peer-silent', 'peer-down']) {
      this.#emit({ type: 'status', code: `${code}:${peer.name}`, ok: true, words })
    }
  }

  #down(peer: Peer, reason: string): void {
    if (peer.state === 'down') return
    peer.state = 'down'
    const because = reason === '' ? '' : `: ${reason}`
    const words = `BGP session with ${peer.name} (${peer.address}) is down${because}`
    this.#emit({ type: 'status', code: `peer-down:${peer.name}`, ok: false, words })
  }

  #silence(): void {
    for (const peer of this.#peers.values()) {
      if (peer.state !== 'unheard') continue
      peer.state = 'silent'
      const words = `nothing was heard from ${peer.name} (${peer.address}): is it reachable, and is the MD5 key right?`
      this.#emit({ type: 'status', code: `peer-silent:${peer.name}`, ok: false, words })
    }
  }
}
