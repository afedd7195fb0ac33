import assert from 'node:assert/strict'
import { it } from 'node:test'
import { AdapterError, type Counters } from '../../adapters/adapter.ts'
import { ruleOn } from '../../test/helpers/scripted-device.ts'
import { VirtualClock } from '../../test/helpers/virtual-clock.ts'
import { sleep } from '../domain/clock.ts'
import { SILENT } from '../domain/log.ts'
import type { Rule } from '../domain/rule.ts'
import { Entry } from './entry.ts'
import { HitWatch } from './hit-watch.ts'

const RULE = ruleOn(1)

function start(read: (what: 'all' | readonly Rule[]) => Promise<Counters>) {
  const clock = new VirtualClock()
  const entries = new Map([[RULE.key, new Entry(RULE)]])
  const watch = new HitWatch({ source: { counters: read }, entries, clock, log: SILENT, random: () => 0.5 })
  return { clock, watch }
}

const one = (packets: number): Counters => new Map([[RULE.key, { packets, bytes: packets }]])

it('reads all counters every minute', async () => {
  let packets = 1
  const asked: unknown[] = []
  const { clock, watch } = start(async (what) => {
    asked.push(what)
    return one(packets)
  })
  watch.start()
  await clock.advance(3_000)
  assert.deepEqual([asked, watch.of(RULE.key)?.lastHit], [['all'], undefined])
  assert.ok(watch.since !== undefined)
  packets = 4
  await clock.advance(60_000)
  assert.deepEqual([watch.of(RULE.key)?.packets, watch.total.packets], [4, 3])
  assert.equal(watch.of(RULE.key)?.lastHit, clock.now())
  await watch.stop()
  await clock.advance(600_000)
  assert.equal(asked.length, 2)
})

it('reads less often when a reading takes long, and goes on after one that fails', async () => {
  const reads: number[] = []
  const { clock, watch } = start(async () => {
    reads.push(clock.monotonic())
    await sleep(clock, 10_000)
    if (reads.length === 1) throw new AdapterError('timeout', 'too slow')
    return one(1)
  })
  watch.start()
  await clock.advance(700_000)
  const [first = 0, second = 0, third = 0] = reads
  assert.ok(second - first >= 200_000 && third - second >= 200_000)
  assert.equal(watch.of(RULE.key)?.packets, 1)
  await watch.stop()
})

it('asks one after the other, and tells who asks why it failed', async () => {
  let under = 0
  const { clock, watch } = start(async () => {
    under += 1
    assert.equal(under, 1)
    await sleep(clock, 10)
    under -= 1
    if (clock.monotonic() < 20) throw new Error('reading its counters took longer than 10 ms')
    return one(2)
  })
  const outcomes = Promise.allSettled([watch.read([RULE]), watch.read([RULE])])
  await clock.advance(100)
  const [failed, done] = await outcomes
  assert.ok(failed.status === 'rejected' && failed.reason instanceof AdapterError)
  assert.equal(failed.reason.class, 'timeout')
  assert.equal(done.status, 'fulfilled')
  assert.equal(watch.of(RULE.key)?.packets, 2)
})
