import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { eventually } from '../../../simulator/eventually.ts'
import { type AppOptions, makeApp, type TestApp } from '../../../test/helpers/app.ts'
import { FAKE_KEY, FakeLapi, type Fault } from '../../../test/helpers/fake-lapi.ts'
import { readPolicies } from '../../config/read-policies.ts'
import { DEFAULT_LIMITS } from '../../guards/limits.ts'
import type { CrowdsecSource } from '../../triggers/source.ts'
import { freeze } from '../automation.ts'
import { authenticate, revokeToken } from '../tokens.ts'
import type { SourceStatus } from './board.ts'
import { type Following, followSources } from './follow-sources.ts'

const SHIPPED = new URL('../../../policies/rules', import.meta.url).pathname
const SOON_MS = 10_000
const MANY = { perMinute: 10_000, perHour: 10_000, allPerMinute: 10_000, allPerHour: 10_000 }
const LIMITS = { breaker: { ...DEFAULT_LIMITS.breaker, ...MANY, hosts: 10_000, allHosts: 10_000 } }

describe('a CrowdSec that Cordon follows', () => {
  let lapi: FakeLapi
  let app: TestApp
  let following: Following | undefined
  let source: CrowdsecSource
  let token: string

  const startApp = async (more: Partial<AppOptions> = {}): Promise<TestApp> => {
    const policies = (await readPolicies(SHIPPED)).map(({ policy }) => policy)
    return makeApp({ policies, limits: LIMITS, sources: [source], ...more })
  }
  const follow = (): void => {
    following = followSources(app, [source], { secret: async () => FAKE_KEY, userAgent: 'cordon/test' })
  }
  const stopFollowing = async (): Promise<void> => {
    await following?.close()
    following = undefined
  }
  const status = (): SourceStatus => {
    const [only] = app.sources.all
    assert.ok(only !== undefined)
    return only
  }
  const on = (): string[] =>
    [...app.ledger.head.blocks.values()]
      .filter(({ wanted }) => wanted === 'on')
      .flatMap(({ target }) => (target.kind === 'host' ? [target.prefix] : []))
      .sort()
  const comesTo = (...targets: readonly string[]) =>
    eventually(`blocks of ${targets.join(', ')}`, SOON_MS, () => {
      return on().join() === [...targets].sort().join()
    })
  /** Asked so many times more, after which nothing is under way of what was there before. */
  const asksAgain = async (times = 2): Promise<void> => {
    const from = lapi.asked.length
    await eventually('it is asked again', SOON_MS, () => lapi.asked.length >= from + times)
  }
  const isNow = (state: SourceStatus['state'], why = /./) =>
    eventually(`the source is ${state}: ${why.source}`, SOON_MS, () => {
      return status().state === state && (state === 'following' || why.test(status().why ?? ''))
    })

  beforeEach(async () => {
    lapi = await FakeLapi.start()
    source = { name: 'lapi', kind: 'crowdsec', token: 'a trigger', url: lapi.url, key: 'file:x', every: 20 }
    app = await startApp()
    token = await app.machine()
  })
  afterEach(async () => {
    await stopFollowing()
    await app.close()
    await lapi.close()
  })

  it('blocks, once for each decision however often it is told, and lets go', async () => {
    lapi.add('198.51.100.7', 600)
    lapi.add('203.0.113.77/28', 600)
    follow()
    await comesTo('198.51.100.7/32', '203.0.113.64/28')
    lapi.add('198.51.100.8', 600)
    await comesTo('198.51.100.7/32', '198.51.100.8/32', '203.0.113.64/28')
    await asksAgain(5)
    assert.equal(status().taken, 3)
    lapi.remove('198.51.100.7')
    await comesTo('198.51.100.8/32', '203.0.113.64/28')
    // CrowdSec tells of a deletion for some seconds.
    await asksAgain(5)
    assert.equal(status().taken, 4)
    assert.equal(lapi.asked.filter((whole) => whole).length, 1)
  })

  it('blocks for longer when CrowdSec bans anew, and until the last ban of it has ended', async () => {
    lapi.add('198.51.100.7', 600)
    follow()
    await comesTo('198.51.100.7/32')
    const until = () => [...app.ledger.head.blocks.values()][0]?.until ?? 0
    const before = until()
    const longer = lapi.add('198.51.100.7', 7_200)
    await eventually('it lasts longer', SOON_MS, () => until() > before + 6_000_000)
    lapi.add('198.51.100.7', 60)
    longer.ends = Date.now()
    await asksAgain(4)
    assert.deepEqual(on(), ['198.51.100.7/32'])
    assert.equal(app.ledger.head.blocks.size, 1)
    lapi.remove('198.51.100.7')
    await comesTo()
  })

  it('keeps what another scenario bans when one has ended', async () => {
    lapi.add('198.51.100.7', 600, { scenario: 'crowdsecurity/ssh-bf', origin: 'crowdsec' })
    const other = lapi.add('198.51.100.7', 600, { scenario: 'crowdsecurity/vsftpd-bf', origin: 'crowdsec' })
    follow()
    await comesTo('198.51.100.7/32', '198.51.100.7/32')
    other.ends = Date.now()
    await comesTo('198.51.100.7/32')
  })

  it('lets go of a decision whose time is over', async () => {
    lapi.add('198.51.100.7', 2)
    follow()
    await comesTo('198.51.100.7/32')
    await comesTo()
    await eventually('the incident is over', SOON_MS, () =>
      [...app.ledger.head.incidents.values()].every(({ open }) => !open),
    )
  })

  it('says in words what nothing comes of', async () => {
    lapi.add('0.0.0.0/0', 600)
    lapi.add('jo', 600, { scope: 'username' })
    lapi.add('198.51.100.9', 600, { type: 'captcha' })
    lapi.add('198.51.100.10', 600, { origin: 'cordon' })
    lapi.add('198.51.100.11', 600)
    follow()
    await comesTo('198.51.100.11/32')
    const { refused, ignored, lately } = status()
    assert.deepEqual([refused, ignored], [1, 3])
    const said = lately.map(({ what, why }) => `${what}: ${why}`).join('\n')
    for (const words of [/0\.0\.0\.0\/0.*everybody/, /jo.*scope username/, /captcha/, /100\.10.*come back/])
      assert.match(said, words)
  })

  for (const fault of [401, 500, 'truncated', 'no-json', 'no-lists'] as const satisfies readonly Fault[])
    it(`changes nothing when the answer is ${fault}, says so, and asks for everything then`, async () => {
      lapi.add('198.51.100.7', 600)
      lapi.add('198.51.100.8', 600)
      follow()
      await comesTo('198.51.100.7/32', '198.51.100.8/32')
      lapi.fault = fault
      lapi.remove('198.51.100.7')
      await isNow('failed', typeof fault === 'number' ? new RegExp(String(fault)) : /whole|asked/)
      assert.equal(on().length, 2)
      lapi.fault = 'none'
      const before = lapi.asked.length
      await comesTo('198.51.100.8/32')
      assert.equal(lapi.asked[before], true)
      await isNow('following')
    })

  it('is closed while it waits for an answer that never comes', async () => {
    lapi.fault = 'silent'
    follow()
    await eventually('it was asked', SOON_MS, () => lapi.asked.length > 0)
    await stopFollowing()
    assert.deepEqual(on(), [])
  })

  it('says that it cannot be reached', async () => {
    source = { ...source, url: 'http://127.0.0.1:1/' }
    follow()
    await isNow('failed', /cannot be asked: .*ECONNREFUSED/)
  })

  it('takes nothing without a good token, and everything when there is one', async () => {
    lapi.add('198.51.100.7', 600)
    const root = authenticate(app, await app.root())
    await revokeToken(app, root, authenticate(app, token).token.id)
    follow()
    await isNow('waiting', /the token a trigger: it is revoked/)
    assert.equal(lapi.asked.length, 0)
    await app.machine({ roles: ['puller'] })
    await app.machine({ name: 'another' })
    assert.deepEqual(on(), [])
    await app.machine()
    await comesTo('198.51.100.7/32')
  })

  it('goes on with another token of its name, and ends what the first has opened', async () => {
    for (const last of [7, 8]) lapi.add(`198.51.100.${last}`, 600)
    follow()
    await comesTo('198.51.100.7/32', '198.51.100.8/32')
    await app.machine()
    await revokeToken(app, authenticate(app, await app.root()), authenticate(app, token).token.id)
    lapi.add('198.51.100.7', 3_600)
    lapi.add('198.51.100.9', 600)
    await comesTo('198.51.100.7/32', '198.51.100.7/32', '198.51.100.8/32', '198.51.100.9/32')
    lapi.remove('198.51.100.8')
    await comesTo('198.51.100.7/32', '198.51.100.7/32', '198.51.100.9/32')
    lapi.remove('198.51.100.7')
    await comesTo('198.51.100.9/32')
    await stopFollowing()
    const { folder } = app
    await app.stop()
    lapi.remove('198.51.100.9')
    app = await startApp({ folder })
    follow()
    await comesTo()
  })

  it('finds after a restart what was deleted, and says nothing of what stands', async () => {
    for (const last of [7, 8, 9]) lapi.add(`198.51.100.${last}`, 600)
    follow()
    await comesTo('198.51.100.7/32', '198.51.100.8/32', '198.51.100.9/32')
    await stopFollowing()
    const { folder } = app
    await app.stop()
    lapi.remove('198.51.100.8')
    lapi.add('198.51.100.9', 3_600)
    app = await startApp({ folder })
    follow()
    await comesTo('198.51.100.7/32', '198.51.100.9/32')
    const longest = () => Math.max(...[...app.ledger.head.blocks.values()].map(({ until }) => until ?? 0))
    await eventually('the other ban counts', SOON_MS, () => longest() > Date.now() + 3_000_000)
    await asksAgain()
    assert.equal(status().taken, 2)
  })

  it('keeps what is gone with the database, and lets go what is deleted', async () => {
    const targets = Array.from({ length: 12 }, (_, at) => `198.51.100.${at + 1}`)
    for (const target of targets) lapi.add(target, 600)
    follow()
    await comesTo(...targets.map((target) => `${target}/32`))
    await stopFollowing()
    lapi.loseDatabase()
    follow()
    await eventually('it says so', SOON_MS, () => /12 bans are gone/.test(status().why ?? ''))
    await asksAgain()
    assert.equal(on().length, 12)
    assert.equal(status().state, 'following')
    // Of one that is banned anew its end is known again.
    lapi.add('198.51.100.1', 600)
    await eventually('it is known', SOON_MS, () => /11 bans are gone/.test(status().why ?? ''))
    lapi.remove('198.51.100.1')
    await comesTo(...targets.slice(1).map((target) => `${target}/32`))
  })

  it('lets go of many at once that CrowdSec says are deleted, also while nobody asked', async () => {
    const targets = Array.from({ length: 12 }, (_, at) => `198.51.100.${at + 1}`)
    for (const target of targets) lapi.add(target, 600)
    follow()
    await comesTo(...targets.map((target) => `${target}/32`))
    await stopFollowing()
    for (const target of targets) lapi.remove(target)
    follow()
    await comesTo()
  })

  it('leaves alone what another source with the same token has open', async () => {
    lapi.add('198.51.100.7', 600)
    follow()
    await comesTo('198.51.100.7/32')
    await stopFollowing()
    source = { ...source, name: 'other' }
    const { folder } = app
    await app.stop()
    app = await startApp({ folder })
    lapi.loseDatabase()
    follow()
    await asksAgain()
    assert.deepEqual(on(), ['198.51.100.7/32'])
  })

  it('lets go while automation is frozen, and begins nothing', async () => {
    lapi.add('198.51.100.7', 600)
    follow()
    await comesTo('198.51.100.7/32')
    await freeze(app, authenticate(app, await app.root()), 'a test')
    lapi.add('198.51.100.8', 600)
    lapi.remove('198.51.100.7')
    await comesTo()
    await asksAgain()
    assert.deepEqual(on(), [])
  })

  it('takes as many as 3,000 at once without a long pause for others', async () => {
    for (let at = 0; at < 3_000; at += 1)
      lapi.add(`198.51.${100 + (at >> 8)}.${at & 255}`, 600, { origin: 'lists', scenario: 'a list' })
    let longest = 0
    let last = performance.now()
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 5)
    follow()
    await eventually('all are taken', 60_000, () => status().taken === 3_000)
    clearInterval(beat)
    assert.ok(longest < 1_000, `others waited ${longest} ms`)
  })
})
