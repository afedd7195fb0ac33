import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sleep } from '../../src/domain/clock.ts'
import { VirtualClock } from './virtual-clock.ts'

describe('virtual clock', () => {
  it('fires timers in order of time, then of setting, at their own times', async () => {
    const clock = new VirtualClock(1_000)
    const seen: string[] = []
    for (const [name, ms] of [
      ['c', 30],
      ['a', 10],
      ['b', 10],
      ['now', 0],
    ] as const) {
      clock.after(ms, () => seen.push(`${name} ${clock.monotonic()} ${clock.now()}`))
    }
    await clock.advance(29)
    assert.deepEqual(seen, ['now 0 1000', 'a 10 1010', 'b 10 1010'])
    assert.equal(clock.monotonic(), 29)
    await clock.advance(1)
    assert.equal(seen.at(-1), 'c 30 1030')
    assert.equal(clock.pending, 0)
  })

  it('lets promise chains run between timers, and timers that they set', async () => {
    const clock = new VirtualClock()
    const seen: number[] = []
    const chain = async (): Promise<void> => {
      for (let turn = 0; turn < 3; turn += 1) {
        await sleep(clock, 10)
        for (let hop = 0; hop < 50; hop += 1) await Promise.resolve()
        seen.push(clock.monotonic())
      }
    }
    const running = chain()
    await clock.advance(100)
    await running
    assert.deepEqual(seen, [10, 20, 30])
  })

  it('runs until a predicate holds and no further', async () => {
    const clock = new VirtualClock()
    let fired = false
    clock.after(50, () => {
      fired = true
    })
    assert.equal(await clock.runUntil(() => fired, 1_000), true)
    assert.equal(clock.monotonic(), 50)
    assert.equal(await clock.runUntil(() => false, 1_000), false)
    assert.equal(clock.monotonic(), 1_050)
  })

  it('forgets a cancelled timer, and steps the wall clock alone', async () => {
    const clock = new VirtualClock(0)
    const cancel = clock.after(10, () => assert.fail('cancelled'))
    cancel()
    clock.stepWall(-500)
    await clock.advance(20)
    assert.deepEqual([clock.now(), clock.monotonic()], [-480, 20])
  })
})
