import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { type Netns, noNetns } from '../../test/helpers/netns.ts'
import { holds } from '../../test/helpers/property.ts'
import { batch, WiredSite } from '../../test/lab/wired-site.ts'
import { eventually } from '../eventually.ts'
import { type CraftedPacket, type Crafter, startCrafter } from '../probe/crafted.ts'
import {
  EMPTY_MODEL,
  type Filter,
  type FilterModel,
  ICMP,
  judge,
  type Match,
  type Packet,
  type Prefixes,
  TCP,
  type Term,
  UDP,
} from './filters.ts'
import { linkFile } from './link-file.ts'
import { NftPlane } from './nft-plane.ts'
import { packetOracle } from './oracle.ts'

type Family = 4 | 6

const AMONG = {
  4: {
    sources: ['198.51.100.7', '198.51.100.8', '192.0.2.33', '192.0.2.129'],
    destinations: ['203.0.113.65', '203.0.113.66', '203.0.113.126'],
    prefixes: [
      '0.0.0.0/0',
      '198.51.100.0/24',
      '198.51.100.7/32',
      '192.0.2.0/25',
      '203.0.113.64/26',
      '203.0.113.64/30',
    ],
  },
  6: {
    sources: ['2001:db8:a::7', '2001:db8:a::8', '2001:db8:f::1'],
    destinations: ['2001:db8:c::1', '2001:db8:c::2', '2001:db8:c:0:1::'],
    prefixes: ['::/0', '2001:db8:a::/48', '2001:db8:a::7/128', '2001:db8:c::/126', '2001:db8:c::/64'],
  },
} as const
const TO: Packet = {
  in: 'left',
  out: 'right',
  source: '198.51.100.7',
  destination: '203.0.113.66',
  protocol: UDP,
  sourcePort: 1,
  destinationPort: 2,
}
const LISTS = ['one', 'two', 'mixed list']

const ports = fc.array(
  fc.tuple(fc.integer({ min: 70, max: 90 }), fc.nat(5)).map(([low, more]) => [low, low + more] as const),
  { minLength: 1, maxLength: 3 },
)

function prefixes(family: Family): fc.Arbitrary<Prefixes> {
  return fc.oneof(
    fc.constantFrom(...LISTS).map((name) => ({ lists: [name] })),
    fc.record({
      lists: fc.subarray(LISTS),
      prefixes: fc.subarray([...AMONG[family].prefixes]),
    }),
  )
}

function match(family: Family): fc.Arbitrary<Match> {
  return fc.record(
    {
      sources: prefixes(family),
      destinations: prefixes(family),
      protocols: fc.subarray([TCP, UDP, ICMP[family]], { minLength: 1 }),
      sourcePorts: ports,
      destinationPorts: ports,
      icmpTypes: fc.subarray([3, 8, 128], { minLength: 1 }),
    },
    { requiredKeys: [] },
  )
}

function term(family: Family): fc.Arbitrary<Term> {
  return fc
    .record({
      match: match(family),
      verdict: fc.constantFrom('accept', 'drop', 'next'),
      counter: fc.option(fc.constantFrom('a/1', 'b 2'), { nil: undefined }),
    })
    .map(({ counter, ...rest }) => ({ ...rest, ...(counter === undefined ? {} : { counter }) }))
}

const filtersOf = (family: Family): fc.Arbitrary<Filter[]> =>
  fc
    .array(fc.array(term(family), { maxLength: 4 }), { maxLength: 2 })
    .map((all) => all.map((terms, at) => ({ name: `filter ${at}`, terms })))

const model: fc.Arbitrary<FilterModel> = fc
  .record({
    lists: fc.tuple(
      ...LISTS.map(() => fc.subarray([...AMONG[4].prefixes.slice(1), ...AMONG[6].prefixes.slice(1)])),
    ),
    four: filtersOf(4),
    six: filtersOf(6),
    otherwise: fc.constantFrom('accept', 'drop'),
    at: fc.subarray([
      { interface: 'left', direction: 'in' },
      { interface: 'right', direction: 'out' },
    ] as const),
  })
  .map(({ lists, four, six, otherwise, at }) => ({
    lists: new Map(LISTS.map((name, index) => [name, lists[index] ?? []])),
    attachments: at.flatMap((place) => [
      { ...place, family: 4, filters: [NEVER_IN_DOUBT, ...four], otherwise } as const,
      { ...place, family: 6, filters: [NEVER_IN_DOUBT, ...six], otherwise } as const,
    ]),
    down: [],
  }))

/** Neighbours must find each other, and what the crafter sends to the side must pass. */
const NEVER_IN_DOUBT: Filter = {
  name: 'never in doubt',
  terms: [
    { match: { protocols: [58], icmpTypes: [135, 136] }, verdict: 'accept' },
    { match: { protocols: [253] }, verdict: 'accept' },
  ],
}

const packet: fc.Arbitrary<Packet> = fc
  .constantFrom(4, 6)
  .chain((family: Family) =>
    fc.record({
      in: fc.constant('left'),
      out: fc.constant('right'),
      source: fc.constantFrom(...AMONG[family].sources),
      destination: fc.constantFrom(...AMONG[family].destinations),
      protocol: fc.constantFrom(TCP, UDP, ICMP[family]),
      port: fc.integer({ min: 68, max: 96 }),
      other: fc.integer({ min: 68, max: 96 }),
      icmpType: fc.constantFrom(3, 8, 128),
    }),
  )
  .map(({ port, other, icmpType, ...rest }) =>
    rest.protocol === TCP || rest.protocol === UDP
      ? { ...rest, sourcePort: other, destinationPort: port }
      : { ...rest, icmpType },
  )

