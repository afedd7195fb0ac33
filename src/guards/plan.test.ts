import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DEFAULT_LIMITS } from './limits.ts'
import { refusePlan } from './plan.ts'

describe('a plan that no event explains', () => {
  const cases: readonly [removals: number, puts: number, held: number, waits: boolean][] = [
    [0, 0, 0, false],
    [10, 0, 10, false],
    [11, 0, 11, true],
    [11, 0, 110, false],
    [11, 0, 109, true],
    [6, 5, 20, true],
    [5, 5, 20, false],
    [100, 0, 1_000, false],
    [101, 0, 1_000, true],
  ]
  for (const [unexplainedRemovals, unexplainedPuts, held, waits] of cases)
    it(`${unexplainedRemovals} removals and ${unexplainedPuts} additions of ${held} ${waits ? 'wait' : 'pass'}`, () => {
      const why = refusePlan({ unexplainedRemovals, unexplainedPuts, held }, DEFAULT_LIMITS)
      assert.equal(why !== undefined, waits)
      if (why !== undefined) assert.match(why, new RegExp(`${unexplainedRemovals} removals`))
    })
})
