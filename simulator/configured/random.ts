/** A stream of numbers in [0, 1), the same for the same seed. */
export type Random = () => number

/** The whole state is one number of 32 bits (xorshift, Marsaglia 2003, with the triple 13, 17, 5). */
export function randomFrom(seed: number): Random {
  // zero would stay zero
  let state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** From low to high, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1))
}
