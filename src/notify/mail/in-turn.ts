/** So many wait for their turn already that another one would wait for too long. */
class TurnsTaken extends Error {
  constructor(waiting: number) {
    super(`${waiting} wait already`)
    this.name = 'TurnsTaken'
  }
}

export interface Turns {
  /** How many are at work at once. */
  readonly atOnce: number
  /** How many may wait beside them. */
  readonly waiting: number
}

/** A mail takes up to 250 MiB while it is read, and 20 s. */
export const MAIL_TURNS: Turns = { atOnce: 2, waiting: 20 }

/**
 * Work that is done a few at a time, in the order in which it came. What it is called with is kept meanwhile.
 * @returns the same work; it throws `TurnsTaken` at once when too many wait
 */
export function inTurn<A, R>(work: (on: A) => Promise<R>, { atOnce, waiting }: Turns): (on: A) => Promise<R> {
  const queue: (() => void)[] = []
  let busy = 0
  const begin = async (): Promise<void> => {
    if (busy < atOnce) {
      busy += 1
      return
    }
    if (queue.length >= waiting) throw new TurnsTaken(waiting)
    // Whoever ends hands over the turn, so that nobody who comes just then is before those who wait.
    await new Promise<void>((resolve) => queue.push(resolve))
  }
  const end = (): void => {
    const next = queue.shift()
    if (next === undefined) busy -= 1
    else next()
  }
  return async (on) => {
    await begin()
    try {
      return await work(on)
    } finally {
      end()
    }
  }
}
