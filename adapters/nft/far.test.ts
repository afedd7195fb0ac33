import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { newHostKey } from '../../simulator/configured/host-key.ts'
import { DROP, type Rule, ruleFromKey } from '../../src/domain/rule.ts'
import { until } from '../../test/helpers/bird.ts'
import { makeNetns, type Netns } from '../../test/helpers/netns.ts'
import type { Sshd } from '../../test/helpers/sshd.ts'
import { AdapterError, type DeviceChange, type Session } from '../adapter.ts'
import { settingsOf } from './config.ts'
import { Far } from './far.ts'
import { nftAdapter } from './index.ts'
import type { Place } from './place.ts'
import { endingError } from './process.ts'
import {
  farConfig,
  farEnv,
  leftIn,
  noFarBench,
  noSudo,
  type SshConfig,
  startFarSshd,
} from './testing/far-bench.ts'
import { endAll } from './testing/nft-device.ts'

const skip = noFarBench()
const NEVER = new AbortController().signal
const drop = (text: string): Rule => ruleFromKey(text, DROP)
const A = drop('acl4 source=198.18.0.1/32')
const B = drop('acl6 destination=2001:2::b/128')
const MANY = Array.from({ length: 3_000 }, (_, i) => drop(`acl4 source=198.18.${i >> 8}.${i & 255}/32`))

