import { type Clock, sleep } from '../domain/clock.ts'

/** Entries that are looked at in one turn. */
const STEP = 2_000

/** The same values, with `undefined` between two steps. */
export function* inSteps<T>(values: Iterable<T>): Generator<T | undefined> {
  let count = 0
  for (const value of values) {
    yield value
    count += 1
    if (count % STEP === 0) yield undefined
  }
}

/** Runs steps to their end, with a turn for everybody else after each. */
export async function throughSteps<T>(clock: Clock, steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await sleep(clock, 0)
  }
}
