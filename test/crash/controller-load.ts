import { setTimeout as pause } from 'node:timers/promises'
import { type BlockJson, type Client, Refused, type WantedBlock } from '../helpers/controller.ts'
import { chance, pick, type Random } from '../helpers/random.ts'

/** What one client asked for and what it was answered, if it was. */
export interface Wish {
  readonly key: string
  readonly wanted: WantedBlock
  made?: BlockJson
  releaseAsked?: true
  released?: true
}

const MOST_HOSTS = 40
const PACE_MS = 8
const AGAIN_MS = 20

/** A client that makes and releases blocks; what a crash left unanswered is asked again with the same key. */
export class LoadClient {
  readonly wishes: Wish[] = []
  readonly #name: string
  readonly #random: Random
  #open: Wish | undefined

  constructor(name: string, random: Random) {
    this.#name = name
    this.#random = random
  }

  /** Until the signal; requests that are under way then are given up. */
  async run(client: Client, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const asked = await this.#askOne(client)
      await pause(asked ? PACE_MS : AGAIN_MS)
    }
  }

  /** Whether there was an answer. */
  async #askOne(client: Client): Promise<boolean> {
    const wish = this.#open ?? this.#next()
    this.#open = wish
    try {
      if (wish.releaseAsked === undefined) wish.made = await client.block(wish.wanted, 0, wish.key)
      else if (wish.made !== undefined) {
        await client.release(wish.made.id)
        wish.released = true
      }
    } catch (error) {
      if (!(error instanceof Refused)) return false
      throw error
    }
    this.#open = undefined
    return true
  }

  #next(): Wish {
    const standing = this.wishes.filter(({ made, releaseAsked }) => made !== undefined && !releaseAsked)
    const old = standing.length > 5 && chance(this.#random, 0.5) ? pick(this.#random, standing) : undefined
    if (old !== undefined) {
      old.releaseAsked = true
      return old
    }
    const key = `${this.#name}-${this.wishes.length}`
    const wish: Wish = { key, wanted: this.#wanted(key) }
    this.wishes.push(wish)
    return wish
  }

  /** Few hosts, so that many blocks share a rule. */
  #wanted(reason: string): WantedBlock {
    const random = this.#random
    const host = 20 + Math.floor(random() * MOST_HOSTS)
    const target = chance(random, 0.5) ? `203.0.113.${host}` : `2001:db8:101::${host}`
    const duration = pick(random, ['1s', '2s', '5s', '1h', '1h', '1h']) ?? '1h'
    const destinationPort = 9000 + Math.floor(random() * 5)
    return chance(random, 0.4)
      ? { target, reason, duration, direction: 'to', match: { protocol: 'udp', destinationPort } }
      : { target, reason, duration, direction: pick(random, ['to', 'from', 'both']) ?? 'to' }
  }
}
