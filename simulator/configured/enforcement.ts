import { setTimeout as pause } from 'node:timers/promises'
import type { DataPlane } from './data-plane.ts'
import { OutOfSpace } from './device.ts'
import type { Faults } from './faults.ts'
import { EMPTY_MODEL, entriesOf, type FilterModel } from './filters.ts'
import { shortened } from './shortened.ts'

/** Installs one model after the other, with what may go wrong on the way. */
export class Enforcement {
  readonly #plane: DataPlane
  readonly #faults: Faults
  #model: FilterModel = EMPTY_MODEL
  #last: Promise<void> = Promise.resolve()

  constructor(plane: DataPlane, faults: Faults) {
    this.#plane = plane
    this.#faults = faults
  }

  /** What packets meet now. */
  get model(): FilterModel {
    return this.#model
  }

  /** @throws OutOfSpace as Ground.enforce */
  async enforce(model: FilterModel): Promise<void> {
    const turn = this.#last.then(() => this.#install(model))
    this.#last = turn.catch(() => undefined)
    await turn
  }

  /** @throws OutOfSpace as Ground.checkEdit */
  checkEdit(model: FilterModel): void {
    this.#check(model, 'edit')
  }

  async #install(model: FilterModel): Promise<void> {
    this.#check(model, 'commit')
    const slow = this.#faults.get('slow-commit')
    if (slow) await pause(slow.ms * entriesOf(model) ** slow.power)
    const limit = this.#faults.get('entry-limit')
    const held = limit?.at === 'silent' ? shortened(model, limit.most, this.#model) : model
    await this.#plane.install(held)
    this.#model = held
  }

  /** What was too much before may stay as much as it is: only growth is refused. */
  #check(model: FilterModel, at: 'edit' | 'commit'): void {
    const limit = this.#faults.get('entry-limit')
    const entries = entriesOf(model)
    if (limit?.at === at && entries > limit.most && entries > entriesOf(this.#model))
      throw new OutOfSpace(limit.most)
  }
}
