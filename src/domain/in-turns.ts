import { type Clock, sleep } from './clock.ts'

/** How long a turn may be, in milliseconds: what else waits is then let through. */
const TURN = 5

/** Maps values one after the other, with a pause whenever that has taken a while, so that nothing else stalls. */
export async function inTurns<T, U>(clock: Clock, values: readonly T[], map: (value: T) => U): Promise<U[]> {
  const mapped: U[] = []
  let since = clock.monotonic()
  for (const value of values) {
    mapped.push(map(value))
    if (clock.monotonic() - since < TURN) continue
    await sleep(clock, 0)
    since = clock.monotonic()
  }
  return mapped
}

/** What comes, with a pause whenever going through it has taken a while, so that nothing else stalls. */
export async function* comingInTurns<T>(clock: Clock, coming: AsyncIterable<T>): AsyncGenerator<T> {
  let since = clock.monotonic()
  for await (const value of coming) {
    yield value
    if (clock.monotonic() - since < TURN) continue
    await sleep(clock, 0)
    since = clock.monotonic()
  }
}

/** How many values are worth a look at the clock, where each takes little. */
const PART = 1_000

/** The values in parts, to be mapped part by part. */
export function partsOf<T>(values: readonly T[]): (readonly T[])[] {
  const count = Math.ceil(values.length / PART)
  return Array.from({ length: count }, (_, at) => values.slice(at * PART, (at + 1) * PART))
}
