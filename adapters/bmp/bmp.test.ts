import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readMatch } from '../../src/domain/match.ts'
import { type Prefix, parsePrefix } from '../../src/domain/prefix.ts'
import { blackholeRule, DROP, filterRule, type Scope, withAction } from '../../src/domain/rule.ts'
import { until } from '../../test/helpers/bird.ts'
import { freePort } from '../../test/helpers/daemon.ts'
import { witnessEnv } from '../../test/helpers/witnessed-router.ts'
import type { BmpConfig } from './config.ts'
import { bmpWitness } from './index.ts'
import { type FakeRouter, type Listening, listen } from './testing/fake-router.ts'
import {
  announce,
  announceFlow,
  bmp,
  communities,
  endOfRib,
  initiation,
  monitoring,
  type PeerOf,
  peerDown,
  peerUp,
  rate,
  statistics,
  termination,
  update,
  withdraw,
} from './testing/messages.ts'

const rtbh = (prefix: string, scope: Scope = 'local') => blackholeRule('d-rtbh', parsePrefix(prefix), scope)
const ONE = rtbh('198.18.0.1')
const OURS = communities('65010:911')
const PRE: PeerOf = {}
const POST: PeerOf = { flags: 0x40 }
const LOC_RIB: PeerOf = { type: 3 }

const route = (prefix: Prefix, of: PeerOf, ...attributes: readonly Buffer[]) =>
  monitoring(announce([prefix], ...(attributes.length === 0 ? [OURS] : attributes)), of)
const gone = (prefix: Prefix, of: PeerOf) => monitoring(withdraw([prefix]), of)

async function listening(
  config: Omit<BmpConfig, 'listen'>,
  run: (at: Listening) => Promise<void>,
): Promise<void> {
  const at = await listen(config)
  try {
    await run(at)
  } finally {
    await at.dispose()
  }
}

/** A router whose session with the speaker is up and that has told everything it has. */
async function ready(at: Listening, ...messages: readonly Buffer[]): Promise<FakeRouter> {
  const router = await at.router(initiation(), peerUp(), ...messages, monitoring(endOfRib(), POST))
  await until(() => at.troubles.length > 1 && at.troubles.at(-1) === undefined)
  return router
}

const texts = (at: Listening) => at.seen.map(({ key, present }) => `${key} ${present}`)
const SPEAKER = { speakers: ['127.0.0.1'] }

