import type { Program } from '../helpers/controller.ts'
import type { Figure } from './figures.ts'

/** What a suite gets. */
export interface Bench {
  /** The controller as tsc makes it. */
  readonly program: Program
  /** Of its own, and removed afterwards. */
  readonly folder: string
  /** A twentieth of everything, to see whether the suite runs at all. */
  readonly quick: boolean
  /** Says what is being done, for whoever waits. */
  say(words: string): void
  /** How many to take of this, quick or not. */
  count(whole: number): number
}

export type Suite = (bench: Bench) => Promise<readonly Figure[]>

export const REPETITIONS = 3
