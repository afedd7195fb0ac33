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
