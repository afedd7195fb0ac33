import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { steadyClock } from './clock.ts'

describe('the steady clock', () => {
  it('alarms a step of the wall clock and does not obey it', (t) => {
    const real = Date.now
    const wall = { moved: 0 }
    t.mock.method(Date, 'now', () => real() + wall.moved)
    const clock = steadyClock()
    const started = clock.now()
    for (const step of [3_600_000, -3_600_000]) {
      wall.moved = step
      assert.ok(Math.abs(clock.now() - started) < 60_000, 'it goes on as if nothing had happened')
      assert.ok(Math.abs(clock.drift() - step) < 60_000, 'and tells how far away the wall clock is')
    }
  })

  it('follows a small correction and never runs backwards', (t) => {
    const real = Date.now
    const wall = { moved: 0 }
    t.mock.method(Date, 'now', () => real() + wall.moved)
    const clock = steadyClock()
    wall.moved = 800
    const after = clock.now()
    assert.ok(Math.abs(after - (real() + 800)) < 700)
    wall.moved = -500
    assert.ok(clock.now() >= after)
  })

  it('calls once after the time, and not when it was cancelled', async () => {
    const clock = steadyClock()
    const called: string[] = []
    const cancel = clock.after(1, () => called.push('cancelled'))
    cancel()
    await new Promise<void>((resolve) => {
      clock.after(5, () => {
        called.push('called')
        resolve()
      })
    })
    assert.deepEqual(called, ['called'])
  })
})