describe('bmp witness', () => {
  it('sees routes come and go in the view after policy; the one before proves nothing', () =>
    listening(SPEAKER, async (at) => {
      const six = rtbh('2001:db8::1')
      const router = await ready(at, statistics())
      at.watch(true, ONE, six)
      router.send(route(ONE.prefix, PRE), route(six.prefix, PRE), route(six.prefix, POST))
      await until(() => at.seen.length === 1)
      assert.deepEqual(texts(at), [`${six.key} true`])
      assert.equal(at.session.whyNot?.(ONE.key), 'received and refused by its import policy')
      router.send(route(ONE.prefix, POST), gone(six.prefix, POST))
      await until(() => at.seen.length === 3)
      assert.deepEqual(texts(at).slice(1).sort(), [`${ONE.key} true`, `${six.key} false`].sort())
      assert.equal(at.session.whyNot?.(ONE.key), undefined)
    }))

  it('a router that sends only what it received before policy never proves anything', () =>
    listening(SPEAKER, async (at) => {
      at.watch(true, ONE)
      await at.router(initiation(), peerUp(), route(ONE.prefix, PRE), monitoring(endOfRib(), PRE))
      await until(() => /only its pre-policy view/.test(at.session.whyNot?.(ONE.key) ?? ''))
      assert.deepEqual(at.seen, [])
    }))

  it('nor that something has gone, even if another view is asked for', () =>
    listening({ ...SPEAKER, view: 'post-policy' }, async (at) => {
      const two = rtbh('198.18.0.2')
      at.watch(false, ONE, two)
      const router = await at.router(initiation(), peerUp(), route(ONE.prefix, PRE))
      await until(() => at.seen.length === 1)
      assert.deepEqual(texts(at), [`${two.key} false`])
      router.send(gone(ONE.prefix, PRE))
      await until(() => at.seen.length === 2)
    }))

  it('the strongest view counts, and a Loc-RIB only with the marking', () =>
    listening({ ...SPEAKER, marking: '65010:911' }, async (at) => {
      const two = rtbh('198.18.0.2')
      at.watch(true, ONE, two)
      await ready(at, route(ONE.prefix, POST), route(two.prefix, LOC_RIB, communities('65535:666')))
      assert.deepEqual(at.seen, [], 'the Loc-RIB has neither of ours')
      const words = at.session.whyNot?.(ONE.key)
      assert.equal(words, 'accepted, and another route was preferred to it')
      const router = await ready(at, route(ONE.prefix, LOC_RIB))
      await until(() => at.seen.length === 1)
      assert.deepEqual(texts(at), [`${ONE.key} true`])
      router.send(route(ONE.prefix, LOC_RIB, communities('64496:1')))
      await until(() => at.seen.length === 2)
      assert.deepEqual(texts(at).at(-1), `${ONE.key} false`, 'replaced by somebody else’s')
    }))

  it("other peers' routes prove nothing", () =>
    listening(SPEAKER, async (at) => {
      at.watch(true, ONE)
      const other: PeerOf = { flags: 0x40, address: '192.0.2.9' }
      const router = await ready(at, peerUp(other), route(ONE.prefix, other))
      assert.deepEqual(at.seen, [])
      router.send(route(ONE.prefix, POST))
      await until(() => at.seen.length === 1)
    }))

  it('a flow rule is there only with its own action, and gone only when none is there', () =>
    listening({ ...SPEAKER, flow: true }, async (at) => {
      const match = readMatch(4, { destination: '198.18.0.1', protocol: 'udp', destinationPort: '53,80-90' })
      const slow = { do: 'rate-limit', bytesPerSecond: 125_001 } as const
      const rule = filterRule('flow', match, slow)
      at.watch(true, rule)
      const router = await ready(at, monitoring(announceFlow(match, rate(DROP)), POST))
      await until(() => at.session.whyNot?.(rule.key) === 'accepted with another action: drop')
      assert.deepEqual(at.seen, [])
      router.send(monitoring(announceFlow(match, rate(slow)), POST))
      await until(() => at.seen.length === 1)
      router.send(monitoring(announceFlow(match, rate(DROP)), POST))
      await until(() => at.seen.length === 2)
      assert.deepEqual(texts(at), [`${rule.key} true`, `${rule.key} false`])
      at.watch(false, withAction(rule, DROP))
      assert.equal(at.session.whyNot?.(rule.key), 'still in its post-policy view')
    }))

  it('a rule that leaves its route to another rule counts as gone', () =>
    listening(SPEAKER, async (at) => {
      const upstream = rtbh('198.18.0.1', 'upstream:x')
      await ready(at, route(ONE.prefix, POST))
      at.watch(true, ONE, upstream)
      at.watch(false, ONE)
      assert.deepEqual(texts(at), [`${ONE.key} true`, `${upstream.key} true`, `${ONE.key} false`])
    }))

  it('nothing is told as gone before the router has told all; without End-of-RIB, once it rests', () =>
    listening(SPEAKER, async (at) => {
      at.watch(false, ONE, rtbh('2001:db8::1'))
      await at.router(initiation(), peerUp(), route(parsePrefix('198.18.0.9'), POST))
      await until(() => at.troubles.at(-1) === undefined)
      assert.deepEqual(at.seen, [])
      await until(() => at.seen.length === 2)
    }))

  it('a session or a connection that ends is trouble and no sight; what is not there afterwards is told', () =>
    listening(SPEAKER, async (at) => {
      const two = rtbh('198.18.0.2')
      at.watch(true, ONE, two)
      const router = await ready(at, route(ONE.prefix, POST), route(two.prefix, POST))
      await until(() => at.seen.length === 2)
      router.send(peerDown())
      await until(() => at.troubles.at(-1) === 'it has no BGP session with 127.0.0.1')
      router.send(peerUp(), route(ONE.prefix, POST), route(two.prefix, POST), monitoring(endOfRib(), POST))
      await until(() => at.troubles.at(-1) === undefined)
      router.close()
      await until(() => at.troubles.at(-1) === 'its BMP connection ended')
      assert.equal(at.seen.length, 2)
      await ready(at, route(ONE.prefix, POST))
      await until(() => at.seen.length === 3)
      assert.deepEqual(texts(at).at(-1), `${two.key} false`)
    }))

  it('a hundred thousand routes, of which two are expected', () =>
    listening({ marking: '65010:911' }, async (at) => {
      at.watch(true, rtbh('10.1.134.159'), rtbh('10.9.9.9'))
      const messages = Array.from({ length: 200 }, (_, block) =>
        monitoring(
          announce(
            Array.from({ length: 500 }, (_unused, i) => {
              const n = block * 500 + i
              return parsePrefix(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
            }),
            OURS,
          ),
          POST,
        ),
      )
      await ready(at, ...messages)
      await until(() => at.seen.length === 1)
      assert.deepEqual(texts(at), ['d-rtbh local 10.1.134.159/32 true'])
    }))
})

describe('bmp witness and routers that speak otherwise', () => {
  const troubleOf = (words: RegExp, ...messages: readonly Buffer[]) =>
    listening(SPEAKER, async (at) => {
      const router = await at.router(...messages)
      await until(() => words.test(at.troubles.at(-1) ?? ''))
      await until(() => router.isClosed)
      at.watch(true, ONE)
      await ready(at, route(ONE.prefix, POST))
      await until(() => at.seen.length === 1)
    })

  it('somebody else on the port', () => troubleOf(/not BMP version 3/, Buffer.from('GET / HTTP/1.1\r\n\r\n')))
  it('a message without end', () => troubleOf(/length of 4278190080/, Buffer.from([3, 255, 0, 0, 0, 4])))
  it('no Initiation', () => troubleOf(/no Initiation/, peerUp()))
  it('damaged routes', () =>
    troubleOf(
      /prefix of 99 bits/,
      initiation(),
      peerUp(),
      monitoring(update([], [], [Buffer.from([99, 1])]), POST),
    ))
  it('routes of a peer that is not up', () => troubleOf(/not up/, initiation(), route(ONE.prefix, POST)))
  it('half a message', () => troubleOf(/ends in the middle/, initiation(), bmp(0, Buffer.alloc(20))))
  it('a farewell', () =>
    troubleOf(/ended its BMP connection: out of resources/, initiation(), termination(2)))

  it('ADD-PATH is not read, and said', () =>
    listening(SPEAKER, async (at) => {
      const router = await at.router(initiation(), peerUp({}, 3))
      await until(() => /ADD-PATH/.test(at.troubles.at(-1) ?? ''))
      at.watch(true, ONE)
      router.send(peerDown(), peerUp({}, 1), route(ONE.prefix, POST))
      await until(() => at.seen.length === 1)
    }))

  it('types that are not known, mirrored messages and views that prove nothing are passed over', () =>
    listening(SPEAKER, async (at) => {
      at.watch(true, ONE)
      const strange = [
        bmp(6, Buffer.alloc(9_000)),
        bmp(77, Buffer.alloc(3)),
        route(ONE.prefix, { flags: 0x50 }),
      ]
      const router = await ready(at, ...strange)
      assert.deepEqual(at.seen, [])
      router.send(route(ONE.prefix, POST))
      await until(() => at.seen.length === 1)
    }))

  it('a stranger is sent away, and one that says nothing does not stand in the way', () =>
    listening({ ...SPEAKER, from: '127.0.0.2' }, async (at) => {
      const router = await at.router(initiation())
      await until(() => at.troubles.at(-1) === '127.0.0.1 connected, and only 127.0.0.2 may')
      await until(() => router.isClosed)
    }))

  it('a router that connects anew takes the place of its old connection', () =>
    listening(SPEAKER, async (at) => {
      const old = await ready(at)
      await at.router()
      await ready(at, route(ONE.prefix, POST))
      await until(() => old.isClosed)
      at.watch(true, ONE)
      assert.equal(at.seen.length, 1)
    }))

  it('a configuration that would prove nothing, and a port that is taken', async () => {
    const port = await freePort('127.0.0.1')
    const at = { listen: { address: '127.0.0.1', port } }
    await assert.rejects(bmpWitness.open(at, witnessEnv()), /name speakers or marking/)
    await assert.rejects(
      bmpWitness.open({ ...at, ...SPEAKER, view: 'loc-rib' }, witnessEnv()),
      /name the marking/,
    )
    const session = await bmpWitness.open({ ...at, ...SPEAKER }, witnessEnv())
    await assert.rejects(bmpWitness.open({ ...at, ...SPEAKER }, witnessEnv()), /somebody else listens there/)
    await session.close()
    assert.deepEqual(bmpWitness.kinds(at), ['d-rtbh', 's-rtbh'])
  })
})
