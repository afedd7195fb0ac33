import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type Family,
  type Prefix,
  parsePrefix,
  prefixFamily,
  prefixFromBits,
} from '../../src/domain/prefix.ts'
import type { Scope } from '../../src/domain/rule.ts'
import { checkConfig } from './config.ts'
import { announceLine, Encoder, orderedAttributes, withdrawLine } from './render.ts'
import { Slots } from './slots.ts'
import { saltOf, speakerFile } from './speaker-file.ts'
import { exampleConfig, rtbh } from './testbed.ts'

const number = (max: number) => fc.integer({ min: 0, max })
const community = fc.oneof(
  fc.constantFrom('no-export', 'no-advertise', 'blackhole', '065010:0911'),
  fc.tuple(number(65_535), number(65_535)).map((parts) => parts.join(':')),
  fc.tuple(number(4_294_967_295), number(4_294_967_295), number(99)).map((parts) => parts.join(':')),
)
const scopeNames: Scope[] = ['local', 'region:north', 'upstream:geant', 'upstream:nix']
const configs = fc
  .tuple(community, fc.array(fc.array(community, { maxLength: 5 }), { minLength: 4, maxLength: 4 }))
  .map(([marking, lists]) =>
    exampleConfig({
      marking,
      scopes: Object.fromEntries(
        scopeNames.map((name, index) => [
          name,
          { communities: lists[index] ?? [], nextHop4: `192.0.2.${index}`, nextHop6: `100::${index}` },
        ]),
      ),
    }),
  )

function prefixesOf(family: Family): fc.Arbitrary<Prefix[]> {
  const width = family === 4 ? 32 : 128
  const one = fc
    .tuple(fc.bigInt({ min: 0n, max: (1n << BigInt(width)) - 1n }), number(width))
    .filter(([bits, length]) => family === 4 || bits >> 32n !== 0xffffn || length < 96)
    .map(([bits, length]) => prefixFromBits(family, bits, length))
  return fc.array(one, { minLength: 1, maxLength: 20 })
}

/** A second reading of the syntax, from ExaBGP's manual and not from the encoder. */
function decode(line: string): { verb: string; attributes: Map<string, string[]>; prefixes: string[] } {
  const words = line.replaceAll('[', ' [ ').replaceAll(']', ' ] ').split(/ +/)
  const verb = words.shift() ?? ''
  assert.equal(words.shift(), 'attributes')
  const attributes = new Map<string, string[]>()
  while (words.length > 0 && words.at(0) !== 'nlri') {
    const name = words.shift() ?? ''
    assert.ok(!attributes.has(name), `${name} twice`)
    const values: string[] = []
    if (words.at(0) === '[') {
      words.shift()
      while (words.at(0) !== ']') values.push(words.shift() ?? assert.fail('no ]'))
      words.shift()
    } else values.push(words.shift() ?? assert.fail('no value'))
    attributes.set(name, values)
  }
  words.shift()
  return { verb, attributes, prefixes: words }
}

const cases = fc
  .constantFrom<Family>(4, 6)
  .chain((family) =>
    fc.tuple(
      configs,
      fc.constant(family),
      prefixesOf(family),
      fc.subarray(scopeNames, { minLength: 1 }),
      number(9_999),
    ),
  )

function exampleEncoder(): Encoder {
  const { scopes, marking } = exampleConfig()
  return new Encoder(scopes, marking)
}

