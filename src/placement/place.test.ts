import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BY_HAND } from '../../test/helpers/blocks.ts'
import { deviceNamed, prefixes, siteOf } from '../../test/helpers/inventory.ts'
import { type BlockRequest, readBlockSpec } from '../domain/block-request.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { type Inventory, isOwn } from '../inventory/inventory.ts'
import { expandTarget } from './expand.ts'
import { place } from './place.ts'
import type { PlacementRule } from './table.ts'

const ONLY_RTBH = { kinds: ['d-rtbh', 's-rtbh'], actions: ['drop'] } as const

const SITE = siteOf({
  own: prefixes('10.0.0.0/16'),
  departments: [
    { name: 'physics', prefixes: prefixes('10.0.1.0/28'), users: 10 },
    { name: 'guarded', prefixes: prefixes('10.0.2.0/30'), users: 10 },
  ],
  protected: [
    { prefix: parsePrefix('10.0.1.4/32'), role: 'source', name: 'printer' },
    { prefix: parsePrefix('10.0.2.0/24'), role: 'any', name: 'everything' },
  ],
  devices: [
    deviceNamed('filter'),
    deviceNamed('speaker', ONLY_RTBH, { urpf: false }),
    deviceNamed('old', { components: ['protocol'] }),
    deviceNamed('portly', { components: ['protocol', 'sourcePort'] }),
  ],
  ingress: [{ name: 'upstream', coveredBy: ['filter'] }],
})

function placed(request: BlockRequest, use: PlacementRule['use'], site: Inventory = SITE) {
  const spec = readBlockSpec(request, (prefix) => isOwn(site, prefix))
  const {
    placed: rules,
    gaps,
    widened,
  } = place({ ...spec, ...BY_HAND }, site, [{ name: 'all', when: {}, use }])
  return {
    keys: rules.map(({ rule }) => rule.key),
    gaps: gaps.map(({ code, why }) => `${code}: ${why}`),
    widened,
  }
}

