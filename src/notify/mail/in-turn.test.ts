import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { inTurn } from './in-turn.ts'

/** Work that ends when it is told to. */
function byHand() {
  const begun: number[] = []
  const ends = new Map<number, (error?: Error) => void>()
  const work = (on: number): Promise<number> => {
    begun.push(on)
    return new Promise((resolve, reject) => {
      ends.set(on, (error) => (error === undefined ? resolve(on * 10) : reject(error)))
    })
  }
  const end = async (on: number, error?: Error): Promise<void> => {
    ends.get(on)?.(error)
    await setImmediate()
  }
  return { begun, work, end }
}

describe('work in turn', () => {
  it('is done so many at once, the others in their order', async () => {
    const { begun, work, end } = byHand()
    const turn = inTurn(work, { atOnce: 2, waiting: 3 })
    const all = [1, 2, 3, 4, 5].map((on) => turn(on))
    await setImmediate()
    assert.deepEqual(begun, [1, 2])
    await end(2)
    assert.deepEqual(begun, [1, 2, 3])
    for (const on of [1, 3, 4, 5]) await end(on)
    assert.deepEqual(await Promise.all(all), [10, 20, 30, 40, 50])
    assert.deepEqual(begun, [1, 2, 3, 4, 5])
  })

  it('that is too much is refused at once, and taken again when there is room', async () => {
    const { begun, work, end } = byHand()
    const turn = inTurn(work, { atOnce: 1, waiting: 1 })
    const all = [turn(1), turn(2)]
    await setImmediate()
    await assert.rejects(turn(3), { name: 'TurnsTaken' })
    await end(1)
    all.push(turn(4))
    await end(2)
    await end(4)
    assert.deepEqual(await Promise.all(all), [10, 20, 40])
    assert.deepEqual(begun, [1, 2, 4])
  })

  it('that fails gives its turn to the next', async () => {
    const { work, end } = byHand()
    const turn = inTurn(work, { atOnce: 1, waiting: 1 })
    const [first, second] = [turn(1), turn(2)]
    const failed = assert.rejects(first ?? Promise.resolve(), /no/)
    await setImmediate()
    await end(1, new Error('no'))
    await failed
    await end(2)
    assert.equal(await second, 20)
  })
})
