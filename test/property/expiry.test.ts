import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ExpiryHeap } from '../../src/engine/expiry-heap.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 500
const time = fc.oneof(fc.nat(20), fc.nat(Number.MAX_SAFE_INTEGER))

describe('the expiry heap', () => {
  it('gives blocks back in the order of their ends, and none before its time', () =>
    holds(
      fc.property(
        fc.array(
          fc.oneof(
            time.map((at) => ({ push: at })),
            time.map((now) => ({ pop: now })),
          ),
        ),
        (steps) => {
          const heap = new ExpiryHeap()
          const model: { at: number; block: number }[] = []
          for (const [block, step] of steps.entries()) {
            if ('push' in step) {
              heap.push(step.push, block)
              model.push({ at: step.push, block })
            } else takeOne(heap, model, step.pop)
            assert.equal(heap.size, model.length)
            assert.equal(heap.next, earliest(model))
          }
          while (model.length > 0) takeOne(heap, model, Number.MAX_SAFE_INTEGER)
          assert.equal(heap.pop(Number.MAX_SAFE_INTEGER), undefined)
        },
      ),
      RUNS,
    ))

  it('holds a block whose end is at this very moment to be due', () => {
    const heap = new ExpiryHeap()
    heap.push(1_000, 7)
    assert.equal(heap.pop(999), undefined)
    assert.equal(heap.pop(1_000), 7)
  })
})

/** Blocks of one end may come in any order. */
function takeOne(heap: ExpiryHeap, model: { at: number; block: number }[], now: number): void {
  const first = earliest(model)
  const taken = heap.pop(now)
  if (first === undefined || first > now) return assert.equal(taken, undefined)
  const index = model.findIndex(({ at, block }) => at === first && block === taken)
  assert.ok(index >= 0, `${taken} is not among those that end at ${first}`)
  model.splice(index, 1)
}

function earliest(model: readonly { at: number }[]): number | undefined {
  return model.length === 0 ? undefined : Math.min(...model.map(({ at }) => at))
}