describe('the kernel as data plane', { skip: noNetns('nft', 'python3') }, () => {
  let site: WiredSite
  let plane: NftPlane
  let crafter: Crafter

  before(async () => {
    site = new WiredSite()
    site.attach('left', { 4: '198.51.100', 6: '2001:db8:a' })
    site.attach('right', { 4: '203.0.113', 6: '2001:db8:b' })
    site.attach('aside', { 4: '192.0.2', 6: '2001:db8:d' })
    batch(
      site.router,
      'route add 203.0.113.64/26 via 203.0.113.2',
      'route add 2001:db8:c::/48 via 2001:db8:b::2',
    )
    await neighboursHear()
    plane = await NftPlane.open(['ip', 'netns', 'exec', site.router.name])
    crafter = await startCrafter(site, { from: 'left', to: 'right', beside: 'aside' })
  })
  /** A cable that has just been laid may lose a first packet, and no packet is sent twice. */
  async function neighboursHear(): Promise<void> {
    for (const family of [4, 6] as const) {
      await hears(site.netnsOf('left'), site.gatewayOf('left', family))
      for (const node of ['right', 'aside']) await hears(site.router, site.addressOf(node, family))
    }
  }

  after(async () => {
    await crafter?.stop()
    await site?.dispose()
  })

  test('does with packets what the evaluator says, one model after the other', {
    timeout: 240_000,
  }, async () => {
    const property = fc.asyncProperty(
      model,
      fc.array(packet, { minLength: 4, maxLength: 12 }),
      async (wanted, packets) => {
        await plane.install(wanted)
        const before = await plane.counters()
        const judged = packets.map((one) => judge(wanted, one))
        const crafted = packets.map((one) => craftedFrom(one))
        const passed = await crafter.through(
          crafted,
          judged.map(({ dropped }) => !dropped),
        )
        assert.deepEqual(
          passed,
          judged.map(({ dropped }) => !dropped),
        )
        const expected = new Map<string, number>()
        for (const name of judged.flatMap(({ counters }) => counters))
          expected.set(name, (expected.get(name) ?? 0) + 1)
        const counted = await plane.counters()
        for (const [name, count] of expected)
          assert.equal((counted.get(name) ?? 0) - (before.get(name) ?? 0), count, `packets of ${name}`)
      },
    )
    await holds(property, 60)
  })

  test('changes one of 1,000 entries without touching the others, and shuts an interface', async () => {
    const hosts = Array.from({ length: 1_000 }, (_, at) => `203.0.${at >> 8}.${at & 255}/32`)
    const held = (list: readonly string[], down: readonly string[] = []): FilterModel => ({
      lists: new Map([['blocked', list]]),
      attachments: [
        {
          interface: 'left',
          direction: 'in',
          family: 4,
          filters: [
            {
              name: 'f',
              terms: [{ match: { destinations: { lists: ['blocked'] } }, verdict: 'drop', counter: 'hit' }],
            },
          ],
          otherwise: 'accept',
        },
      ],
      down,
    })
    const oracle = packetOracle(crafter, () => false)
    const open = packetOracle(crafter)
    await plane.install(held(hosts))
    assert.equal(await open.isDropped(TO), false)
    await plane.install(held([...hosts, '203.0.113.66']))
    assert.equal(await oracle.isDropped(TO), true)
    assert.equal((await plane.counters()).get('hit'), 1)
    // a wider prefix that covers it hides it and must not free it
    await plane.install(held([...hosts, '203.0.113.66', '203.0.113.64/28']))
    await plane.install(held([...hosts, '203.0.113.66']))
    assert.equal(await oracle.isDropped(TO), true)
    assert.equal(await open.isDropped({ ...TO, destination: '203.0.113.67' }), false)
    await plane.install(held(hosts, ['right']))
    assert.equal(await oracle.isDropped(TO), true)
    await plane.install(held(hosts))
    assert.equal(await open.isDropped(TO), false, 'its routes are back')
    const six = { ...TO, destination: '2001:db8:c::1', source: '2001:db8:a::7' }
    // an address that comes back is checked for a duplicate first
    await eventually('IPv6 to be back', 10_000, async () => !(await open.isDropped(six)))
    await plane.install(EMPTY_MODEL)
  })

  test('opens what another process had shut before it crashed, with its routes', async () => {
    const enter = ['ip', 'netns', 'exec', site.router.name]
    const shut = { ...EMPTY_MODEL, down: ['right'] }
    const next = (): Promise<NftPlane> => NftPlane.open(enter, linkFile(join(site.folder, 'shut')))
    await (await next()).install(shut)
    const second = await next()
    await second.install(shut)
    assert.equal(await packetOracle(crafter, () => false).isDropped(TO), true)
    plane = await next()
    await plane.install(EMPTY_MODEL)
    await hears(site.router, site.addressOf('right', 4))
    assert.equal(await packetOracle(crafter).isDropped(TO), false)
    assert.match(site.router.run('ip', '-6', 'route', 'show', 'dev', 'right'), /2001:db8:c::\/48 via/)
  })
})

async function hears(netns: Netns, address: string): Promise<void> {
  await eventually(`${address} to hear`, 10_000, () => {
    netns.run('bash', '-c', `echo >/dev/udp/${address}/9`)
    return netns.run('ip', 'neigh', 'show', 'to', address).includes('lladdr')
  })
}

function craftedFrom({
  source,
  destination,
  protocol,
  sourcePort,
  destinationPort,
  icmpType,
}: Packet): CraftedPacket {
  return {
    family: destination.includes(':') ? (6 as const) : (4 as const),
    proto: protocol,
    src: source,
    dst: destination,
    sport: sourcePort ?? 0,
    dport: destinationPort ?? 0,
    icmpType: icmpType ?? 0,
  }
}
