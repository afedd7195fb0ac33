import { type Clock, sleep } from '../../src/domain/clock.ts'
import { identityRule } from '../../src/domain/rule.ts'
import { isAbsent, type Position, positionIn } from '../switching/panel.ts'
import { whoOf } from './panel.ts'
import type { Script } from './script.ts'

const LOOK_AGAIN_MS = 200

/** Where accounts stand, and turning them, as an administrator does who has the script alone and no adapter. */
export class ByHand {
  readonly #script: Script
  readonly #clock: Clock
  readonly #signal: AbortSignal

  constructor(script: Script, clock: Clock, signal: AbortSignal) {
    this.#script = script
    this.#clock = clock
    this.#signal = signal
  }

  /** @throws AdapterError; Error with the script's words, where one is not there */
  async read(name: string): Promise<Position> {
    return (await this.readAll([name])).get(name) ?? 'up'
  }

  /** @throws AdapterError; Error with the script's words, where one is not there */
  async readAll(names: readonly string[]): Promise<ReadonlyMap<string, Position>> {
    return new Map([...(await this.#stands(names))].map(([name, { at }]) => [name, at]))
  }

  async idOf(name: string): Promise<string | undefined> {
    return (await this.#stands([name])).get(name)?.id
  }

  async turn(name: string, to: Position): Promise<void> {
    await this.#turn(name, await this.idOf(name), to)
  }

  /** Turns up what is down. */
  async giveBack(names: readonly string[]): Promise<void> {
    for (const [name, { at, id }] of await this.#stands(names))
      if (at === 'down') await this.#turn(name, id, 'up')
  }

  /** Once none of them is on its way any more. */
  async #stands(names: readonly string[]): Promise<ReadonlyMap<string, Stand>> {
    const who = names.map((name) => whoOf(identityRule('account-locked', name)))
    for (;;) {
      const sights = await this.#script.read({ operation: 'read', kind: 'account-locked', who }, this.#signal)
      const absent = [...sights].flatMap(([name, sight]) =>
        isAbsent(sight) ? `${name}: ${sight.absent}` : [],
      )
      if (absent.length > 0) throw new Error(absent.join('; '))
      const found = new Map<string, Stand>()
      for (const [name, sight] of sights) {
        const at = positionIn(sight)
        const id = typeof sight === 'object' && 'mark' in sight ? sight.mark : undefined
        if (at === 'up' || at === 'down') found.set(name, { at, id })
      }
      if (found.size === names.length) return found
      await sleep(this.#clock, LOOK_AGAIN_MS, this.#signal)
    }
  }

  async #turn(name: string, id: string | undefined, to: Position): Promise<void> {
    const who = whoOf(identityRule('account-locked', name), id)
    await this.#script.turn({ operation: 'turn', kind: 'account-locked', to, who }, this.#signal)
  }
}

interface Stand {
  readonly at: Position
  readonly id: string | undefined
}
