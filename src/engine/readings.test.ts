import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdapterError } from '../../adapters/adapter.ts'
import { DONE, NEVER, ruleOn, Stage } from '../../test/helpers/scripted-device.ts'

/** What a promise came to, without waiting for it. */
function watched<T>(promise: Promise<T>) {
  const outcome: { value?: T; error?: unknown } = {}
  promise.then(
    (value) => {
      outcome.value = value
    },
    (error: unknown) => {
      outcome.error = error
    },
  )
  return outcome
}

describe('a reading that is asked for', () => {
  it('waits for what is under way, and nothing is told while it lasts', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    let answer = (): void => {}
    stage.answer = () =>
      new Promise((resolve) => {
        answer = () => resolve(DONE)
      })
    stage.want(1)
    await stage.clock.advance(0)
    const reading = watched(stage.runner.read())
    await stage.clock.advance(1_000)
    assert.equal(stage.reads, 1, 'the change is still under way')
    let finish = (): void => {}
    stage.observing = () =>
      new Promise((resolve) => {
        finish = resolve
      })
    stage.answer = async () => DONE
    answer()
    await stage.clock.advance(0)
    stage.want(2)
    await stage.clock.advance(500)
    assert.deepEqual([stage.reads, stage.applied.length, reading.value], [2, 1, undefined])
    finish()
    await stage.clock.advance(0)
    assert.equal(reading.value?.took, 500)
    assert.deepEqual(
      reading.value?.observed.rules.map(({ key }) => key),
      [ruleOn(1).key],
    )
    assert.deepEqual(stage.hosts(), ['1', '2'])
  })

  it('is one for all who wait', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    const readings = [1, 2, 3].map(() => watched(stage.runner.read()))
    await stage.clock.advance(0)
    assert.equal(stage.reads, 2)
    assert.ok(readings.every(({ value }) => value !== undefined))
  })

  it('teaches the table nothing', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    stage.want(1)
    await stage.clock.advance(0)
    stage.held.clear()
    const reading = watched(stage.runner.read())
    await stage.clock.advance(0)
    assert.deepEqual(reading.value?.observed.rules, [])
    assert.equal(stage.table.entries.get(ruleOn(1).key)?.state, 'yes')
    assert.equal(stage.applied.length, 1)
  })

  it('fails in bounded time, and the session goes on', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    stage.observing = () => NEVER
    const reading = watched(stage.runner.read())
    await stage.clock.advance(20_000)
    assert.ok(reading.error instanceof AdapterError)
    assert.equal(reading.error.class, 'timeout')
    assert.equal(stage.opened.length, 1)
    stage.want(1)
    await stage.clock.advance(0)
    assert.deepEqual(stage.hosts(), ['1'])
  })

  it('is refused with the words of a device that cannot be reached', async (t) => {
    const stage = new Stage(t)
    stage.open = () => Promise.reject(new AdapterError('auth', 'no such user', 'bad-key'))
    const early = watched(stage.runner.read())
    await stage.start()
    const late = watched(stage.runner.read())
    await stage.clock.advance(0)
    for (const { error } of [early, late]) {
      assert.ok(error instanceof AdapterError)
      assert.deepEqual([error.class, error.code, error.message], ['auth', 'bad-key', 'no such user'])
    }
  })

  it('is given up when its turn does not come', async (t) => {
    const stage = new Stage(t)
    stage.open = () => NEVER
    await stage.start()
    const reading = watched(stage.runner.read())
    await stage.clock.advance(30_000)
    assert.ok(reading.error instanceof AdapterError)
    assert.ok(['busy', 'timeout'].includes(reading.error.class))
  })
})
