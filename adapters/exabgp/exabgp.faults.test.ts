import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { until } from '../../test/helpers/bird.ts'
import { AdapterError, type Session } from '../adapter.ts'
import type { ExabgpConfig } from './config.ts'
import { exampleConfig, fakeBinary, hosts, NEVER, rtbh, steer, type Testbed, testbed } from './testbed.ts'

type Start = Readonly<Record<string, unknown>>

/** A session with the fake; `answerWithin` short, as every silence here is meant. */
async function withFake(
  run: (session: Session, bed: Testbed, config: ExabgpConfig) => Promise<void>,
  start: Start = {},
  more: Partial<ExabgpConfig> = {},
): Promise<void> {
  const bed = testbed()
  try {
    const config = exampleConfig({ binary: fakeBinary(bed.folder, start), answerWithin: 200, ...more })
    await run(await bed.open(config), bed, config)
  } finally {
    await bed.dispose()
  }
}

const put = (session: Session, ...rules: ReturnType<typeof rtbh>[]) =>
  session.apply({ put: rules, remove: [] }, NEVER)

describe('exabgp: what is told to the speaker', () => {
  it('rules that share attributes go in one command, two families in two', () =>
    withFake(async (session, bed) => {
      await put(session, rtbh('203.0.113.1'), rtbh('203.0.113.2'), rtbh('2001:db8::1'))
      const { log } = await steer(bed.folder, {})
      assert.deepEqual(
        log.filter((line) => line.startsWith('announce')),
        [
          'announce attributes next-hop 192.0.2.1 community [65010:911 65535:65281 65535:666] nlri 203.0.113.1/32 203.0.113.2/32',
          'announce attributes next-hop 100::1 community [65010:911 65535:65281 65535:666] nlri 2001:db8::1/128',
        ],
      )
    }))

  it('a slot is the union of its rules and goes with the last one', () =>
    withFake(async (session, bed) => {
      const [local, upstream] = [rtbh('203.0.113.1'), rtbh('203.0.113.1', 'upstream:geant')]
      const attributes = async () => (await steer(bed.folder, {})).rib.get('203.0.113.1/32') ?? ''
      await put(session, local)
      await put(session, upstream)
      assert.match(await attributes(), /\[20965:666 65010:911 65535:65281 65535:666\]/)
      await session.apply({ put: [], remove: [local] }, NEVER)
      assert.match(await attributes(), /next-hop 192.0.2.2 community \[20965:666 65010:911\]/)
      await session.apply({ put: [], remove: [upstream] }, NEVER)
      assert.equal(await attributes(), '')
    }))

  it('a slot that changes again within a moment gets attributes that no pending change has', () =>
    withFake(async (session, bed) => {
      const rule = rtbh('203.0.113.1')
      await put(session, rule)
      await session.apply({ put: [], remove: [rule] }, NEVER)
      await put(session, rule, rtbh('203.0.113.2'))
      const { rib } = await steer(bed.folder, {})
      assert.match(rib.get('203.0.113.1/32') ?? '', / med \d+$/)
      assert.doesNotMatch(rib.get('203.0.113.2/32') ?? '', / med /)
    }))

  it('End-of-RIB is sent once, when the engine says that all is announced, and after each new session', () =>
    withFake(async (session, bed) => {
      const eor = async () =>
        (await steer(bed.folder, {})).log.filter((line) => line.includes('announce eor'))
      await put(session, rtbh('203.0.113.1'))
      assert.deepEqual(await eor(), [])
      await session.settled?.()
      await session.settled?.()
      assert.deepEqual(await eor(), ['announce eor ipv4 unicast', 'announce eor ipv6 unicast'])
      await steer(bed.folder, { op: 'peer', address: '127.0.0.2', state: 'up' })
      await until(async () => (await eor()).includes('neighbor 127.0.0.2 announce eor ipv6 unicast'))
    }))
})

