import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdapterError, type Outcome } from '../../adapters/adapter.ts'
import { DONE, NEVER, ruleOn, Stage } from '../../test/helpers/scripted-device.ts'
import { switchRule } from '../domain/rule.ts'

describe('a device runner', () => {
  it('takes a change that is not answered in time for unknown, reads again and goes on', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    stage.answer = () => NEVER
    stage.want(1)
    await stage.clock.advance(10_000)
    assert.equal(stage.table.entries.get(ruleOn(1).key)?.state, 'maybe')
    stage.answer = async () => DONE
    await stage.clock.advance(1_000)
    assert.equal(stage.opened.length, 2)
    assert.equal(stage.reads, 2)
    assert.deepEqual(stage.hosts(), ['1'])
  })

  it('reads an outcome that the device does not know before saying anything more of it', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    stage.answer = async () => undefined
    stage.want(1)
    await stage.clock.advance(0)
    assert.equal(stage.applied.length, 2, 'it is told once more, and not without end')
    stage.answer = async () => DONE
    await stage.clock.advance(1_500)
    assert.equal(stage.opened.length, 1)
    assert.ok(stage.reads >= 2)
    assert.deepEqual(stage.hosts(), ['1'])
  })

  it('waits twice as long after each failure to connect, up to 30 s, with jitter', async (t) => {
    for (const [jitter, first] of [
      [0, 50],
      [1, 100],
    ] as const) {
      const stage = new Stage(t)
      stage.random = () => jitter
      stage.open = () => Promise.reject(new AdapterError('unreachable', 'no way'))
      await stage.start()
      await stage.clock.advance(300_000)
      const waits = stage.opened.slice(1).map((at, index) => at - (stage.opened[index] ?? 0))
      assert.deepEqual(waits.slice(0, 4), [first, 2 * first, 4 * first, 8 * first])
      assert.equal(Math.max(...waits), jitter === 0 ? 15_000 : 30_000)
      assert.equal(stage.runner.status.state, 'unreachable')
      assert.equal(stage.runner.status.error?.class, 'unreachable')
    }
  })

  it('changes nothing while it is held, releases neither, and goes on reading', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    stage.want(1)
    await stage.clock.advance(0)
    stage.isHeld = true
    stage.want(2)
    stage.unwant(1)
    stage.runner.readAgain(false)
    await stage.clock.advance(120_000)
    assert.deepEqual(stage.hosts(), ['1'])
    assert.equal(stage.reads, 2)
    stage.isHeld = false
    stage.runner.wake()
    await stage.clock.advance(0)
    assert.deepEqual(stage.hosts(), ['2'])
  })

  it('tells what is urgent before the rest', async (t) => {
    const stage = new Stage(t, { inFlight: 1 })
    for (const host of [1, 2, 3, 4]) stage.want(host, false)
    stage.want(9, true)
    await stage.start()
    assert.deepEqual(
      stage.applied.map(({ put }) => put.map(({ key }) => key)),
      [[9], [1, 2], [3, 4]].map((hosts) => hosts.map((host) => ruleOn(host).key)),
    )
  })

  it('keeps as many calls under way as the device takes, never two about one rule', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    stage.answer = () => NEVER
    for (const host of [1, 2, 3, 4, 5, 6]) stage.want(host)
    await stage.clock.advance(0)
    assert.equal(stage.outstanding, 2)
    for (const host of [1, 2, 3, 4]) stage.unwant(host)
    await stage.clock.advance(0)
    const keys = stage.applied.flatMap(({ put, remove }) => [...put, ...remove].map(({ key }) => key))
    assert.equal(new Set(keys).size, keys.length)
    assert.equal(stage.outstanding, 2)
  })

  it('is not kept by a session that does not close', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    stage.close = () => NEVER
    stage.listener?.({ type: 'down', class: 'unreachable', words: 'cut' })
    await stage.clock.advance(9_000)
    assert.equal(stage.opened.length, 1)
    await stage.clock.advance(2_000)
    assert.equal(stage.opened.length, 2)
  })

  for (const what of ['open', 'observing', 'answer', 'settled'] as const)
    it(`stops at once although the device hangs in ${what}`, async (t) => {
      const stage = new Stage(t)
      stage[what] = () => NEVER
      stage.want(1)
      await stage.start()
      let stopped = false
      void stage.runner.stop().then(() => {
        stopped = true
      })
      await stage.clock.advance(0)
      assert.ok(stopped)
      assert.equal(stage.runner.status.state, 'stopped')
    })

  it('does not let a call of the last session end the next one', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    stage.answer = () => NEVER
    stage.want(1)
    await stage.clock.advance(0)
    const old = stage.listener
    old?.({ type: 'down', class: 'unreachable', words: 'cut' })
    stage.answer = async () => DONE
    await stage.clock.advance(200)
    assert.deepEqual(stage.hosts(), ['1'], 'the next session does not wait for the call of the last')
    old?.({ type: 'down', class: 'unreachable', words: 'cut, said late' })
    await stage.clock.advance(60_000)
    assert.equal(stage.opened.length, 2)
  })

  it('leaves off what someone else removed twice, until a block asks for it anew', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    stage.want(1)
    await stage.clock.advance(0)
    for (const expected of [['1'], []]) {
      stage.held.clear()
      stage.listener?.({ type: 'seen', key: ruleOn(1).key, present: false, evidence: 'read-back' })
      await stage.clock.advance(100_000)
      assert.deepEqual(stage.hosts(), expected)
    }
    stage.runner.readAgain(false)
    await stage.clock.advance(100_000)
    assert.deepEqual(stage.hosts(), [])
    assert.match(stage.table.entries.get(ruleOn(1).key)?.error?.words ?? '', /overridden/)
    stage.table.want(ruleOn(1), 2, true)
    stage.runner.wake()
    await stage.clock.advance(0)
    assert.deepEqual(stage.hosts(), ['1'])
  })

  it('says that there is no room, and uses the room as soon as there is', async (t) => {
    const stage = new Stage(t, { maxEntries: 1 })
    await stage.start()
    stage.want(1)
    stage.want(2)
    await stage.clock.advance(0)
    assert.deepEqual(stage.hosts(), ['1'])
    assert.equal(stage.table.entries.get(ruleOn(2).key)?.error?.class, 'capacity')
    stage.unwant(1)
    await stage.clock.advance(0)
    assert.deepEqual(stage.hosts(), ['2'])
  })

  it('does not hammer a device that is full earlier than it said', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    stage.answer = async (_rule, put) => (put ? { result: 'failed', class: 'capacity', words: 'full' } : DONE)
    for (const host of [1, 2, 3]) stage.want(host)
    await stage.clock.advance(29_000)
    assert.ok(stage.applied.length <= 3, `${stage.applied.length} calls in half a minute`)
  })

  it('tries again soon what failed for a reason of the moment', async (t) => {
    for (const [failure, within] of [
      ['busy', 1_500],
      ['rejected', 1_500],
      ['capacity', 30_000],
    ] as const) {
      const stage = new Stage(t)
      await stage.start()
      stage.answer = async () => ({ result: 'failed', class: failure, words: 'no' })
      stage.want(1)
      await stage.clock.advance(0)
      stage.answer = async () => DONE
      await stage.clock.advance(within)
      assert.deepEqual(stage.hosts(), ['1'])
    }
  })

  it('asks less and less often for what is refused, and soon again once nothing is', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    const refuse = async (): Promise<Outcome> => ({ result: 'failed', class: 'rejected', words: 'no' })
    stage.answer = refuse
    stage.want(1)
    await stage.clock.advance(600_000)
    assert.ok(stage.applied.length >= 20 && stage.applied.length <= 50, `${stage.applied.length} in 10 min`)
    stage.answer = async () => DONE
    await stage.clock.advance(30_000)
    assert.deepEqual(stage.hosts(), ['1'])
    stage.answer = refuse
    stage.want(2)
    await stage.clock.advance(0)
    stage.answer = async () => DONE
    await stage.clock.advance(1_000)
    assert.deepEqual(stage.hosts(), ['1', '2'])
  })

  it('does not turn what was refused again and again, until the device is read anew or a person asks', async (t) => {
    const stage = new Stage(t)
    await stage.start()
    const rule = switchRule('interface-down', 'xe-0/0/1')
    stage.answer = async () => ({
      result: 'failed',
      class: 'rejected',
      words: 'nobody could log in any more',
    })
    stage.table.want(rule, 1, true)
    stage.runner.wake()
    await stage.clock.advance(600_000)
    assert.equal(stage.applied.length, 1)
    stage.runner.readAgain(false)
    await stage.clock.advance(0)
    assert.equal(stage.applied.length, 2)
    stage.table.want(rule, 2, true)
    stage.runner.wake()
    await stage.clock.advance(600_000)
    assert.equal(stage.applied.length, 3)
    for (const block of [1, 2]) stage.table.unwant(rule.key, block)
    assert.equal(stage.table.entries.size, 0)
  })

  it('keeps what no event explains until a person agrees', async (t) => {
    const stage = new Stage(t)
    for (let host = 1; host <= 20; host += 1) stage.held.set(ruleOn(host).key, ruleOn(host))
    stage.unexplained = (keys) => keys.slice(0, 11)
    await stage.start()
    await stage.clock.advance(60_000)
    assert.equal(stage.held.size, 11, 'what is explained goes')
    assert.match(stage.runner.withheldWhy ?? '', /11 removals/)
    assert.equal(stage.table.withheld, 11)
    stage.runner.readAgain(false)
    await stage.clock.advance(60_000)
    assert.equal(stage.held.size, 11)
    stage.runner.readAgain(true)
    await stage.clock.advance(1_000)
    assert.equal(stage.held.size, 0)
    assert.equal(stage.runner.withheldWhy, undefined)
  })

  it('removes nothing when it cannot be told what is explained', async (t) => {
    const stage = new Stage(t)
    for (let host = 1; host <= 20; host += 1) stage.held.set(ruleOn(host).key, ruleOn(host))
    stage.unexplained = () => {
      throw new Error('the inventory is broken')
    }
    await stage.start()
    await stage.clock.advance(60_000)
    assert.equal(stage.held.size, 20)
  })
})
