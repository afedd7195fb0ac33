import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BY_HAND } from '../../test/helpers/blocks.ts'
import { deviceNamed, prefixes, siteOf } from '../../test/helpers/inventory.ts'
import { type BlockRequest, readBlockSpec } from '../domain/block-request.ts'
import { parsePrefix } from '../domain/prefix.ts'
import type { RuleKind } from '../domain/rule.ts'
import { type Inventory, isOwn } from '../inventory/inventory.ts'
import { place } from './place.ts'
import type { PlacementRule } from './table.ts'

const ONLY_RTBH = { kinds: ['d-rtbh', 's-rtbh'], actions: ['drop'] } as const

function placed(request: BlockRequest, use: PlacementRule['use'], site: Inventory) {
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

describe('what stays reachable for a blocked department', () => {
  const site = siteOf({
    own: prefixes('10.0.0.0/16', '2001:db8::/32'),
    departments: [
      { name: 'physics', prefixes: prefixes('10.0.1.0/29', '2001:db8:1::/48'), users: 10 },
      { name: 'library', prefixes: prefixes('10.0.8.0/24'), users: 10 },
    ],
    connections: [{ name: 'museum', prefixes: prefixes('10.0.3.0/24'), attachments: [] }],
    reachable: [
      { name: 'portal', prefix: parsePrefix('10.0.8.1/32') },
      { name: 'portal', prefix: parsePrefix('2001:db8:8::1/128') },
      { name: 'mirrors', prefix: parsePrefix('10.0.8.0/25') },
      { name: 'resolver', prefix: parsePrefix('10.0.9.53/32') },
    ],
    devices: [
      deviceNamed('filter'),
      deviceNamed('plain', { exceptions: false }),
      deviceNamed('speaker', ONLY_RTBH, { urpf: true }),
    ],
  })
  const use = (device: string, as: RuleKind) => [{ device, as }]
  const physics = { target: 'department:physics' } as const

  it('is left out of every rule by family, at the other end', () => {
    const { keys, gaps, widened } = placed(physics, use('filter', 'acl'), site)
    assert.deepEqual(keys, [
      'acl4 destination=10.0.1.0/29 except=10.0.8.0/25,10.0.9.53/32 keep=control',
      'acl4 source=10.0.1.0/29 except=10.0.8.0/25,10.0.9.53/32 keep=control',
      'acl6 destination=2001:db8:1::/48 except=2001:db8:8::1/128 keep=control',
      'acl6 source=2001:db8:1::/48 except=2001:db8:8::1/128 keep=control',
    ])
    assert.deepEqual([gaps, widened], [[], []])
    assert.deepEqual(
      placed({ target: 'connection:museum', direction: 'to' }, use('filter', 'acl'), site).keys,
      ['acl4 destination=10.0.3.0/24 except=10.0.8.0/25,10.0.9.53/32 keep=control'],
    )
  })

  it('is only what the block is not about itself', () => {
    const library = { target: 'department:library', direction: 'from' } as const
    assert.deepEqual(placed(library, use('filter', 'acl'), site).keys, [
      'acl4 source=10.0.8.0/24 except=10.0.9.53/32 keep=control',
    ])
    const within = siteOf({
      departments: [{ name: 'physics', prefixes: prefixes('10.0.1.0/29'), users: 10 }],
      reachable: [{ name: 'campus', prefix: parsePrefix('10.0.0.0/23') }],
      devices: [deviceNamed('filter')],
    })
    assert.deepEqual(placed({ ...physics, direction: 'to' }, use('filter', 'acl'), within).keys, [
      'acl4 destination=10.0.1.0/29 except=' +
        '10.0.0.0/24,10.0.1.8/29,10.0.1.16/28,10.0.1.32/27,10.0.1.64/26,10.0.1.128/25 keep=control',
    ])
  })

  it('is nothing for a host, whoever it belongs to, and for a mark, which stops nobody', () => {
    assert.deepEqual(placed({ target: '10.0.1.1', direction: 'to' }, use('filter', 'acl'), site).keys, [
      'acl4 destination=10.0.1.1/32',
    ])
    const marked = { ...physics, action: { mark: 8 } } as const
    assert.deepEqual(placed(marked, use('plain', 'acl'), site).gaps, [])
    assert.ok(placed(marked, use('filter', 'acl'), site).keys.every((key) => !key.includes('except')))
  })

  for (const [device, kind, said] of [
    ['plain', 'acl', 'its access lists make no exceptions and would cut off mirrors, portal, resolver too'],
    ['filter', 'flow', 'a flow rule makes no exceptions and would cut off mirrors, portal, resolver too'],
    [
      'speaker',
      'd-rtbh',
      'a d-rtbh rule makes no exceptions and would cut off mirrors, portal, resolver too',
    ],
  ] as const)
    it(`is cut off by ${kind} on ${device} only where the block permits it`, () => {
      const refused = placed(physics, use(device, kind), site)
      assert.deepEqual(refused.keys, [])
      assert.equal(refused.gaps[0], `would-widen: ${said}; permit collateral reachable-too if that is meant`)
      const ways = kind === 'd-rtbh' ? 1 : 2
      assert.equal(refused.gaps.filter((gap) => gap.startsWith('would-widen')).length, ways, 'once a way')
      const permitted = placed({ ...physics, collateral: ['reachable-too'] }, use(device, kind), site)
      assert.ok(
        permitted.keys.includes(
          {
            acl: 'acl4 source=10.0.1.0/29 keep=control',
            flow: 'flow4 source=10.0.1.0/29',
            'd-rtbh': 'd-rtbh local 10.0.1.1/32',
          }[kind],
        ),
      )
      assert.deepEqual(permitted.widened, ['reachable-too'])
    })

  it('is not said to be cut off where nothing is placed, nor where the device makes exceptions', () => {
    const permitted = { ...physics, collateral: ['reachable-too'] } as const
    const limited = placed({ ...permitted, action: { rateLimit: 1_000 } }, use('speaker', 'd-rtbh'), site)
    assert.deepEqual([limited.keys, limited.widened], [[], []])
    const { keys, widened } = placed(permitted, use('filter', 'acl'), site)
    assert.deepEqual([keys.length, widened], [4, []])
  })

  it('is left out by one device and cut off by another in the same block', () => {
    const { keys } = placed(
      { ...physics, direction: 'to', collateral: ['reachable-too'] },
      [...use('filter', 'acl'), ...use('plain', 'acl')],
      site,
    )
    assert.deepEqual(
      keys.filter((key) => key.startsWith('acl4')),
      [
        'acl4 destination=10.0.1.0/29 except=10.0.8.0/25,10.0.9.53/32 keep=control',
        'acl4 destination=10.0.1.0/29 keep=control',
      ],
    )
  })
})