describe('nft on another host', { skip }, () => {
  let sshd: Sshd
  let netns: Netns
  let places: { close(): Promise<void> }[] = []
  let changes: DeviceChange[] = []

  before(async () => {
    if (skip === false) sshd = await startFarSshd()
  })
  after(() => sshd?.dispose())
  beforeEach(() => {
    if (skip === false) netns = makeNetns()
  })
  afterEach(async () => {
    if (skip !== false) return
    await Promise.all(places.map((place) => place.close()))
    places = []
    endAll(netns)
  })

  async function open(more: Partial<SshConfig> = {}, haste = 1): Promise<Session> {
    const session = await nftAdapter.open(farConfig(sshd, netns, more), farEnv(sshd, haste))
    changes = []
    session.onChange?.((change) => changes.push(change))
    places.push(session)
    return session
  }

  async function openPlace(): Promise<Far> {
    const { far, namespace } = settingsOf(farConfig(sshd, netns))
    assert.ok(far)
    const place = await Far.open(far, namespace, farEnv(sshd), NEVER)
    places.push(place)
    return place
  }

  async function put(session: Session, ...rules: Rule[]): Promise<string[]> {
    const receipt = await session.apply({ put: rules, remove: [] }, NEVER)
    return rules.map(({ key }) => receipt.get(key)?.result ?? 'nothing')
  }
  const held = async (session: Session): Promise<string[]> =>
    (await session.observe('all', NEVER)).rules.map(({ key }) => key).sort()
  const refused =
    (errorClass: string, code: string, words = /./) =>
    (error: unknown) => {
      assert.ok(error instanceof AdapterError)
      assert.deepEqual([error.class, error.code], [errorClass, code], error.message)
      assert.match(error.message, words)
      return true
    }
  const told = (what: DeviceChange['type']): Promise<void> =>
    until(() => changes.some(({ type }) => type === what))
  const pidOf = (words: RegExp): number => {
    const [found] = netns.pids().filter((pid) => words.test(leftIn({ pids: () => [pid] })[0] ?? ''))
    assert.ok(found)
    return found
  }

  it('thousands of rules are put, read and counted, and nothing is left running', async () => {
    const session = await open({ password: 'file:password' })
    for (let from = 0; from < MANY.length; from += 1_000)
      assert.deepEqual(new Set(await put(session, ...MANY.slice(from, from + 1_000))), new Set(['done']))
    assert.equal((await held(session)).length, MANY.length)
    assert.deepEqual(await session.counters?.('all', NEVER), new Map())
    assert.deepEqual(leftIn(netns).sort(), ['nft -i', 'nft -n -j monitor'])
    await session.close()
    await until(() => leftIn(netns).length === 0)
    assert.deepEqual(changes, [])
  })

  it('what a person does by hand is seen, as at home', async () => {
    const session = await open()
    await put(session, A, B)
    netns.run('nft', 'delete', 'element', 'inet', 'cordon', 'acl4_drop_s32', '{ 198.18.0.1 }')
    await told('seen')
    assert.deepEqual(changes, [{ type: 'seen', key: A.key, present: false, evidence: 'read-back' }])
    netns.run('nft', 'flush', 'ruleset')
    await told('resync')
    assert.deepEqual(await held(session), [])
  })

  it('a connection that is lost between two calls ends the session as unreachable', async () => {
    const session = await open()
    await put(session, A)
    sshd.cut()
    await told('down')
    assert.deepEqual(
      changes.map((change) => change.type === 'down' && change.class),
      ['unreachable'],
    )
    assert.deepEqual(await put(session, B), ['unknown'])
    await assert.rejects(session.observe('all', NEVER), refused('unreachable', 'unreachable'))
    const next = await open()
    assert.deepEqual(await held(next), [A.key])
    assert.deepEqual(await put(next, B), ['done'])
  })

  it('a change whose connection is lost is unknown, and seen when it comes late', async () => {
    const session = await open()
    await put(session, A)
    const nft = pidOf(/^nft -i/)
    process.kill(nft, 'SIGSTOP')
    const applying = put(session, B)
    const written = await openPlace()
    await arrivedAt(written)
    sshd.cut()
    assert.deepEqual(await applying, ['unknown'])
    const next = await open()
    assert.deepEqual(await held(next), [A.key])
    process.kill(nft, 'SIGCONT')
    await until(() => changes.length > 0)
    assert.deepEqual(await held(next), [A.key, B.key].sort())
    await until(() => !netns.pids().includes(nft))
  })

  /** Whatever was written before this has arrived at the host: it is one connection after the other there. */
  async function arrivedAt(place: Place): Promise<void> {
    const asked = place.start(['list', 'tables'])
    asked.stdout.resume()
    await asked.ended
  }

  it('nobody is left of a session that was lost, once there is another', async () => {
    await open()
    assert.equal(leftIn(netns).length, 2)
    sshd.cut()
    await told('down')
    const next = await open()
    await until(() => leftIn(netns).length === 2)
    await next.close()
    await until(() => leftIn(netns).length === 0)
  })

  it('half a line is not executed, as nft by itself would', async () => {
    netns.feed('add table inet whole', 'nft', '-i')
    assert.match(netns.run('nft', 'list', 'tables'), /whole/)
    const place = await openPlace()
    const nft = place.interactive()
    nft.stdin.write('add table inet first\nadd table inet half')
    nft.stdout.resume()
    await until(() => /first/.test(netns.run('nft', 'list', 'tables')))
    sshd.cut()
    assert.equal((await nft.ended).lost?.class, 'unreachable')
    await until(() => leftIn(netns).length === 0)
    assert.doesNotMatch(netns.run('nft', 'list', 'tables'), /half/)
  })

  it('a host that stops answering is given up, and what it was told is unknown', async () => {
    const session = await open({}, 5)
    for (const pid of sshd.sessions()) process.kill(pid, 'SIGSTOP')
    try {
      assert.deepEqual(await put(session, A), ['unknown'])
      await told('down')
      assert.ok(changes.some((change) => change.type === 'down' && change.class === 'timeout'))
      await session.close()
    } finally {
      sshd.cut()
    }
    assert.deepEqual(await put(await open(), A), ['done'])
  })

  it('an nft that stops answering is given up with its session', async () => {
    const session = await open({}, 5)
    process.kill(pidOf(/^nft -i/), 'SIGSTOP')
    assert.deepEqual(await put(session, A), ['unknown'])
    await told('down')
    assert.deepEqual(await put(await open(), A), ['done'])
  })

  it('nobody is logged in to who has another key, or does not let us in', async () => {
    const other = open({ hostKeys: [newHostKey().line] })
    await assert.rejects(other, refused('host-key', 'host-key-changed'))
    await assert.rejects(open({ hostKeys: [] }), refused('host-key', 'host-key-unknown'))
    await assert.rejects(open({ password: 'file:wrong' }), refused('auth', 'auth'))
    await assert.rejects(open({ port: 1 }), refused('unreachable', 'unreachable'))
  })

  it('who may not change nftables is told so, and what is not there', async () => {
    await assert.rejects(open({ username: 'nobody-much' }), refused('auth', 'no-rights'))
    const place = await openPlace()
    const none = place.run('exec env no-such-program')
    none.stdout.resume()
    const end = await none.ended
    assert.ok(refused('unreachable', 'binary-missing', /no-such-program/)(endingError(end)))
    const missing = nftAdapter.open({ ...farConfig(sshd, netns), namespace: 'cordon-none' }, farEnv(sshd))
    await assert.rejects(missing, refused('unreachable', 'namespace-missing'))
  })

  it('by sudo, where it may have our home, and then leaves nothing running', { skip: noSudo }, async () => {
    const session = await open({ username: 'by-sudo', sudo: true })
    assert.deepEqual(await put(session, A), ['done'])
    assert.deepEqual(await held(session), [A.key])
    await session.close()
    await until(() => leftIn(netns).length === 0)
    const homeless = open({ username: 'without-home', sudo: true })
    await assert.rejects(homeless, refused('auth', 'no-rights', /HOME/))
    await assert.rejects(open({ username: 'nobody-much', sudo: true }), refused('auth', 'no-rights'))
  })

  it('is checked without a change', async () => {
    const checks = async (more: Partial<SshConfig> = {}): Promise<string[]> => {
      const found = await nftAdapter.check?.(farConfig(sshd, netns, more), farEnv(sshd), NEVER)
      return (found ?? []).map(({ what, ok, words }) => `${what} ${ok ? 'ok' : words}`)
    }
    assert.deepEqual(await checks(), [
      'reach ok',
      'host-key ok',
      'login ok',
      'rights ok',
      'capacity ok',
      'clock ok',
    ])
    assert.equal(netns.run('nft', 'list', 'ruleset'), '')
    const [, , , rights = ''] = await checks({ username: 'nobody-much' })
    assert.match(rights, /^rights .*not permitted/)
    assert.match(
      (await checks({ hostKeys: [newHostKey().line] })).at(-1) ?? '',
      /^host-key .*shows the host key/,
    )
    assert.match((await checks({ port: 1 })).join(), /^reach .*ECONNREFUSED/)
    const here = await nftAdapter.check?.({ namespace: netns.name }, farEnv(sshd), NEVER)
    assert.deepEqual(
      here?.map(({ what, ok }) => [what, ok]),
      [
        ['rights', true],
        ['capacity', true],
      ],
    )
  })
})
