import type { Pull } from '../../src/app/lists/bouncers.ts'

/**
 * A bouncer as CrowdSec's are: it lets go first and takes then, ignores another decision about what it has, and lets
 * everything go when the time is over that it was told with it.
 */
export class ModelBouncer {
  readonly #until = new Map<string, number>()

  take({ gone, fresh, now }: Pick<Pull, 'gone' | 'fresh' | 'now'>): void {
    this.#expire(now)
    for (const { value } of gone) this.#until.delete(value)
    for (const { value, until } of fresh)
      if (until > now && !this.#until.has(value)) this.#until.set(value, until)
  }

  /** What it enforces at this time. */
  at(now: number): ReadonlyMap<string, number> {
    this.#expire(now)
    return this.#until
  }

  /** It starts anew with nothing. */
  forget(): void {
    this.#until.clear()
  }

  #expire(now: number): void {
    for (const [value, until] of this.#until) if (until <= now) this.#until.delete(value)
  }
}
