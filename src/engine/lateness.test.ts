import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ruleOn } from '../../test/helpers/scripted-device.ts'
import { begun, KEY, type WatchedRouters } from '../../test/helpers/watched-routers.ts'

const lateAt = (scene: WatchedRouters, at: number) => scene.watch.enforcers[at]?.lateness.late

describe('routers that are late', () => {
  it('a router that does not take up in time what was announced is named, once, until it has', async (t) => {
    const scene = await begun(t)
    const alarms: string[] = []
    scene.watch.onLate((alarm) => alarms.push(alarm))
    for (const n of [2, 3]) scene.table.want(ruleOn(n), n, true)
    scene.tell()
    for (const n of [1, 2, 3]) scene.routers[0]?.see(true, ruleOn(n).key)
    await scene.clock.advance(2_900)
    assert.equal(lateAt(scene, 1), undefined)
    await scene.clock.advance(10_000)
    assert.deepEqual(lateAt(scene, 1), {
      count: 3,
      words: `announced but not accepted at r2: 3 rules, first ${KEY} (refused by its import policy)`,
    })
    assert.equal(lateAt(scene, 0), undefined)
    assert.deepEqual(alarms, ['announced but not accepted at r2: 3 rules'], 'without a rule, once')
    assert.equal(scene.watch.enforcers[1]?.lateness.alarm, alarms[0])
    assert.equal(scene.watch.enforcers[0]?.lateness.alarm, undefined)
    assert.equal(scene.watch.whyNot(1, KEY), 'refused by its import policy')
    assert.equal(scene.watch.whyNot(0, KEY), undefined)
    assert.deepEqual(scene.logged, [
      `rules were announced and are not accepted by a router: {"device":"edge","enforcer":"r2","count":3,"first":"${KEY}","why":"refused by its import policy"}`,
    ])
    scene.routers[1]?.see(true)
    scene.routers[1]?.see(true, ruleOn(3).key)
    assert.equal(lateAt(scene, 1)?.count, 1)
    scene.routers[1]?.see(true, ruleOn(2).key)
    assert.equal(lateAt(scene, 1), undefined)
    await scene.clock.advance(1_000)
    assert.deepEqual(scene.logged.slice(1), ['a router is no longer late with rules'])
    scene.routers[1]?.see(false)
    await scene.clock.advance(5_000)
    assert.equal(lateAt(scene, 1)?.count, 1, 'what a router loses by itself is late too')
    assert.equal(scene.logged.length, 3)
  })

  it('a router that keeps what was withdrawn is named too', async (t) => {
    const scene = await begun(t, ['r1'])
    scene.routers[0]?.see(true)
    scene.table.unwant(KEY, 1)
    scene.tell()
    await scene.clock.advance(5_000)
    const words = `withdrawn but still at r1: 1 rule, first ${KEY} (refused by its import policy)`
    assert.deepEqual(lateAt(scene, 0), { count: 1, words })
    assert.equal(scene.watch.enforcers[0]?.lateness.alarm, 'withdrawn but still at r1: 1 rule')
    scene.routers[0]?.see(false)
    assert.equal(lateAt(scene, 0), undefined)
  })

  it('a router that cannot be read is late with nothing, until it could be read for as long as it may take', async (t) => {
    const scene = await begun(t, ['r1'])
    scene.routers[0]?.trouble('socket closed')
    await scene.clock.advance(20_000)
    assert.equal(lateAt(scene, 0), undefined)
    assert.equal(scene.watch.whyNot(0, KEY), 'socket closed')
    scene.routers[0]?.trouble(undefined)
    await scene.clock.advance(2_900)
    assert.equal(lateAt(scene, 0), undefined)
    await scene.clock.advance(2_000)
    assert.equal(lateAt(scene, 0)?.count, 1)
    assert.equal(scene.logged.length, 1)
  })

  it('what is given up before it was seen is not waited for', async (t) => {
    const scene = await begun(t, ['r1'])
    scene.table.unwant(KEY, 1)
    scene.tell()
    scene.routers[0]?.see(false)
    await scene.clock.advance(20_000)
    assert.deepEqual([lateAt(scene, 0), scene.logged], [undefined, []])
  })
})