describe('exabgp: the encoder', () => {
  it('writes one line of plain ASCII that says exactly what was asked', () => {
    fc.assert(
      fc.property(cases, ([config, family, prefixes, scopes, order]) => {
        const encoder = new Encoder(config.scopes, config.marking)
        const plain = encoder.attributes(encoder.tagOf(scopes), family)
        for (const attributes of [plain, orderedAttributes(plain, order)]) {
          const line = announceLine(attributes, prefixes)
          assert.match(line, /^[\x20-\x7e]+$/)
          const read = decode(line)
          assert.equal(read.verb, 'announce')
          assert.deepEqual(read.prefixes, prefixes)
          for (const prefix of read.prefixes) assert.equal(parsePrefix(prefix), prefix)
          const [nextHop = ''] = read.attributes.get('next-hop') ?? []
          assert.equal(
            nextHop.includes(':'),
            family === 6,
            'a next hop of the other family is taken and never used',
          )
          const said = new Set([
            ...(read.attributes.get('community') ?? []),
            ...(read.attributes.get('large-community') ?? []),
          ])
          assert.deepEqual([...said].sort(), encoder.communitiesOf(scopes))
          for (const text of said) {
            const parts = text.split(':').map(Number)
            assert.ok(
              parts.every((part) => part <= (parts.length === 2 ? 65_535 : 4_294_967_295)),
              text,
            )
          }
        }
      }),
    )
  })

  it('withdraws with a next hop of the family and an order of its own', () => {
    fc.assert(
      fc.property(cases, ([config, family, prefixes, , order]) => {
        const read = decode(withdrawLine(new Encoder(config.scopes, config.marking), order, prefixes))
        assert.equal(read.verb, 'withdraw')
        assert.deepEqual(read.prefixes, prefixes)
        assert.equal(read.attributes.get('next-hop')?.[0]?.includes(':'), family === 6)
        assert.deepEqual(read.attributes.get('med'), [String(order)])
      }),
    )
  })

  it('never mixes families, and writes no empty command', () => {
    const mixed = [parsePrefix('203.0.113.1'), parsePrefix('2001:db8::1')]
    for (const bad of [
      mixed,
      mixed.toReversed(),
      [],
      ['203.0.113.1/32; announce' as Prefix],
      ['ä' as Prefix],
    ]) {
      assert.throws(() => announceLine('next-hop 192.0.2.1', bad))
      assert.throws(() => withdrawLine(exampleEncoder(), 1, bad))
    }
  })
})

describe('exabgp: slots', () => {
  const scopes = Object.keys(exampleConfig().scopes) as Scope[]
  const rules = fc.tuple(fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1'), fc.constantFrom(...scopes))
  const histories = fc.array(fc.tuple(fc.boolean(), fc.array(rules, { maxLength: 4 })), { maxLength: 12 })

  it('hold what a model holds, in commands of one family', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const slots = new Slots(exampleEncoder(), 0, 1, false)
        const model = new Set<string>()
        const told = new Map<string, string>()
        for (const [puts, chosen] of history) {
          const change = chosen.map(([prefix, scope]) => rtbh(prefix, scope))
          const steps = slots.plan(puts ? { put: change, remove: [] } : { put: [], remove: change }, 10)
          for (const rule of change) puts ? model.add(rule.key) : model.delete(rule.key)
          for (const { slot, prefixes } of steps) {
            assert.equal(new Set(prefixes.map(prefixFamily)).size, 1)
            for (const prefix of prefixes)
              slot === undefined ? told.delete(prefix) : told.set(prefix, slot.tag)
          }
        }
        const held = [...told].flatMap(([prefix, tag]) =>
          tag.split(',').map((scope) => `d-rtbh ${scope} ${prefix}`),
        )
        assert.deepEqual(held.sort(), [...model].sort())
        assert.equal(slots.rules, model.size)
      }),
    )
  })

  it('go in commands of at most 500', () => {
    const slots = new Slots(exampleEncoder(), 0, 1, false)
    const put = Array.from({ length: 1_200 }, (_, i) => rtbh(`10.0.${i >> 8}.${i & 255}`))
    assert.deepEqual(
      slots.plan({ put, remove: [] }, 0).map((step) => step.prefixes.length),
      [500, 500, 200],
    )
  })
})

