import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { RunningRouter } from '../../simulator/configured/router.ts'
import { eventually } from '../../simulator/eventually.ts'
import { DROP, type Rule, ruleFromKey, type SwitchRule, switchRule } from '../../src/domain/rule.ts'
import { type AdapterEnv, AdapterError, type DeviceChange, type Outcome, type Session } from '../adapter.ts'
import { loginEnv } from '../configured/testing/login-env.ts'
import type { SshCliConfig } from './config.ts'
import { sshCliAdapter } from './index.ts'
import {
  INSIDE,
  iosConfig,
  NEIGHBOURS,
  OUTSIDE,
  PORTS,
  PROVISIONED,
  SECRETS,
  shutIn,
  startIos,
} from './testing/ios-bench.ts'

const NEVER = new AbortController().signal
const PORT = switchRule('interface-down', INSIDE)
const PEER = switchRule('neighbour-down', NEIGHBOURS[1] ?? '')
const LISTED = { interfaces: [INSIDE, ...PORTS], neighbours: [...NEIGHBOURS] }

describe('switches of a router of ios, in trouble', () => {
  let router: RunningRouter
  let extra: RunningRouter | undefined
  let sessions: Session[] = []
  let changes: DeviceChange[] = []
  let env: AdapterEnv = loginEnv(SECRETS)

  before(async () => {
    router = await startIos()
  })
  afterEach(async () => {
    await Promise.all(sessions.map((session) => session.close()))
    sessions = []
    env = loginEnv(SECRETS)
    await extra?.stop()
    extra = undefined
    await router.control.clear()
    await router.control.reboot(PROVISIONED)
  })
  after(() => router.stop())

  async function open(more: Partial<SshCliConfig> = {}, on = router): Promise<Session> {
    const session = await sshCliAdapter.open({ ...iosConfig(on), ...LISTED, ...more }, env)
    changes = []
    session.onChange?.((change) => changes.push(change))
    sessions.push(session)
    return session
  }

  async function put(session: Session, rule: SwitchRule): Promise<Outcome | undefined> {
    return (await session.apply({ put: [rule], remove: [] }, NEVER)).get(rule.key)
  }

  async function remove(session: Session, rule: SwitchRule): Promise<Outcome | undefined> {
    return (await session.apply({ put: [], remove: [rule] }, NEVER)).get(rule.key)
  }

  const observed = async (session: Session): Promise<Record<'rules' | 'uncertain', readonly Rule[]>> => {
    const { rules, uncertain } = await session.observe('all', NEVER)
    return { rules, uncertain }
  }
  const down = async (on = router): Promise<readonly SwitchRule[]> => shutIn(await on.control.running())

  const passes = async (on = router): Promise<boolean> => {
    const packet = { source: '198.51.100.9', destination: '203.0.113.9', protocol: 17 }
    return !(await on.control.judge({ in: OUTSIDE, out: INSIDE, ...packet })).dropped
  }

  const fails = (errorClass: string, words: RegExp) => (error: unknown) => {
    assert.ok(error instanceof AdapterError)
    assert.equal(error.class, errorClass, error.message)
    assert.match(error.message, words)
    return true
  }

  it('packets stop while the interface is down, and come again', async () => {
    const session = await open()
    assert.ok(await passes())
    assert.deepEqual(await put(session, PORT), { result: 'done', evidence: 'read-back' })
    assert.ok(!(await passes()))
    assert.equal((await remove(session, PORT))?.result, 'done')
    assert.ok(await passes())
  })

  for (const rule of [PORT, PEER])
    it(`a reply that is lost behind ${rule.kind} is settled by reading, down and up`, async () => {
      const session = await open()
      await router.control.arm({ kind: 'lose-reply' })
      await assert.rejects(put(session, rule), AdapterError)
      assert.equal(changes.at(-1)?.type, 'down')
      const next = await open()
      assert.deepEqual(await observed(next), { rules: [rule], uncertain: [] })
      assert.deepEqual(await down(), [rule])
      await router.control.arm({ kind: 'lose-reply' })
      await assert.rejects(remove(next, rule), AdapterError)
      const last = await open()
      assert.deepEqual((await observed(last)).rules, [])
      assert.equal((await remove(last, rule))?.result, 'done')
      assert.deepEqual([await down(), await observed(last)], [[], { rules: [], uncertain: [] }])
    })

  it('a yes that was a lie is seen from the new session', async () => {
    const session = await open()
    await router.control.arm({ kind: 'false-ok' })
    const lied = await put(session, PORT)
    assert.ok(lied?.result === 'failed' && lied.class === 'rejected', JSON.stringify(lied))
    assert.match(lied.words, /a new session sees otherwise/)
    assert.equal((await put(session, PORT))?.result, 'done')
    await router.control.arm({ kind: 'false-ok' })
    assert.equal((await remove(session, PORT))?.result, 'failed')
    assert.deepEqual((await observed(session)).rules, [PORT], 'it is still owed')
    assert.equal((await remove(session, PORT))?.result, 'done')
    assert.deepEqual(await down(), [])
  })

  it('where nobody gets in any more, what went down comes up again at once', async () => {
    const session = await open()
    await router.control.arm({ kind: 'refuse-logins' })
    const outcome = await put(session, PORT)
    assert.ok(outcome?.result === 'failed' && outcome.class === 'rejected', JSON.stringify(outcome))
    assert.match(outcome.words, /no new session could look: .*; GigabitEthernet0\/0\/1 was brought up again/)
    assert.deepEqual([await down(), await observed(session)], [[], { rules: [], uncertain: [] }])
    await router.control.clear()
    assert.equal((await put(session, PORT))?.result, 'done')
  })

  it('where nobody gets in any more, what came up stays up, and is not done before it was seen', async () => {
    const session = await open()
    await put(session, PORT)
    await router.control.arm({ kind: 'refuse-logins' })
    await assert.rejects(remove(session, PORT), fails('unreachable', /no new session could look/))
    assert.deepEqual(await down(), [])
    await router.control.clear()
    assert.equal((await remove(session, PORT))?.result, 'done')
    assert.deepEqual(await observed(session), { rules: [], uncertain: [] })
  })

  it('a person who holds the lock is named, and nothing goes down', async () => {
    const session = await open()
    await router.control.lock('ada')
    await assert.rejects(put(session, PORT), fails('locked', /ada/))
    assert.deepEqual(await down(), [])
    await router.control.unlock()
    assert.equal((await put(session, PORT))?.result, 'done')
  })

  it('what we may not type is refused in the words of the router', async () => {
    extra = await startIos({ rights: { cordon: { denied: ['shutdown', 'router bgp'] } } })
    const session = await open({}, extra)
    for (const rule of [PORT, PEER]) {
      const outcome = await put(session, rule)
      assert.ok(outcome?.result === 'failed', JSON.stringify(outcome))
      assert.deepEqual([outcome.class, outcome.words], ['auth', 'Command authorization failed.'])
    }
    assert.deepEqual(await down(extra), [])
  })

  it('what we may not look at is not taken for gone, is still owed, and keeps no entry from standing', async () => {
    await put(await open(), PORT)
    extra = await startIos({ rights: { cordon: { denied: ['show running-config'] } } })
    const blind = await open({}, extra)
    assert.deepEqual(await observed(blind), { rules: [], uncertain: [PORT] })
    const unseen = changes.filter((change) => change.type === 'status' && change.code === 'switches-unseen')
    assert.deepEqual(
      unseen.map((change) => change.type === 'status' && change.ok),
      [false],
    )
    const entry = ruleFromKey('acl4 source=198.51.100.9/32', DROP)
    const both = await blind.apply({ put: [entry], remove: [PORT] }, NEVER)
    assert.equal(both.get(entry.key)?.result, 'done')
    const owed = both.get(PORT.key)
    assert.ok(owed?.result === 'failed' && owed.class === 'auth', JSON.stringify(owed))
    assert.deepEqual(await observed(blind), { rules: [entry], uncertain: [PORT] })
    assert.equal(
      changes.some(({ type }) => type === 'down'),
      false,
    )
    assert.equal((await remove(await open(), PORT))?.result, 'done')
    assert.deepEqual(await down(), [])
  })

  it('a name that is cut short is no name of the router', async () => {
    const session = await open({ interfaces: ['gi0/0/1'] })
    const outcome = await put(session, switchRule('interface-down', 'gi0/0/1'))
    assert.ok(outcome?.result === 'failed' && outcome.class === 'rejected')
    assert.match(outcome.words, /no interface gi0\/0\/1 .* written out/)
  })

  it('what is not listed any more is given back all the same', async () => {
    await put(await open(), PORT)
    const session = await open({ interfaces: [], neighbours: [] })
    const outcome = await put(session, PORT)
    assert.ok(outcome?.result === 'failed')
    assert.equal((await remove(session, PORT))?.result, 'done')
    assert.deepEqual(await down(), [])
  })

  it('a restart without what was put down is told as uncertain, one with it as held', async () => {
    await put(await open(), PORT)
    await router.control.reboot()
    await eventually('it is noticed', 5_000, () => changes.some(({ type }) => type === 'down'))
    const session = await open({ save: 'after-change' })
    assert.deepEqual(await observed(session), { rules: [], uncertain: [PORT] })
    assert.equal((await put(session, PORT))?.result, 'done')
    assert.ok(changes.some((one) => one.type === 'status' && one.code === 'saved' && one.ok))
    await router.control.reboot()
    assert.deepEqual(await observed(await open()), { rules: [PORT], uncertain: [] })
  })
})

describe('what may be put down', () => {
  const config: SshCliConfig = {
    ...{ driver: 'ios', host: '192.0.2.1', username: 'cordon', password: 'env:PASSWORD' },
    hostKeys: [],
  }

  it('is announced by kind and name, and only where it is listed', () => {
    const bare = sshCliAdapter.capabilities(config)
    assert.deepEqual([bare.kinds, bare.switches], [['acl'], undefined])
    const listed = sshCliAdapter.capabilities({ ...config, ...LISTED, neighbours: ['192.0.2.9'] })
    assert.deepEqual(listed.kinds, ['acl', 'interface-down', 'neighbour-down'])
    assert.deepEqual(listed.switches, [INSIDE, ...PORTS, '192.0.2.9'])
  })

  it('are neighbours by address', () => {
    assert.equal(sshCliAdapter.whyUnusable?.({ ...config, neighbours: ['2001:db8::9'] }), undefined)
    assert.match(
      sshCliAdapter.whyUnusable?.({ ...config, neighbours: ['10.1.1'] }) ?? '',
      /10\.1\.1 .*address/,
    )
  })
})
