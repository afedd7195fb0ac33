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
