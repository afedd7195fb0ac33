import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AttemptLog, type AutomaticLoad, tripsOf } from './breaker.ts'
import { DEFAULT_LIMITS } from './limits.ts'

const IDLE: AutomaticLoad = { sourceHosts: 0, hosts: 0, departments: [] }
const MINUTE = 60_000
const HOUR = 3_600_000

/** What trips, as people are told it. */
function limit(attempts: AttemptLog, now: number, load: Partial<AutomaticLoad> = {}): string | undefined {
  const trips = tripsOf('s', attempts, { ...IDLE, ...load }, now, DEFAULT_LIMITS)
  return trips.length === 0
    ? undefined
    : trips.map(({ breaker, limit: why }) => `${breaker} ${why}`).join('; ')
}

describe('the breaker', () => {
  it('lets ten attempts a minute pass and not an eleventh', () => {
    const attempts = new AttemptLog()
    for (let count = 1; count <= 10; count += 1) {
      attempts.note('s', count)
      assert.equal(limit(attempts, count), undefined)
    }
    attempts.note('s', 11)
    assert.match(limit(attempts, 11) ?? '', /^source:s 11 attempts in a minute/)
  })

  it('forgets an attempt when its minute is over', () => {
    const attempts = new AttemptLog()
    for (let count = 0; count < 11; count += 1) attempts.note('s', 0)
    assert.notEqual(limit(attempts, MINUTE - 1), undefined)
    assert.equal(limit(attempts, MINUTE), undefined)
  })

  it('lets a hundred attempts an hour pass and not one more', () => {
    const attempts = new AttemptLog()
    const every = HOUR / 110
    for (let count = 1; count <= 100; count += 1) attempts.note('s', count * every)
    assert.equal(limit(attempts, 100 * every), undefined)
    attempts.note('s', 101 * every)
    assert.match(limit(attempts, 101 * every) ?? '', /101 attempts in an hour/)
    assert.equal(limit(attempts, 101 * every + HOUR), undefined)
  })

  it('counts each source by itself', () => {
    const attempts = new AttemptLog()
    for (let count = 0; count < 20; count += 1) attempts.note('other', 0)
    assert.equal(limit(attempts, 0), undefined)
  })

  it('counts one attack on many victims once, and two attacks twice', () => {
    const attempts = new AttemptLog()
    for (let victim = 0; victim < 500; victim += 1) attempts.note('s', victim, 'flood')
    assert.equal(attempts.within('s', 500, MINUTE), 1)
    attempts.note('s', 501, 'scan')
    attempts.note('other', 502, 'flood')
    assert.equal(attempts.within('s', 502, MINUTE), 2)
    assert.equal(attempts.within('other', 502, MINUTE), 1)
  })

  it('counts an attack of that name anew after an hour', () => {
    const attempts = new AttemptLog()
    attempts.note('s', 0, 'flood')
    attempts.note('s', HOUR, 'flood')
    assert.equal(attempts.within('s', HOUR, MINUTE), 1)
  })

  it('stays quick for a source that never stops', () => {
    const attempts = new AttemptLog()
    const started = performance.now()
    for (let count = 0; count < 100_000; count += 1) attempts.note('s', count / 100)
    assert.ok(performance.now() - started < 2_000, 'a hundred thousand attempts take seconds')
    assert.equal(attempts.within('s', 1_000, HOUR), 100_000)
  })

  it('stays quick when what it counted is forgotten, and when it is asked', () => {
    const attempts = new AttemptLog()
    const started = performance.now()
    for (let count = 0; count < 300_000; count += 1) attempts.note('s', count * 24)
    for (let count = 0; count < 10_000; count += 1) {
      attempts.within('s', 7_200_000, HOUR)
      attempts.freeAt('s', 7_200_000, MINUTE)
    }
    assert.ok(performance.now() - started < 2_000, `it took ${performance.now() - started} ms`)
    assert.equal(attempts.within('s', 7_200_000, HOUR), 149_999)
    assert.equal(attempts.within('s', 7_200_000, MINUTE), 2_499)
    assert.equal(attempts.freeAt('s', 7_200_000, HOUR), 3_600_024 + HOUR)
  })

  it('counts what comes after a clock was stepped back', () => {
    const attempts = new AttemptLog()
    for (let count = 0; count < 5; count += 1) attempts.note('s', 10 * HOUR + count)
    for (let count = 0; count < 11; count += 1) attempts.note('s', HOUR + count)
    assert.ok(attempts.within('s', HOUR + 20, MINUTE) >= 11)
  })

  it('lets 25 hosts be blocked by one source and no more, and 100 by all of them', () => {
    const attempts = new AttemptLog()
    assert.equal(limit(attempts, 0, { sourceHosts: 24 }), undefined)
    assert.match(limit(attempts, 0, { sourceHosts: 25 }) ?? '', /^source:s 26 hosts/)
    assert.equal(limit(attempts, 0, { hosts: 99 }), undefined)
    assert.match(limit(attempts, 0, { hosts: 100 }) ?? '', /^all 101 hosts/)
  })

  it('stops all sources together at the 31st attempt in a minute, however they share them', () => {
    const attempts = new AttemptLog()
    for (let count = 0; count < 30; count += 1) attempts.note(`s${count % 10}`, count)
    assert.equal(limit(attempts, 30), undefined)
    attempts.note('s', 30)
    assert.match(limit(attempts, 30) ?? '', /^all 31 attempts in a minute/)
  })

  it('lets 25 hosts of a department be blocked, of however many', () => {
    const load = (blocked: number) => ({ departments: [{ name: 'law', users: 1_000, blocked, adds: 1 }] })
    assert.equal(limit(new AttemptLog(), 0, load(24)), undefined)
    assert.match(limit(new AttemptLog(), 0, load(25)) ?? '', /^department:law 26 hosts/)
  })

  it('lets a tenth of a department be blocked automatically, and one host of the smallest', () => {
    const attempts = new AttemptLog()
    const load = (users: number, blocked: number) => ({
      departments: [{ name: 'law', users, blocked, adds: 1 }],
    })
    assert.equal(limit(attempts, 0, load(50, 4)), undefined)
    assert.match(limit(attempts, 0, load(50, 5)) ?? '', /6 of 50 in department law.*10 %/)
    assert.equal(limit(attempts, 0, load(3, 0)), undefined)
    assert.notEqual(limit(attempts, 0, load(3, 1)), undefined)
    assert.equal(limit(attempts, 0, load(0, 20)), undefined, 'nobody said how many they are')
  })
})