describe('placing a block', () => {
  const narrow = {
    target: '10.0.0.1',
    direction: 'to',
    match: { protocol: 'udp', destinationPort: '53' },
  } as const

  it('a match never becomes a whole host unless that is permitted, and is told then', () => {
    const use = [{ device: 'speaker', as: 'd-rtbh' }] as const
    const refused = placed(narrow, use)
    assert.deepEqual(refused.keys, [])
    assert.match(refused.gaps[0] ?? '', /^would-widen/)
    const permitted = placed({ ...narrow, collateral: ['whole-host'] }, use)
    assert.deepEqual([permitted.keys, permitted.widened], [['d-rtbh local 10.0.0.1/32'], ['whole-host']])
  })

  it('a component that a device cannot match is a gap with its name', () => {
    const { keys, gaps } = placed(narrow, [{ device: 'old', as: 'acl' }])
    assert.deepEqual(keys, [])
    assert.equal(gaps[0], 'unsupported: it cannot match destinationPort')
  })

  it('one direction never becomes two', () => {
    const use = [{ device: 'filter', as: 'acl' }] as const
    assert.deepEqual(placed({ target: '10.0.0.1', direction: 'to' }, use).keys, [
      'acl4 destination=10.0.0.1/32',
    ])
    assert.deepEqual(placed({ target: '10.0.0.1', direction: 'from' }, use).keys, ['acl4 source=10.0.0.1/32'])
    assert.equal(placed({ target: '10.0.0.1', direction: 'both' }, use).keys.length, 2)
  })

  it("the other end of a match stays the other end (another's source is not the target)", () => {
    const request = { target: '10.0.0.1', direction: 'to', match: { source: '10.0.1.0/28' } } as const
    assert.deepEqual(placed(request, [{ device: 'filter', as: 'acl' }]).keys, [
      'acl4 destination=10.0.0.1/32 source=10.0.1.0/28',
    ])
  })

  it('a prefix is enforced as it is where it can be, as its hosts where there are few, or not at all', () => {
    const use = (device: string, as: 'acl' | 'd-rtbh') => [{ device, as }]
    const to = (target: string) => ({ target, direction: 'to' as const })
    assert.deepEqual(placed(to('10.0.0.0/28'), use('filter', 'acl')).keys, ['acl4 destination=10.0.0.0/28'])
    assert.equal(placed(to('10.0.0.0/28'), use('speaker', 'd-rtbh')).keys.length, 16)
    const wide = placed(to('10.0.0.0/27'), use('speaker', 'd-rtbh'))
    assert.deepEqual(wide.keys, [])
    assert.match(wide.gaps[0] ?? '', /at most 16/)
  })

  it('a source blackhole needs uRPF, and a rate no blackhole can have', () => {
    const from = { target: '10.0.0.1', direction: 'from' } as const
    assert.match(placed(from, [{ device: 'speaker', as: 's-rtbh' }]).gaps[0] ?? '', /uRPF/)
    const limited = { ...from, action: { rateLimit: 1_000 } }
    assert.deepEqual(placed(limited, [{ device: 'speaker', as: 's-rtbh' }]).keys, [])
  })

  it('a blackhole behind uRPF stops both directions, which has to be permitted', () => {
    const site = siteOf({
      own: prefixes('10.0.0.0/16'),
      devices: [deviceNamed('speaker', ONLY_RTBH, { urpf: true })],
    })
    const use = [
      { device: 'speaker', as: 'd-rtbh' },
      { device: 'speaker', as: 's-rtbh' },
    ] as const
    for (const direction of ['to', 'from'] as const) {
      assert.match(placed({ target: '10.0.0.1', direction }, use, site).gaps[0] ?? '', /^would-widen: uRPF/)
      const permitted = { target: '10.0.0.1', direction, collateral: ['both-directions'] } as const
      assert.deepEqual(placed(permitted, use, site).widened, ['both-directions'])
    }
    const both = placed({ target: '10.0.0.1', direction: 'both' }, use, site)
    assert.deepEqual(both.keys, ['d-rtbh local 10.0.0.1/32', 's-rtbh local 10.0.0.1/32'])
    assert.deepEqual(both.widened, [])
  })

  it('a blackhole of an outside prefix has the scope external, or is not placed', () => {
    const use = [{ device: 'speaker', as: 'd-rtbh' }] as const
    const to = { target: '198.51.100.7', direction: 'to' } as const
    assert.deepEqual(placed(to, use).keys, ['d-rtbh external 198.51.100.7/32'])
    const bounded = siteOf({
      own: prefixes('10.0.0.0/16'),
      devices: [deviceNamed('speaker', { ...ONLY_RTBH, scopes: ['local'] }, { urpf: false })],
    })
    assert.match(placed(to, use, bounded).gaps[0] ?? '', /^unsupported: .*scope external is not configured/)
    assert.deepEqual(placed({ ...to, target: '10.0.0.1' }, use, bounded).keys, ['d-rtbh local 10.0.0.1/32'])
  })

  it('fragments carry no ports: an amplification is blocked with them, else it is told or asked for', () => {
    const use = [{ device: 'filter', as: 'flow' }] as const
    const ntp = { target: '10.0.0.1', direction: 'to', match: { protocol: 'udp', sourcePort: 123 } } as const
    const main = 'flow4 destination=10.0.0.1/32 protocol=17 source-port=123'
    const companion = 'flow4 destination=10.0.0.1/32 protocol=17 fragment=is-fragment'
    const blocked = placed(ntp, use)
    assert.deepEqual([blocked.keys, blocked.widened, blocked.gaps], [[main, companion], ['fragments'], []])
    const oneFlow = { ...ntp, match: { protocol: 'udp', sourcePort: 123, destinationPort: 4_000 } } as const
    assert.deepEqual(placed(oneFlow, use).widened, [], 'one flow is no amplification')
    const only = placed({ ...ntp, collateral: [] }, use)
    assert.deepEqual([only.keys, only.widened], [[main], []])
    assert.match(only.gaps[0] ?? '', /^fragments-pass: later fragments carry no ports/)
    const asked = placed({ ...narrow, collateral: ['fragments'] }, use)
    assert.deepEqual(asked.keys, ['flow4 destination=10.0.0.1/32 protocol=17 destination-port=53', companion])
    const tcp = {
      target: '10.0.0.1',
      direction: 'to',
      match: { destinationPort: 22, protocol: 'tcp' },
    } as const
    assert.deepEqual(placed(tcp, use).gaps, [], 'a segment without its beginning reaches nobody')
    const blind = placed({ ...ntp, match: { protocol: 'udp', sourcePort: 123 } }, [
      { device: 'portly', as: 'acl' },
    ])
    assert.equal(blind.gaps[0], 'fragments-pass: it cannot match fragment')
  })

  it('a router that validates gets source rules with every destination (RFC 8955 §6)', () => {
    const site = siteOf({
      own: prefixes('10.0.0.0/16', '10.2.0.0/16', '2001:db8::/32'),
      devices: [deviceNamed('filter', { needsDestination: true })],
    })
    const use = [{ device: 'filter', as: 'flow' }] as const
    assert.deepEqual(placed({ target: '198.51.100.7' }, use, site).keys, [
      'flow4 destination=10.0.0.0/16 source=198.51.100.7/32',
      'flow4 destination=10.2.0.0/16 source=198.51.100.7/32',
    ])
    assert.deepEqual(placed({ target: '10.0.0.1', direction: 'from' }, use, site).keys, [
      'flow4 destination=0.0.0.0/1 source=10.0.0.1/32',
      'flow4 destination=128.0.0.0/1 source=10.0.0.1/32',
    ])
    assert.deepEqual(placed({ target: '10.0.0.1', direction: 'to' }, use, site).keys, [
      'flow4 destination=10.0.0.1/32',
    ])
  })

  it('a source of a family in which the site has no space is a gap there, and covers nothing', () => {
    const site = siteOf({
      own: prefixes('10.0.0.0/16'),
      devices: [deviceNamed('filter', { needsDestination: true })],
      ingress: [{ name: 'upstream', coveredBy: ['filter'] }],
    })
    const { keys, gaps } = placed({ target: '2001:db8::1' }, [{ device: 'filter', as: 'flow' }], site)
    assert.deepEqual(keys, [])
    assert.match(
      gaps[0] ?? '',
      /^unsupported: its routers want a destination, and the site has no IPv6 space/,
    )
    assert.match(gaps[1] ?? '', /^uncovered-ingress/)
  })

  it('redirects only to places that the device lists', () => {
    const use = [{ device: 'filter', as: 'flow' }] as const
    const to = (redirect: string) =>
      placed({ target: '10.0.0.1', direction: 'to', action: { redirect } }, use)
    assert.equal(to('scrubber').keys.length, 1)
    assert.equal(to('moon').gaps[0], "unsupported: it has no place 'moon' to redirect to; known: scrubber")
  })

  it("what none of a device's routers takes is a gap", () => {
    const site = siteOf({
      own: prefixes('10.0.0.0/16'),
      devices: [
        deviceNamed(
          'filter',
          {
            neighbours: [
              { name: 'r1', unicast: [4, 6], flow: [], scopes: ['local'] },
              { name: 'r2', unicast: [], flow: [6], scopes: ['local'] },
            ],
          },
          { urpf: false },
        ),
      ],
    })
    const use = (as: 'flow' | 'd-rtbh') => [{ device: 'filter', as }] as const
    const to = { target: '10.0.0.1', direction: 'to' } as const
    assert.deepEqual(placed(to, use('flow'), site).gaps, [
      'unsupported: none of its routers takes IPv4 flow rules',
    ])
    assert.equal(placed(to, use('d-rtbh'), site).keys.length, 1)
  })

  it('says where traffic still comes in', () => {
    const { gaps } = placed({ target: '10.0.0.1', direction: 'to' }, [{ device: 'speaker', as: 'd-rtbh' }])
    assert.deepEqual(gaps, ['uncovered-ingress: no device at upstream stops traffic to the target'])
  })

  it('what policies and machines want goes where the table says, apart from what people ask for', () => {
    const spec = readBlockSpec({ target: '198.51.100.7' }, () => false)
    const use = [{ device: 'filter', as: 'acl' }] as const
    const table: PlacementRule[] = [
      { name: 'feeds', when: { policy: ['listed', 'dos-sources'] }, use },
      { name: 'machines', when: { origin: 'automatic' }, use },
      { name: 'people', when: { origin: 'person' }, use },
    ]
    const lineOf = (kind: 'person' | 'automatic', policy: string) =>
      place({ ...spec, origin: { kind, token: 't1' }, policy }, SITE, table).line
    assert.equal(lineOf('automatic', 'listed/known'), 'feeds')
    assert.equal(lineOf('automatic', 'listed-too/known'), 'machines')
    assert.equal(lineOf('automatic', 'manual'), 'machines')
    assert.equal(lineOf('person', 'manual'), 'people')
  })

  it('a block that no line fits and a device that is not there are gaps', () => {
    const spec = readBlockSpec({ target: '10.0.0.1' }, () => true)
    assert.equal(place({ ...spec, ...BY_HAND }, SITE, []).gaps[0]?.code, 'no-placement')
    assert.match(
      placed({ target: '10.0.0.1' }, [{ device: 'gone', as: 'acl' }]).gaps[0] ?? '',
      /not in the inventory/,
    )
  })
})

describe('expanding a department', () => {
  const expand = (name: string, direction: 'to' | 'from') =>
    expandTarget({ target: { kind: 'department', name }, direction }, SITE)

  it('carves out what is protected in the role that is hit, visibly', () => {
    const from = expand('physics', 'from')
    assert.deepEqual(from.prefixes, prefixes('10.0.1.0/30', '10.0.1.5/32', '10.0.1.6/31', '10.0.1.8/29'))
    assert.deepEqual(
      from.carvedOut.map(({ name }) => name),
      ['printer'],
    )
    assert.deepEqual(expand('physics', 'to').prefixes, prefixes('10.0.1.0/28'))
  })

  it('leaves nothing of one that is protected as a whole, and of one that is not there', () => {
    assert.deepEqual(expand('guarded', 'to').prefixes, [])
    assert.deepEqual(expand('nobody', 'to').prefixes, [])
  })
})
