import { appendFileSync } from 'node:fs'
import { spreadOf } from '../bench/statistics.ts'

const TENTHS = 10

/** Collects milliseconds by what they are of. */
export class Tally {
  readonly #samples = new Map<string, number[]>()

  note(what: string, ms: number): void {
    this.#samples.set(what, [...(this.#samples.get(what) ?? []), ms])
  }

  /** Appends a line of JSON for each: what it is of, how many, median, 99th percentile and the largest. */
  appendTo(file: string): void {
    for (const [what, values] of this.#samples) {
      const { p50, p99, max } = spreadOf(values)
      const [half, most, worst] = [p50, p99, max].map((ms) => Math.round(ms * TENTHS) / TENTHS)
      appendFileSync(
        file,
        `${JSON.stringify({ what, n: values.length, p50: half, p99: most, max: worst })}\n`,
      )
    }
  }
}
