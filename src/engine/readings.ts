import { AdapterError, type Observed } from '../../adapters/adapter.ts'
import type { Clock } from '../domain/clock.ts'
import { asAdapterError } from './outcomes.ts'

/** What a device was read to hold, and how long that took, in milliseconds. */
export interface Reading {
  readonly observed: Observed
  readonly at: number
  readonly took: number
}

interface Asked {
  readonly resolve: (reading: Reading) => void
  readonly reject: (error: AdapterError) => void
}

/** Those who want a device read without anything coming of it. All who wait have one reading together. */
export class Readings {
  readonly #clock: Clock
  #waiting = new Set<Asked>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws AdapterError the `trouble` that there is, or when it fails or has not begun after `patience` ms */
  ask(patience: number, trouble: AdapterError | undefined): Promise<Reading> {
    if (trouble !== undefined) return Promise.reject(trouble)
    return new Promise((resolve, reject) => {
      const asked: Asked = {
        resolve: (reading) => {
          cancel()
          resolve(reading)
        },
        reject: (error) => {
          cancel()
          reject(error)
        },
      }
      const cancel = this.#clock.after(patience, () => {
        if (this.#waiting.delete(asked))
          reject(new AdapterError('busy', `the device had other work for ${patience} ms`))
      })
      this.#waiting.add(asked)
    })
  }

  /** Reads, once it is `ready`, for all who have asked so far; whoever asks meanwhile has the next reading. */
  async serve(ready: () => Promise<void>, read: () => Promise<Observed>): Promise<void> {
    if (this.#waiting.size === 0) return
    await ready()
    const served = this.#waiting
    this.#waiting = new Set()
    const began = this.#clock.monotonic()
    try {
      const observed = await read()
      const reading = { observed, at: this.#clock.now(), took: this.#clock.monotonic() - began }
      for (const { resolve } of served) resolve(reading)
    } catch (error) {
      for (const { reject } of served) reject(asAdapterError(error))
    }
  }

  /** The device cannot be read. */
  fail(error: AdapterError): void {
    const failed = this.#waiting
    this.#waiting = new Set()
    for (const { reject } of failed) reject(error)
  }
}