describe('exabgp: an answer that goes astray', () => {
  it('an error takes down only the rule that caused it', () =>
    withFake(async (session, bed) => {
      const rules = hosts(40)
      await steer(bed.folder, { op: 'faults', error: ['10.10.0.7/32'] })
      const receipt = await put(session, ...rules)
      const failed = [...receipt].filter(([, outcome]) => outcome.result !== 'done')
      assert.deepEqual(
        failed.map(([key]) => key),
        ['d-rtbh local 10.10.0.7/32'],
      )
      const [outcome] = failed.map(([, one]) => one)
      assert.ok(outcome?.result === 'failed' && outcome.class === 'rejected')
      assert.equal((await session.observe('all', NEVER)).rules.length, 39)
    }))

  it('no answer is unknown, what came near it is uncertain, and the session goes on', () =>
    withFake(async (session, bed) => {
      await put(session, rtbh('203.0.113.1'))
      await steer(bed.folder, { op: 'faults', silent: ['203.0.113.2/32'] })
      const [silent, behind] = await Promise.all([
        put(session, rtbh('203.0.113.2')),
        put(session, rtbh('2001:db8::9')),
      ])
      // The answer to the second was taken for one to the first: neither is believed when that comes out.
      const results = [...silent.values(), ...behind.values()].map((outcome) => outcome.result)
      assert.ok(results.includes('unknown'), results.join())
      await until(() => bed.changes.some((change) => change.type === 'resync'))
      const observed = await session.observe('all', NEVER)
      assert.deepEqual(
        observed.rules.map((rule) => rule.key),
        ['d-rtbh local 203.0.113.1/32'],
      )
      assert.deepEqual(observed.uncertain.map((rule) => rule.key).sort(), [
        'd-rtbh local 2001:db8::9/128',
        'd-rtbh local 203.0.113.2/32',
      ])
      await steer(bed.folder, { op: 'faults', silent: [] })
      await put(session, rtbh('203.0.113.2'), rtbh('2001:db8::9'))
      assert.deepEqual((await session.observe('all', NEVER)).uncertain, [])
    }))

  it('a surplus answer leads to reading again', () =>
    withFake(async (_session, bed) => {
      await steer(bed.folder, { op: 'say', line: 'done' })
      await until(() => bed.changes.some((change) => change.type === 'resync'))
    }))

  it('answers in halves are put together', () =>
    withFake(async (session, bed) => {
      await steer(bed.folder, { op: 'faults', half: true })
      const receipt = await put(session, rtbh('203.0.113.2'))
      assert.equal(receipt.get('d-rtbh local 203.0.113.2/32')?.result, 'done')
    }))
})

describe('exabgp: a speaker in trouble', () => {
  it('slow is not dead: with answers coming, all is waited for', () =>
    withFake(async (session, bed) => {
      await steer(bed.folder, { op: 'faults', delay: 150 })
      const begin = performance.now()
      const receipts = await Promise.all(
        Array.from({ length: 6 }, (_, i) => put(session, rtbh(`203.0.113.${i}`))),
      )
      assert.ok(performance.now() - begin > 800)
      for (const receipt of receipts) for (const { result } of receipt.values()) assert.equal(result, 'done')
      assert.ok(!bed.reported('speaker-hung', false))
    }))

  it('half of a refused command does not undo what came after it', () =>
    withFake(async (session, bed) => {
      await steer(bed.folder, { op: 'faults', error: ['203.0.113.1/32'] })
      const later = rtbh('203.0.113.2', 'upstream:geant')
      const [first, second] = await Promise.all([
        put(session, rtbh('203.0.113.1'), rtbh('203.0.113.2')),
        put(session, later),
      ])
      assert.equal(first.get('d-rtbh local 203.0.113.1/32')?.result, 'failed')
      assert.equal(first.get('d-rtbh local 203.0.113.2/32')?.result, 'unknown')
      assert.equal(second.get(later.key)?.result, 'done')
      assert.match((await steer(bed.folder, {})).rib.get('203.0.113.2/32') ?? '', /20965:666 65010:911 65535/)
    }))

  it('a hang is a condition of its own, and the next session replaces the speaker', () =>
    withFake(async (session, bed, config) => {
      await steer(bed.folder, { op: 'faults', hung: true })
      const receipt = await put(session, rtbh('203.0.113.1'))
      assert.equal(receipt.get('d-rtbh local 203.0.113.1/32')?.result, 'unknown')
      assert.ok(bed.reported('speaker-hung', false))
      assert.ok(bed.changes.some((change) => change.type === 'down' && change.class === 'timeout'))
      await assert.rejects(put(session, rtbh('203.0.113.1')), AdapterError)
      await session.close()
      const next = await bed.open(config)
      assert.ok(bed.reported('speaker-hung', true))
      assert.deepEqual((await next.observe('all', NEVER)).rules, [])
    }))

  it('a crash is a condition of its own, and the next session starts anew', () =>
    withFake(async (session, bed, config) => {
      await steer(bed.folder, { op: 'crash' }).catch(() => undefined)
      await until(() => bed.reported('speaker-down', false))
      await session.close()
      await (await bed.open(config)).apply({ put: [rtbh('203.0.113.1')], remove: [] }, NEVER)
      assert.ok((await steer(bed.folder, {})).rib.has('203.0.113.1/32'))
    }))

  it('the death of the helper is a condition of its own; ExaBGP is asked, and nothing is sure', () =>
    withFake(async (session, bed, config) => {
      await put(session, rtbh('203.0.113.1'), rtbh('203.0.113.2', 'upstream:geant'))
      await put(session, rtbh('203.0.113.3'), rtbh('203.0.113.3', 'upstream:geant'))
      await steer(bed.folder, { op: 'kill-helper' })
      await until(() => bed.reported('helper-down', false))
      await session.close()
      const next = await bed.open(config)
      const observed = await next.observe('all', NEVER)
      assert.deepEqual(observed.rules, [])
      assert.deepEqual(observed.uncertain.map((rule) => rule.key).sort(), [
        'd-rtbh local 203.0.113.1/32',
        'd-rtbh local 203.0.113.3/32',
        'd-rtbh upstream:geant 203.0.113.2/32',
        'd-rtbh upstream:geant 203.0.113.3/32',
      ])
      await next.apply(
        {
          put: [rtbh('203.0.113.1')],
          remove: observed.uncertain.slice(1).filter((r) => r.key !== 'd-rtbh local 203.0.113.1/32') as never,
        },
        NEVER,
      )
      await next.settled?.()
      await next.close()
      const third = await bed.open(config)
      assert.deepEqual((await third.observe('all', NEVER)).uncertain, [])
    }))

  it('neighbours go down and come up by name, with the reason', () =>
    withFake(async (_session, bed) => {
      await steer(bed.folder, {
        op: 'peer',
        address: '127.0.0.2',
        state: 'down',
        reason: 'notification received (6,2)',
      })
      await until(() => bed.reported('peer-down:r1', false))
      const down = bed.changes.find((change) => change.type === 'status' && !change.ok)
      assert.match(down?.type === 'status' ? down.words : '', /r1 \(127\.0\.0\.2\) is down: notification/)
      await steer(bed.folder, { op: 'peer', address: '127.0.0.2', state: 'up' })
      await until(
        () => bed.changes.filter((c) => c.type === 'status' && c.code === 'peer-down:r1' && c.ok).length > 1,
      )
    }))

  it('a neighbour of which nothing is heard is reported', () =>
    withFake(
      (_session, bed) => until(() => bed.reported('peer-silent:r1', false)),
      { silentPeers: true },
      { peerWithin: 100 },
    ))
})