describe("exabgp: the speaker's file", () => {
  const paths = { node: '/usr/bin/node', bridge: '/run/c/bridge.mjs', socket: '/run/c/ctl.sock' }
  const keyed = exampleConfig({
    neighbours: exampleConfig().neighbours.map((one) => ({ ...one, md5: 'file:key', port: 1790 })),
  })
  const salt = '0'.repeat(32)

  it('names its salt, and a digest that changes with all that matters', () => {
    const file = speakerFile(keyed, paths, new Map([['r1', 'a-key']]), salt)
    assert.equal(saltOf(file.text), salt)
    assert.match(file.text, /md5-password "a-key";/)
    assert.match(file.text, /connect 1790;/)
    const others = [
      speakerFile(keyed, paths, new Map([['r1', 'another']]), salt),
      speakerFile({ ...keyed, namespace: 'mgmt' }, paths, new Map([['r1', 'a-key']]), salt),
      speakerFile(keyed, paths, new Map([['r1', 'a-key']]), '1'.repeat(32)),
    ]
    assert.equal(new Set([file, ...others].map((one) => one.digest)).size, 4)
  })

  it('gives a neighbour its families, a TTL of 255 for GTSM, and another division of them another digest', () => {
    const [one] = exampleConfig().neighbours
    assert.ok(one)
    const { ttl: _, ...near } = one
    const gtsm = exampleConfig({
      neighbours: [{ ...near, gtsm: true, families: ['ipv6 flow', 'ipv4 unicast'] }],
    })
    const { text } = speakerFile(gtsm, paths, new Map(), salt)
    assert.match(text, /outgoing-ttl 255;/)
    assert.match(text, /family \{ ipv4 unicast; ipv6 flow; \}/)
    const two = [one, { ...one, name: 'r2', address: '127.0.0.3' }]
    const own = { local: { communities: ['65010:1'], nextHop4: '192.0.2.3', nextHop6: '100::3' } }
    const together = speakerFile(exampleConfig({ neighbours: two }), paths, new Map(), salt)
    const apart = exampleConfig({
      neighbours: two.map((each, at) => (at === 0 ? each : { ...each, scopes: own })),
    })
    const divided = speakerFile(apart, paths, new Map(), salt)
    assert.notEqual(divided.digest, together.digest)
    assert.equal(divided.text.split('\n').slice(2).join(), together.text.split('\n').slice(2).join())
  })

  it('refuses an external scope that would leave the AS, and what contradicts itself', () => {
    const [one] = exampleConfig().neighbours
    assert.ok(one)
    const inside = { ...one, peerAs: one.localAs }
    const scopes = (...communities: string[]) => ({
      ...exampleConfig().scopes,
      external: { communities, nextHop4: '192.0.2.1', nextHop6: '100::1' },
    })
    const external = (...communities: string[]) =>
      exampleConfig({ neighbours: [inside], scopes: scopes(...communities) })
    checkConfig(external('no-export'))
    assert.throws(() => checkConfig(external('65535:666', 'no-export')), /must not carry blackhole/)
    assert.throws(() => checkConfig(external('65010:5')), /must not leave the AS/)
    const two = [inside, { ...one, name: 'r2', address: '127.0.0.3' }]
    checkConfig(exampleConfig({ neighbours: two, scopes: scopes('no-export') }))
    assert.throws(
      () => checkConfig(exampleConfig({ scopes: scopes('no-export') })),
      /^AdapterError: scopes external: .* no neighbour is in it/,
    )
    const own = two.map((each) => ({ ...each, scopes: scopes('no-export') }))
    assert.throws(
      () => checkConfig(exampleConfig({ neighbours: own })),
      /^AdapterError: neighbours r2 scopes external: .* in another/,
    )
    assert.throws(() => checkConfig(exampleConfig({ neighbours: [{ ...one, gtsm: true }] })), /give one/)
    const place = (routeTarget: string) => exampleConfig({ places: { scrubber: { routeTarget } } })
    checkConfig(place('65010:100'))
    assert.throws(() => checkConfig(place('70000:1')), /too large/)
    assert.throws(() => checkConfig(place('065010:1')), /write 65010:1/)
  })

  it('refuses what could end a statement', () => {
    for (const key of ['a"b', 'a;b', 'a b', 'ä', '', 'x'.repeat(81), 'a\nb', "a'b"]) {
      assert.throws(() => speakerFile(keyed, paths, new Map([['r1', key]]), salt), { code: 'bad-config' })
    }
    assert.throws(() => speakerFile(keyed, { ...paths, node: '/opt/my node' }, new Map(), salt), {
      code: 'bad-config',
    })
  })
})
