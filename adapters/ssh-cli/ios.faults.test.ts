import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { RunningRouter } from '../../simulator/configured/router.ts'
import { eventually } from '../../simulator/eventually.ts'
import { readMatch } from '../../src/domain/match.ts'
import { DROP, filterRule, type Rule } from '../../src/domain/rule.ts'
import { AdapterError, type DeviceChange, type Outcome, type Session } from '../adapter.ts'
import { loginEnv } from '../configured/testing/login-env.ts'
import type { SshCliConfig } from './config.ts'
import { sshCliAdapter } from './index.ts'
import { blocked, INSIDE, iosConfig, OUTSIDE, PROVISIONED, SECRETS, startIos } from './testing/ios-bench.ts'

const NEVER = new AbortController().signal

function from(address: string): Rule {
  const match = readMatch(address.includes(':') ? 6 : 4, { source: address })
  return filterRule('acl', match, DROP)
}

const A = from('198.18.0.1')
const B = from('2001:2::b')
const MANY = Array.from({ length: 60 }, (_, index) =>
  from(index % 3 === 0 ? `2001:2::${index + 1}` : `198.18.1.${index}`),
)

describe('trouble on a router of ios', () => {
  let router: RunningRouter
  let sessions: Session[] = []
  let extra: RunningRouter | undefined
  let changes: DeviceChange[] = []

  before(async () => {
    router = await startIos()
  })
  afterEach(async () => {
    await Promise.all(sessions.map((session) => session.close()))
    sessions = []
    await extra?.stop()
    extra = undefined
    await router.control.clear()
    await router.control.reboot(PROVISIONED)
  })
  after(() => router.stop())

  async function open(more: Partial<SshCliConfig> = {}, on = router): Promise<Session> {
    const session = await sshCliAdapter.open({ ...iosConfig(on), ...more }, loginEnv(SECRETS))
    changes = []
    session.onChange?.((change) => changes.push(change))
    sessions.push(session)
    return session
  }

  async function put(session: Session, ...rules: Rule[]): Promise<readonly Outcome[]> {
    const receipt = await session.apply({ put: rules, remove: [] }, NEVER)
    return rules.map(({ key }) => receipt.get(key) ?? { result: 'unknown', words: 'nothing said' })
  }

  const held = async (session: Session): Promise<string[]> =>
    (await session.observe('all', NEVER)).rules.map(({ key }) => key).sort()

  const isDropped = async (rule: Rule, on = router): Promise<boolean> => {
    assert.ok('match' in rule && rule.match.source !== undefined)
    const [source = ''] = rule.match.source.split('/')
    const destination = source.includes(':') ? '2001:db8:1::9' : '203.0.113.9'
    const packet = { in: OUTSIDE, out: INSIDE, source, destination, protocol: 17 }
    return (await on.control.judge(packet)).dropped
  }

  const refuses = (errorClass: string, code: string) => (error: unknown) => {
    assert.ok(error instanceof AdapterError)
    assert.deepEqual([error.class, error.code], [errorClass, code])
    return true
  }

  it('a yes that was a lie is found by reading back, and put right by putting again', async () => {
    const session = await open()
    await router.control.arm({ kind: 'false-ok' })
    const [first] = await put(session, A)
    assert.ok(first?.result === 'failed')
    assert.match(first.words, /does not have it/)
    assert.equal((await put(session, A))[0]?.result, 'done')
    assert.equal(await isDropped(A), true)
  })

  it('an answer that is lost is unknown, and another session settles it', async () => {
    const session = await open()
    await router.control.arm({ kind: 'lose-reply' })
    const [lost] = await put(session, A)
    assert.equal(lost?.result, 'unknown', JSON.stringify(lost))
    assert.equal(changes.at(-1)?.type, 'down')
    assert.deepEqual(await held(await open()), [A.key])
    assert.equal(await isDropped(A), true)
  })

  it('a connection that dies at any byte leaves nothing that another session does not settle', async () => {
    for (const bytes of [1, 90, 300, 700, 1_000, 1_500]) {
      const session = await open()
      await router.control.arm({ kind: 'cut-at', bytes })
      for (const outcome of await put(session, ...MANY).catch(() => []))
        assert.notEqual(outcome.result, 'done', `cut at ${bytes}`)
      const next = await open()
      for (const outcome of await put(next, ...MANY)) assert.equal(outcome.result, 'done', `cut at ${bytes}`)
      assert.deepEqual(
        blocked(await router.control.running())
          .map(({ key }) => key)
          .sort(),
        MANY.map(({ key }) => key).sort(),
      )
      await next.apply({ put: [], remove: MANY }, NEVER)
    }
  })

  for (const at of ['edit', 'commit'] as const)
    it(`hardware that is full, told ${at === 'edit' ? 'at once' : 'by its log alone'}, takes what fits`, async () => {
      const session = await open()
      await router.control.arm({ kind: 'entry-limit', most: 14, at })
      const outcomes = await put(session, ...MANY.slice(0, 20))
      const classes = outcomes.map((one) => (one.result === 'failed' ? one.class : one.result))
      assert.deepEqual([...new Set(classes)].sort(), ['capacity', 'done'])
      for (const [index, rule] of MANY.slice(0, 20).entries())
        assert.equal(await isDropped(rule), classes[index] === 'done', `${rule.key} ${classes[index]}`)
      assert.equal(
        changes.some((one) => one.type === 'status' && one.code === 'hardware'),
        at === 'commit',
      )
    })

  for (const person of ['ada', 'NETCONF'])
    it(`a lock of ${person} is named and kept`, async () => {
      const session = await open()
      await router.control.lock(person)
      const [outcome] = await put(session, A)
      assert.ok(outcome?.result === 'failed')
      assert.deepEqual([outcome.class, outcome.words.includes(person)], ['locked', true])
      assert.equal(await isDropped(A), false)
      await router.control.unlock()
      assert.equal((await put(session, A))[0]?.result, 'done')
    })

  it('a line that we may not type fails alone', async () => {
    extra = await startIos({ rights: { cordon: { denied: ['host'] } }, synchronous: true })
    const session = await open({}, extra)
    const [host, wide, six] = await put(session, A, from('198.18.4.0/24'), B)
    assert.deepEqual([wide?.result, six?.result], ['done', 'done'])
    assert.ok(host?.result === 'failed')
    assert.deepEqual([host.class, host.words], ['auth', 'Command authorization failed.'])
  })

  it('a container that we may not enter is never typed into another', async () => {
    extra = await startIos({ rights: { cordon: { denied: ['object-group'] } } })
    const session = await open({}, extra)
    const [four, six] = await put(session, A, B)
    assert.ok(four?.result === 'failed' && four.class === 'auth')
    assert.equal(six?.result, 'done')
    assert.deepEqual(blocked(await extra.control.running()), [B])
  })

  it('enables with the secret, and says what is wrong with it', async () => {
    extra = await startIos({ rights: { cordon: { privilege: 1 } }, enablePassword: 'open-sesame' })
    const session = await open({ enable: 'file:enable' }, extra)
    assert.equal((await put(session, A))[0]?.result, 'done')
    await assert.rejects(open({}, extra), refuses('auth', 'auth'))
    await assert.rejects(open({ enable: 'file:password' }, extra), refuses('auth', 'auth'))
  })

  it('a paste of hundreds of lines is done when the last is, whatever the log says meanwhile', async () => {
    extra = await startIos({ synchronous: true })
    const session = await open({}, extra)
    const rules = Array.from({ length: 300 }, (_, index) => from(`198.18.${2 + (index >> 8)}.${index & 255}`))
    const applying = put(session, ...rules)
    for (let told = 0; told < 20; told += 1)
      await extra.control.edit('hostname r2\nhostname a-router-with-a-long-name')
    for (const outcome of await applying) assert.equal(outcome.result, 'done')
    assert.equal(blocked(await extra.control.running()).length, 300)
  })

  it('sees what a person takes away and adds', async () => {
    const session = await open({ lookEvery: 1 })
    await put(session, A, B)
    await router.control.edit('object-group network CORDON-4-FROM\n no host 198.18.0.1\n host 198.18.0.99')
    await eventually('it is seen', 5_000, () =>
      changes.some((one) => one.type === 'seen' && one.key === A.key),
    )
    assert.ok(changes.some(({ type }) => type === 'resync'))
    assert.deepEqual(await held(session), [from('198.18.0.99').key, B.key].sort())
  })

  it('numbers of a list are found beside those of others, until none is free', async () => {
    await router.control.edit(
      'ipv6 access-list CORDON-6\n no sequence 1000000\n sequence 14 permit ipv6 any any',
    )
    const session = await open()
    const outcomes = await put(session, B, from('2001:2::c'), from('2001:2::d'), from('2001:2::e'))
    assert.deepEqual(
      outcomes.map((one) => (one.result === 'failed' ? one.class : one.result)),
      ['done', 'done', 'done', 'capacity'],
    )
    await session.apply({ put: [], remove: [B] }, NEVER)
    assert.equal((await put(session, from('2001:2::e')))[0]?.result, 'done')
  })

  it('after a restart holds what was kept: nothing, or everything where it is saved', async () => {
    const session = await open()
    await put(session, A)
    await router.control.reboot()
    await eventually('it is noticed', 5_000, () => changes.some(({ type }) => type === 'down'))
    assert.deepEqual(await held(await open()), [])
    const saving = await open({ save: 'after-change' })
    await put(saving, B)
    assert.ok(changes.some((one) => one.type === 'status' && one.code === 'saved' && one.ok))
    await router.control.reboot()
    assert.deepEqual(await held(await open()), [B.key])
  })

  it('nobody is logged in to who has another key, or does not let us in', async () => {
    const config = iosConfig(router)
    await router.control.arm({ kind: 'refuse-logins' })
    await assert.rejects(open(), refuses('auth', 'auth'))
    await router.control.clear()
    await router.control.changeHostKey()
    await assert.rejects(open(config), refuses('host-key', 'host-key-changed'))
  })

  for (const change of ['put', 'remove'] as const)
    it(`a list that somebody has deleted is not made anew by a ${change}: without its permit it would drop everything`, async () => {
      const session = await open()
      await put(session, B)
      await router.control.edit('no ipv6 access-list CORDON-6')
      const six = from('2001:2::c')
      const outcome = (
        await session.apply(change === 'put' ? { put: [six], remove: [] } : { put: [], remove: [B] }, NEVER)
      ).get(change === 'put' ? six.key : B.key)
      assert.equal(await isDropped(from('2001:db8:77::1')), false, 'nobody has asked for that')
      assert.equal(outcome?.result, change === 'put' ? 'failed' : 'done', JSON.stringify(outcome))
    })

  it('a list that has lost its permit gets no line more, and can be emptied', async () => {
    const session = await open()
    await put(session, B)
    await router.control.edit('ipv6 access-list CORDON-6\n no sequence 1000000')
    const [outcome] = await put(session, from('2001:2::c'))
    assert.ok(outcome?.result === 'failed' && /CORDON-6.*permit/.test(outcome.words), JSON.stringify(outcome))
    assert.equal((await session.apply({ put: [], remove: [B] }, NEVER)).get(B.key)?.result, 'done')
  })

  it('a group that somebody has deleted is not made anew, as no filter would name it', async () => {
    const session = await open()
    await put(session, B)
    await router.control.edit('no ip access-list extended CORDON-4\nno object-group network CORDON-4-FROM')
    const [outcome] = await put(session, A)
    assert.ok(outcome?.result === 'failed' && /no object group CORDON-4-FROM/.test(outcome.words))
    assert.doesNotMatch(await router.control.running(), /object-group network CORDON-4-FROM/)
  })

  it('a container that is not there is said, and nothing is put', async () => {
    await router.control.reboot('hostname r1\nobject-group network CORDON-4-FROM\n host 192.0.2.255')
    const session = await open()
    const [outcome] = await put(session, A)
    assert.ok(outcome?.result === 'failed' && outcome.class === 'rejected')
    assert.match(outcome.words, /no object group CORDON-4-TO, no IPv6 access list CORDON-6/)
  })
})