describe('exabgp: a speaker that cannot be had', () => {
  const refuses = async (more: Partial<ExabgpConfig>, code: string, start?: Start): Promise<void> => {
    const bed = testbed('secret" with a quote')
    try {
      const binary = fakeBinary(bed.folder, start)
      await assert.rejects(bed.open(exampleConfig({ binary, ...more })), (error) => {
        assert.ok(error instanceof AdapterError)
        assert.equal(error.code, code)
        assert.ok(!error.message.includes('secret"'))
        return true
      })
    } finally {
      await bed.dispose()
    }
  }
  it('a missing program', () => refuses({ binary: 'no-such-exabgp' }, 'binary-missing'))
  it('a missing namespace', () => refuses({ namespace: 'no-such-namespace' }, 'namespace-missing'))
  it('an ExaBGP that ends at once', () => refuses({}, 'speaker-refused', { exit: 1 }))
  it('scopes without local', () =>
    refuses(
      { scopes: { 'region:x': { communities: [], nextHop4: '192.0.2.1', nextHop6: '100::1' } } },
      'bad-config',
    ))
  it('a key that ExaBGP cannot read', () =>
    refuses(
      { neighbours: exampleConfig().neighbours.map((one) => ({ ...one, md5: 'file:key' })) },
      'bad-config',
    ))

  it('two controllers on one folder', () =>
    withFake(async (_session, bed, config) => {
      await assert.rejects(bed.open(config), { code: 'folder-locked' })
    }))

  it('a changed configuration replaces the speaker and says so; changed communities do not', () =>
    withFake(async (session, bed, config) => {
      await put(session, rtbh('203.0.113.1'))
      const pid = readFileSync(join(bed.folder, 'speaker.pid'), 'utf8')
      await session.close()
      const scopes = { local: { communities: ['blackhole'], nextHop4: '192.0.2.1', nextHop6: '100::1' } }
      const second = await bed.open({ ...config, scopes })
      assert.equal(readFileSync(join(bed.folder, 'speaker.pid'), 'utf8'), pid)
      const observed = await second.observe('all', NEVER)
      assert.deepEqual([observed.rules.length, observed.uncertain.length], [0, 1])
      await second.close()
      await bed.open({ ...config, routerId: '127.0.0.9' })
      assert.notEqual(readFileSync(join(bed.folder, 'speaker.pid'), 'utf8'), pid)
      assert.ok(bed.reported('speaker-restarted', true))
    }))
})
