import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../../test/helpers/property.ts'
import { ICMP, type Packet, TCP, UDP } from '../filters.ts'
import { type Bench, bench, OUTSIDE, typist } from './testing/bench.ts'
import { modelOf } from './to-model.ts'

const octet = fc.integer({ min: 0, max: 255 })
const address4 = fc.tuple(octet, octet).map(([third, last]) => `192.0.${third}.${last}`)
const address6 = fc.tuple(octet, octet).map(([a, b]) => `2001:db8:${a.toString(16)}::${b.toString(16)}`)
const length = fc.integer({ min: 1, max: 32 })
const mask = length.map((bits) => dotted(2 ** 32 - 2 ** (32 - bits)))
const wildcard = length.map((bits) => dotted(2 ** (32 - bits) - 1))
const member = fc.oneof(
  address4.map((one) => `host ${one}`),
  fc.tuple(address4, mask).map((words) => words.join(' ')),
)
const end4 = fc.oneof(
  fc.constant('any'),
  fc.constant('object-group G'),
  address4.map((one) => `host ${one}`),
  fc.tuple(address4, wildcard).map((words) => words.join(' ')),
)
const end6 = fc.oneof(
  fc.constant('any'),
  address6.map((one) => `host ${one}`),
  fc.tuple(address6, fc.integer({ min: 0, max: 128 })).map((words) => words.join('/')),
)
const ports = fc.oneof(
  fc.constant(''),
  fc.constantFrom('eq 80', 'eq domain', 'eq 65535', 'range 0 1023').map((text) => ` ${text}`),
)
const rule = (end: fc.Arbitrary<string>, ip: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('permit', 'deny'),
      fc.oneof(
        fc
          .tuple(fc.constantFrom('tcp', 'udp'), end, ports, end, ports)
          .map(([p, s, sp, d, dp]) => `${p} ${s}${sp} ${d}${dp}`),
        fc.tuple(fc.constantFrom(ip, '47', '6'), end, end).map((words) => words.join(' ')),
        fc
          .tuple(end, end, fc.constantFrom('', ' 3', ' echo-reply'))
          .map(([s, d, type]) => `icmp ${s} ${d}${type}`),
      ),
    )
    .map((words) => words.join(' '))
const number = fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined })
const line4 = fc.tuple(number, rule(end4, 'ip')).map(([seq = '', text]) => `${seq} ${text}`)
const line6 = fc
  .tuple(number, rule(end6, 'ipv6'))
  .map(([seq, text]) => (seq === undefined ? text : `sequence ${seq} ${text}`))
const interfaceLine = fc.constantFrom(
  ...['shutdown', 'no shutdown', 'description towards  all', 'ip access-group A in', 'ip access-group A out'],
  ...[
    'ipv6 traffic-filter B in',
    'no ip access-group in',
    'ip address 192.0.2.1 255.255.255.252',
    'ipv6 address 2001:db8::1/64',
  ],
)
const neighbourLine = fc
  .tuple(fc.oneof(address4, address6), fc.constantFrom('remote-as 65020', 'shutdown', 'description a site'))
  .map((words) => `neighbor ${words.join(' ')}`)

/** Lines of a configuration, some of which the router refuses. */
const configurations = fc
  .tuple(
    fc.array(member, { minLength: 1, maxLength: 8 }),
    fc.array(line4, { maxLength: 8 }),
    fc.array(line6, { maxLength: 8 }),
    fc.array(interfaceLine, { maxLength: 6 }),
    fc.array(neighbourLine, { maxLength: 6 }),
  )
  .map(([members, list4, list6, ofInterface, neighbours]) => [
    ...['hostname r7', 'object-group network G', 'description What we block', ...members],
    ...['ip access-list extended A', 'remark of all', ...list4, 'ipv6 access-list B', ...list6],
    ...['interface gi0/0/0', ...ofInterface, 'router bgp 65010', ...neighbours],
  ])

describe('a configuration', () => {
  test('that is shown and typed again is the same, and so is what packets meet', async () => {
    await holds(
      fc.asyncProperty(configurations, async (lines) => {
        const first = bench()
        await typist(first).type('configure terminal', ...lines)
        const second = bench()
        await typist(second).type('configure terminal', ...first.config().split('\n'))
        assert.equal(second.config(), first.config())
        assert.deepEqual(modelOf(second.system.config), modelOf(first.system.config))
      }),
      150,
    )
  })

  test('loses every line that is typed with a "no" before it', async () => {
    await holds(
      fc.asyncProperty(
        fc.array(line4, { maxLength: 8 }),
        fc.array(line6, { maxLength: 8 }),
        async (list4, list6) => {
          const world = bench()
          const { type } = typist(world)
          await type('conf t', 'object-group network G', 'host 192.0.2.255')
          await type('ip access-list extended A', ...list4, ...list4.map((line) => `no ${line}`))
          await type('ipv6 access-list B', ...list6, ...list6.map((line) => `no ${line}`))
          assert.deepEqual([...(world.system.config.lists[4].get('A')?.keys() ?? [])], [])
          assert.deepEqual([...(world.system.config.lists[6].get('B')?.keys() ?? [])], [])
        },
      ),
      60,
    )
  })
})

