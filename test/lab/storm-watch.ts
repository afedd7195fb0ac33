import { setTimeout as pause } from 'node:timers/promises'
import type { BlockJson, Client } from '../helpers/controller.ts'
import type { RoutersSite } from '../helpers/routers-site.ts'
import { CONFIGURED, entryOf, heldByLinux, LINUX, type Victim } from './storm-routers.ts'
import { surely } from './surely.ts'

/** When a router may have lost entries that it had, in milliseconds since 1970. */
interface Loss {
  readonly router: string
  readonly begun: number
  ended: number
}

const EVERY_MS = 100
const WATCHED = new Set([...CONFIGURED.map(({ name }) => name), LINUX])

/**
 * Asks again and again what Cordon says was read back, and routers' data planes whether it is so. What is said for the first
 * time must be true, unless the router has lost entries since the block began, or since it was last said not to have it:
 * what a router answers may be long under way.
 */
export class Watch {
  readonly #site: RoutersSite
  readonly #client: Client
  readonly #losses: Loss[] = []
  readonly #believed = new Set<string>()
  /** When Cordon was first seen not to claim any more what it had claimed. */
  readonly #doubted = new Map<string, number>()
  readonly #released = new Set<number>()
  /** What the kernel of the Linux was seen to drop since the last time. */
  #linux: ReadonlySet<string> = new Set()
  /** What was said and was not so. */
  readonly lies: string[] = []
  /** How many claims were looked into. */
  checked = 0

  constructor(site: RoutersSite, client: Client) {
    this.#site = site
    this.#client = client
  }

  /** Somebody is about to ask for the end of a block. */
  releasing(id: number): void {
    this.#released.add(id)
  }

  /** The router may lose entries while this happens. */
  async losing(router: string, happening: () => Promise<void>): Promise<void> {
    const loss = { router, begun: Date.now(), ended: Number.POSITIVE_INFINITY }
    this.#losses.push(loss)
    try {
      await happening()
    } finally {
      loss.ended = Date.now()
    }
  }

  /** Looks until the signal is aborted. */
  async until(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look()
      await pause(EVERY_MS)
    }
  }

  async look(): Promise<void> {
    this.#linux = new Set()
    const begun = Date.now()
    for (const block of await surely(() => this.#client.list('active=true'))) await this.#check(block, begun)
  }

  async #check(block: BlockJson, begun: number): Promise<void> {
    const victim = victimOf(block)
    for (const { device, evidence, state } of block.holdings) {
      if (!WATCHED.has(device)) continue
      const claim = `${device} ${block.id}`
      if (state !== 'yes' || evidence !== 'read-back') {
        if (this.#believed.delete(claim)) this.#doubted.set(claim, begun)
        continue
      }
      if (this.#believed.has(claim)) continue
      this.#believed.add(claim)
      this.checked += 1
      const since = this.#doubted.get(claim) ?? Date.parse(block.createdAt)
      if (await this.#isDropped(device, victim)) continue
      if (this.#released.has(block.id) || this.#hasLost(device, since)) continue
      this.lies.push(`${device} was said to hold ${entryOf(victim)}, and let it through`)
    }
  }

  async #isDropped(device: string, victim: Victim): Promise<boolean> {
    const router = CONFIGURED.find(({ name }) => name === device)
    if (router !== undefined) return (await this.#site.control(device).judge(router.packet(victim))).dropped
    if (!this.#linux.has(entryOf(victim))) this.#linux = await heldByLinux(this.#site)
    return this.#linux.has(entryOf(victim))
  }

  #hasLost(device: string, since: number): boolean {
    return this.#losses.some(({ router, ended }) => router === device && ended >= since)
  }
}

export function victimOf({ target, direction }: Pick<BlockJson, 'target' | 'direction'>): Victim {
  if (direction === 'both') throw new RangeError(`${target} is blocked in both directions`)
  return { direction, address: target.split('/')[0] ?? '' }
}
