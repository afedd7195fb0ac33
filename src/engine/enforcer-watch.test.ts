import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ruleOn } from '../../test/helpers/scripted-device.ts'
import { begun, KEY, WatchedRouters } from '../../test/helpers/watched-routers.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { blackholeRule, DROP, ruleFromKey } from '../domain/rule.ts'

describe('watching the enforcing routers', () => {
  it('a rule is witnessed only when every router has it', async (t) => {
    const scene = await begun(t)
    assert.equal(scene.evidence, 'acknowledged')
    scene.routers[0]?.see(true)
    assert.equal(scene.evidence, 'acknowledged')
    scene.routers[1]?.see(true)
    assert.equal(scene.evidence, 'witnessed')
    scene.routers[0]?.see(false)
    assert.equal(scene.evidence, 'acknowledged')
    assert.equal(scene.sights, 3)
  })

  it('a rule that no router can be seen to have waits for none of them', async (t) => {
    const scene = await begun(t, ['r1'], ['flow'])
    assert.deepEqual(scene.routers[0]?.expected, [])
    scene.table.unwant(KEY, 1)
    scene.tell()
    assert.ok(!scene.table.entries.has(KEY), 'what the device says is all there is')
  })

  it('a rule is gone only when every router has lost it', async (t) => {
    const scene = await begun(t)
    for (const router of scene.routers) router.see(true)
    scene.table.unwant(KEY, 1)
    scene.tell()
    assert.deepEqual(scene.routers[0]?.expected.at(-1), { rule: ruleOn(1), present: false })
    scene.routers[0]?.see(false)
    assert.ok(scene.table.entries.has(KEY), 'one router may still have it')
    scene.routers[1]?.see(false)
    assert.ok(!scene.table.entries.has(KEY))
    assert.deepEqual(
      scene.routers.map((router) => router.forgotten),
      [[KEY], [KEY]],
    )
  })

  it('what was removed and is put again must be seen anew by every router', async (t) => {
    const scene = await begun(t)
    for (const router of scene.routers) router.see(true)
    scene.table.unwant(KEY, 1)
    scene.tell()
    scene.table.want(ruleOn(1), 2, true)
    scene.tell()
    scene.routers[0]?.see(true)
    assert.equal(scene.evidence, 'acknowledged', 'the other router has not been heard of')
    scene.routers[1]?.see(true)
    assert.equal(scene.evidence, 'witnessed')
  })

  it('a rule of lost outcome that is read back is expected at the routers', async (t) => {
    const scene = await begun(t)
    scene.table.want(ruleOn(2), 2, true)
    const change = scene.table.nextBatch() ?? { put: [], remove: [] }
    scene.table.settle(change, new Map())
    const asked = scene.table.unsettled(10)
    scene.table.observeSome(asked, { rules: asked, uncertain: [], evidence: 'acknowledged', foreign: 0 })
    scene.watch.expectRead(asked, scene.table)
    for (const router of scene.routers) {
      assert.deepEqual(router.expected.at(-1), { rule: ruleOn(2), present: true })
      router.see(true, ruleOn(2).key)
    }
    assert.equal(scene.table.entries.get(ruleOn(2).key)?.evidence, 'witnessed')
  })

  it('a router that is reached late is told what should be there and what should have gone', async (t) => {
    const scene = new WatchedRouters(t)
    scene.opens = () => Promise.reject(new Error('no socket'))
    await scene.start()
    assert.deepEqual(
      scene.watch.enforcers.map(({ trouble }) => trouble),
      ['no socket', 'no socket'],
    )
    scene.table.want(ruleOn(1), 1, true)
    scene.table.want(ruleOn(2), 2, true)
    scene.tell()
    scene.table.unwant(KEY, 1)
    scene.tell()
    scene.opens = async () => {}
    await scene.clock.advance(5_000)
    const late = scene.routers[0]?.expected.map(({ rule, present }) => [rule.key, present])
    assert.deepEqual(late, [
      [KEY, false],
      [ruleOn(2).key, true],
    ])
    for (const router of scene.routers) router.see(false)
    assert.ok(!scene.table.entries.has(KEY))
  })

  it('says which router cannot be read, until it can be again', async (t) => {
    const scene = await begun(t)
    scene.routers[1]?.trouble('socket closed')
    const troubles = () => scene.watch.enforcers.map(({ name, trouble }) => [name, trouble])
    assert.deepEqual(troubles(), [
      ['r1', undefined],
      ['r2', 'socket closed'],
    ])
    scene.routers[1]?.trouble(undefined)
    assert.deepEqual(troubles()[1], ['r2', undefined])
  })

  it('closes a router that opens after it was stopped', async (t) => {
    const scene = new WatchedRouters(t, ['r1'])
    let open = (): void => {}
    scene.opens = () =>
      new Promise((resolve) => {
        open = resolve
      })
    await scene.start()
    await scene.watch.stop()
    open()
    await scene.clock.advance(0)
    assert.equal(scene.routers[0]?.closed, true)
  })

  it('a router that says the same twice counts once; one that nobody watches does not count', async (t) => {
    const scene = await begun(t, ['r1'])
    scene.routers[0]?.see(true)
    scene.routers[0]?.see(true)
    assert.equal(scene.evidence, 'witnessed')
    assert.equal(scene.watch.maskOf(blackholeRule('d-rtbh', parsePrefix('192.0.2.1'))), 1)
    assert.equal(scene.watch.maskOf(ruleFromKey('flow4 source=192.0.2.1/32', DROP)), 0)
  })
})
