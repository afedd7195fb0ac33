import type { Watched } from './expectations.ts'

export interface Waits {
  /** Milliseconds from the first look that did not find a rule as expected to the next; it grows from look to look. */
  readonly first: number
  readonly longest: number
}

interface Look {
  /** Monotonic. */
  due: number
  wait: number
}

/** When to look again at the rules that are not as expected. */
export class Looks {
  readonly #waits: Waits
  readonly #awaited = new Map<Watched, Look>()

  constructor(waits: Waits) {
    this.#waits = waits
  }

  await(watched: Watched, now: number): void {
    this.#awaited.set(watched, { due: now, wait: this.#waits.first })
  }

  /** It is as expected, or nobody expects anything of it any more. */
  drop(watched: Watched): void {
    this.#awaited.delete(watched)
  }

  /** It was not as expected; also when it was so before: a router that restarts gets its routes back within seconds. */
  again(watched: Watched, now: number): void {
    const wait = this.#awaited.get(watched)?.wait ?? this.#waits.first
    this.#awaited.set(watched, { due: now + wait, wait: Math.min(wait * 1.5, this.#waits.longest) })
  }

  due(now: number): Watched[] {
    const due: Watched[] = []
    for (const [watched, look] of this.#awaited) if (look.due <= now) due.push(watched)
    return due
  }

  /** Monotonic, of the next look. */
  nextDue(): number | undefined {
    let next: number | undefined
    for (const { due } of this.#awaited.values()) if (next === undefined || due < next) next = due
    return next
  }
}
