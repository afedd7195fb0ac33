import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { MemoryConfig } from '../../adapters/memory/index.ts'
import { EngineWorld } from '../../test/helpers/engine-world.ts'

const DAY = 86_400_000

async function started(
  t: TestContext,
  config?: Readonly<Record<string, MemoryConfig>>,
): Promise<EngineWorld> {
  const world = await EngineWorld.make(t, config)
  world.engine.start()
  await world.clock.advance(0)
  return world
}

describe('the engine', () => {
  it('ends a block at its time, not before, and records it', async (t) => {
    const world = await started(t)
    const until = world.clock.now() + 60_000
    await world.put(world.block(1, { until }))
    await world.clock.advance(until - world.clock.now() - 1)
    assert.equal(world.held(), 1)
    await world.clock.advance(1)
    assert.equal(world.held(), 0)
    assert.equal(world.ledger.head.blocks.get(1)?.ending, 'expired')
  })

  it('an extension is in time as long as it is recorded before the end is', async (t) => {
    const world = await started(t)
    const until = world.clock.now() + 60_000
    await world.put(world.block(1, { until }))
    await world.put({ type: 'block.amended', block: 1, by: 't1', until: until + DAY })
    await world.clock.advance(60_000)
    assert.equal(world.held(), 1)
    assert.equal(world.ledger.head.blocks.get(1)?.wanted, 'on')
    await world.clock.advance(DAY + 1_000)
    assert.equal(world.held(), 0)
    assert.deepEqual(await world.milestones(), ['1 gone a', '1 gone b', '1 in-force a', '1 in-force b'])
  })

  it('a block that is shortened ends at its new time, one made permanent never', async (t) => {
    const world = await started(t)
    const until = world.clock.now() + DAY
    await world.put(world.block(1, { until }), world.block(2, { until }))
    await world.put({ type: 'block.amended', block: 1, by: 't1', until: world.clock.now() + 1_000 })
    await world.put({ type: 'block.amended', block: 2, by: 't1', until: null })
    await world.clock.advance(1_000)
    assert.equal(world.held(), 1)
    await world.clock.advance(2 * DAY)
    assert.equal(world.held(), 1)
  })

  it('a block whose time is over before its event is followed still ends on the record', async (t) => {
    const world = await started(t)
    await world.put(world.block(1, { until: world.clock.now() - 1 }))
    await world.clock.advance(1_000)
    assert.equal(world.held(), 0)
    assert.equal(world.ledger.head.blocks.get(1)?.ending, 'expired')
  })

  it('ends what ran out while it was down, however much, without a person', async (t) => {
    const world = await started(t)
    const until = world.clock.now() + 1_000
    const blocks = Array.from({ length: 700 }, (_, index) => world.block(index + 1, { until }))
    await world.put(...blocks)
    await world.clock.advance(100)
    assert.equal(world.held(), 700)
    await world.engine.stop()
    await world.clock.advance(DAY)
    const next = world.another()
    t.after(() => next.stop())
    next.start()
    await world.clock.advance(1_000)
    assert.equal(next.devices.get('a')?.runner.withheldWhy, undefined)
    assert.equal(world.held(), 0)
    assert.ok([...world.ledger.head.blocks.values()].every(({ ending }) => ending === 'expired'))
  })

  it('records each milestone once, and gone when the last rule is gone', async (t) => {
    const world = await started(t)
    await world.put(world.block(1, { direction: 'both' }))
    for (const managed of world.engine.devices.values()) managed.runner.readAgain(false)
    await world.clock.advance(1_000)
    world.devices.get('a')?.cut('again')
    await world.clock.advance(60_000)
    await world.put({ type: 'block.released', block: 1, by: 't1' })
    await world.clock.advance(1_000)
    assert.deepEqual(await world.milestones(), ['1 gone a', '1 gone b', '1 in-force a', '1 in-force b'])
  })

  it('records a failure once however often it is tried', async (t) => {
    const world = await started(t, { a: { maxEntries: 1 } })
    await world.put(world.block(1))
    await world.put(world.block(2))
    await world.clock.advance(300_000)
    assert.deepEqual(await world.milestones(), ['1 in-force a', '2 failed a'])
  })

  it('wakes who waits for a block, and lets go of who gives up', async (t) => {
    const world = await started(t)
    await world.put({
      type: 'device.held',
      device: 'b',
      by: 't1',
      until: world.clock.now() + 5_000,
      reason: '',
    })
    await world.put(world.block(1))
    const block = world.ledger.head.blocks.get(1)
    assert.ok(block !== undefined)
    const never = new AbortController().signal
    let done = false
    const everywhere = world.engine
      .waitFor(block, (holdings) => holdings.every(({ inForce }) => inForce), never)
      .then(() => {
        done = true
      })
    await world.clock.advance(4_000)
    assert.equal(done, false)
    await world.clock.advance(2_000)
    await everywhere
    const abort = new AbortController()
    const forEver = world.engine.waitFor(block, () => false, abort.signal)
    abort.abort()
    await forEver
  })

  it('a hold ends by itself, also one that began before a restart', async (t) => {
    const world = await started(t, { a: {} })
    await world.put({
      type: 'device.held',
      device: 'a',
      by: 't1',
      until: world.clock.now() + 10_000,
      reason: '',
    })
    await world.put(world.block(1))
    await world.engine.stop()
    const next = world.another()
    t.after(() => next.stop())
    next.start()
    await world.clock.advance(9_000)
    assert.equal(world.held(), 0)
    await world.clock.advance(1_500)
    assert.equal(world.held(), 1)
  })

  it('leaves no timer behind when it is stopped', async (t) => {
    const world = await started(t)
    const until = world.clock.now() + DAY
    await world.put(world.block(1, { until }))
    await world.put({ type: 'device.held', device: 'a', by: 't1', until, reason: '' })
    await world.engine.stop()
    await world.clock.advance(2_000)
    assert.equal(world.clock.pending, 0)
  })
})