const V4 = { source: '198.51.100.1', destination: '192.0.2.1' }
const V6 = { source: '2001:db8:f00::1', destination: '2001:db8::1' }

describe('what packets meet', () => {
  test('is the first line that fits, and then the end of the list', async () => {
    const world = await router(
      ...['object-group network G', 'host 192.0.2.1', '198.51.100.0/28', 'ip access-list extended A'],
      ...[
        'permit tcp any any eq bgp',
        'permit tcp any eq bgp any',
        'deny ip any object-group G',
        'deny ip object-group G any',
      ],
      ...[
        'permit udp 192.0.2.0 0.0.0.255 range 1000 2000 any',
        'permit icmp any any echo',
        'interface gi0/0/0',
      ],
      'ip access-group A in',
    )
    const other = { source: '192.0.2.7', destination: '192.0.2.9' }
    const cases: readonly [boolean, Partial<Packet>][] = [
      [false, { ...V4, protocol: TCP, sourcePort: 9, destinationPort: 179 }],
      [false, { ...V4, protocol: TCP, sourcePort: 179, destinationPort: 9 }],
      [true, { ...V4, protocol: UDP, sourcePort: 179, destinationPort: 179 }],
      [
        true,
        {
          source: '198.51.100.15',
          destination: '192.0.2.9',
          protocol: UDP,
          sourcePort: 1,
          destinationPort: 1,
        },
      ],
      [false, { ...other, protocol: UDP, sourcePort: 1000, destinationPort: 1 }],
      [true, { ...other, protocol: UDP, sourcePort: 2001, destinationPort: 1 }],
      [false, { ...other, protocol: ICMP[4], icmpType: 8 }],
      [true, { ...other, protocol: ICMP[4], icmpType: 0 }],
      [false, { ...V6, protocol: UDP }],
    ]
    for (const [isDropped, packet] of cases) {
      assert.equal(world.isDropped({ ...V4, ...packet }), isDropped, JSON.stringify(packet))
    }
  })

  test('lets all pass without a rule: no list, an empty one, or remarks alone', async () => {
    const world = await router('interface gi0/0/0', 'ip access-group A in', 'ipv6 traffic-filter B in')
    assert.equal(world.isDropped(V4), false)
    const { type } = typist(world)
    await type('conf t', 'ip access-list extended A', 'remark soon', 'ipv6 access-list B', 'remark soon')
    assert.deepEqual([world.isDropped(V4), world.isDropped(V6)], [false, false])
    await type('ip access-list extended A', 'permit tcp any any', 'ipv6 access-list B', 'permit tcp any any')
    assert.deepEqual([world.isDropped(V4), world.isDropped(V6)], [true, true])
    await type('no permit tcp any any', 'no ip access-list extended A')
    assert.deepEqual([world.isDropped(V4), world.isDropped(V6)], [false, false])
  })

  test('finds neighbours of IPv6 before the end of a list, but behind a deny of all', async () => {
    const world = await router(
      ...['ipv6 access-list B', 'permit tcp any any', 'interface gi0/0/0'],
      'ipv6 traffic-filter B in',
    )
    const meets = (icmpType: number): boolean => world.isDropped({ ...V6, protocol: ICMP[6], icmpType })
    assert.deepEqual([135, 136, 134, 2].map(meets), [false, false, true, true])
    await typist(world).type(
      'conf t',
      'ipv6 access-list B',
      'permit icmp any any packet-too-big',
      'deny ipv6 any any',
    )
    assert.deepEqual([135, 136, 134, 2].map(meets), [true, true, true, false])
  })

  test('is nothing through an interface that is shut', async () => {
    const world = await router('interface gi0/0/1', 'shutdown')
    assert.equal(world.isDropped(V4), true)
    await typist(world).type('conf t', 'interface gi0/0/1', 'no shutdown')
    assert.equal(world.isDropped(V4), false)
    assert.equal(world.isDropped({ ...V4, in: OUTSIDE }), false)
  })

  test('is as before when a change was only said to be made', async () => {
    const world = await router(
      ...[
        'object-group network G',
        'host 192.0.2.255',
        'ip access-list extended A',
        'deny ip any object-group G',
      ],
      ...['permit ip any any', 'interface gi0/0/0', 'ip access-group A in'],
    )
    world.faults.arm({ kind: 'false-ok' })
    const { type } = typist(world)
    assert.deepEqual(await type('conf t', 'object-group network G', 'host 192.0.2.1'), [])
    assert.equal(world.isDropped(V4), false)
    assert.deepEqual(await type('do show object-group G'), [
      'Network object group G',
      ' host 192.0.2.255',
      '',
    ])
    await type('host 192.0.2.1')
    assert.equal(world.isDropped(V4), true)
  })
})

async function router(...lines: readonly string[]): Promise<Bench> {
  const world = bench()
  await typist(world).type('configure terminal', ...lines)
  return world
}

function dotted(bits: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join('.')
}
