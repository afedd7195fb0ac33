import type { Ending } from '../../domain/block.ts'
import {
  type BlockCounted,
  blocksOf,
  type LedgerEvent,
  type Milestones,
  type Recorded,
} from '../../ledger/events.ts'
import { endingBy } from '../../ledger/fold-block.ts'
import { kindOf } from './block-kind.ts'
import type { BlockKind, Tally } from './tally.ts'

const HOUR = 3_600_000

/** So long after its beginning a block is asked for its last device; one that comes later is another matter. */
const VERIFIED_WITHIN = 24 * HOUR
/** So long after its end it is waited for what it had met. */
const COUNTED_WITHIN = HOUR
/** So long after its end a block is waited for to go; then it counts nowhere as lifted. */
const GONE_WITHIN = 7 * 24 * HOUR

/** A block that is not over yet, as far as statistics go. */
interface Life {
  readonly kind: BlockKind
  /** When it began; not yet, of one that waits for agreement. */
  began?: number
  /** What others are to agree to: that it begins or stays, or that it grows. */
  asks?: 'block' | 'growth' | undefined
  /** Devices on which it has been in force; after its end, those that may still hold it. */
  devices: readonly string[]
  /** When the last of them had it. */
  last?: number
  endedAt?: number
}

const NOWHERE: readonly string[] = Object.freeze([])

/** Follows blocks from their beginning until no device has them any more, and counts what happens. */
export class BlockLives {
  readonly #tally: Tally
  readonly #lives = new Map<number, Life>()
  /** When blocks began of which the last device is to be counted; those that began first come first. */
  readonly #verifying = new Map<number, number>()
  /** When blocks ended, those that ended first first: lately, and longer ago with devices that may still hold them. */
  readonly #ended = new Map<number, number>()
  readonly #leaving = new Map<number, number>()

  constructor(tally: Tally) {
    this.#tally = tally
  }

  /** How many blocks are followed. */
  get size(): number {
    return this.#lives.size
  }

  /** Counts what has come to its time until now. Times never run backwards. */
  advance(now: number): void {
    for (const [id, began] of this.#verifying) {
      if (began + VERIFIED_WITHIN > now) break
      this.#verify(id, began + VERIFIED_WITHIN)
    }
    for (const [id, endedAt] of this.#ended) {
      if (endedAt + COUNTED_WITHIN > now) break
      this.#ended.delete(id)
      if (this.#lives.get(id)?.devices.length === 0) this.#lives.delete(id)
      else this.#leaving.set(id, endedAt)
    }
    for (const [id, endedAt] of this.#leaving) {
      if (endedAt + GONE_WITHIN > now) break
      this.#leaving.delete(id)
      this.#lives.delete(id)
    }
  }

  /** @returns the blocks that have ended with it */
  fold({ at, event }: Recorded): readonly number[] {
    switch (event.type) {
      case 'block.declined':
      case 'block.released':
      case 'block.expired':
      case 'automation.panicked':
        return blocksOf(event).filter((id) => this.#end(id, HOW[event.type], at))
      case 'block.created':
      case 'block.proposed':
        this.#add(event, at)
        break
      case 'block.grows':
        this.#asks(event.block, 'growth')
        break
      case 'block.approved':
        if (event.begins) this.#agreed(event.block, at)
        break
      case 'milestones':
        this.#reached(event, at)
        break
      case 'block.counted':
        this.#counted(event, at)
        break
      default:
        break
    }
    return NONE
  }

  #add(event: Extract<LedgerEvent, { type: 'block.created' | 'block.proposed' }>, at: number): void {
    const kind = this.#tally.blockKind(kindOf(event))
    const life: Life = { kind, devices: NOWHERE }
    this.#lives.set(event.block, life)
    if (event.type === 'block.proposed') this.#tally.blocks(at, kind).proposed += 1
    if (event.type === 'block.proposed' || event.emergency === true) life.asks = 'block'
    if (event.type === 'block.created') this.#begin(event.block, life, at)
  }

  #begin(id: number, life: Life, at: number): void {
    life.began = at
    this.#tally.blocks(at, life.kind).began += 1
    this.#verifying.set(id, at)
  }

  #asks(id: number, asks: Life['asks']): void {
    const life = this.#lives.get(id)
    if (life !== undefined) life.asks = asks
  }

  #agreed(id: number, at: number): void {
    const life = this.#lives.get(id)
    if (life === undefined || life.endedAt !== undefined) return
    life.asks = undefined
    if (life.began === undefined) this.#begin(id, life, at)
  }

  /** @returns whether it has ended now */
  #end(id: number, how: 'released' | 'expired' | 'declined', at: number): boolean {
    const life = this.#lives.get(id)
    if (life === undefined || life.endedAt !== undefined) return false
    if (how === 'declined' && life.asks !== 'block') {
      // That it does not grow ends nothing.
      life.asks = undefined
      return false
    }
    const began = life.began !== undefined
    const ending: Ending = endingBy(began, how)
    this.#tally.blocks(at, life.kind).ended[ending] += 1
    this.#verify(id, at)
    life.endedAt = at
    if (began) this.#ended.set(id, at)
    else this.#lives.delete(id)
    return true
  }

  /** Counts the last device, as it is known at this time. */
  #verify(id: number, at: number): void {
    if (!this.#verifying.delete(id)) return
    const life = this.#lives.get(id)
    if (life?.began === undefined || life.last === undefined) return
    this.#tally.blocks(at, life.kind).verify.add(life.last - life.began)
  }

  #reached({ device, reached, blocks }: Milestones, at: number): void {
    if (reached === 'failed') return
    for (const id of blocks) {
      const life = this.#lives.get(id)
      if (life?.began === undefined) continue
      if (reached === 'in-force' && life.endedAt === undefined) this.#inForce(life, life.began, device, at)
      else if (reached === 'gone' && life.endedAt !== undefined)
        this.#gone(id, life, life.endedAt, device, at)
    }
  }

  #inForce(life: Life, began: number, device: string, at: number): void {
    if (life.devices.includes(device)) return
    if (life.devices.length === 0) this.#tally.blocks(at, life.kind).enforce.add(at - began)
    life.devices = [...life.devices, device]
    life.last = at
  }

  #gone(id: number, life: Life, endedAt: number, device: string, at: number): void {
    if (!life.devices.includes(device)) return
    life.devices = life.devices.filter((other) => other !== device)
    if (life.devices.length > 0) return
    this.#tally.blocks(at, life.kind).lift.add(at - endedAt)
    if (this.#leaving.delete(id)) this.#lives.delete(id)
  }

  #counted({ block, packets, bytes }: BlockCounted, at: number): void {
    const life = this.#lives.get(block)
    if (life === undefined) return
    const { stopped } = this.#tally.blocks(at, life.kind)
    stopped.blocks += 1
    stopped.packets += packets
    stopped.bytes += bytes
  }
}

const NONE: readonly number[] = Object.freeze([])

const HOW = {
  'block.declined': 'declined',
  'block.released': 'released',
  'block.expired': 'expired',
  'automation.panicked': 'released',
} as const
