import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deviceNamed, prefixes, siteOf } from '../../test/helpers/inventory.ts'
import { type BlockRequest, readBlockSpec } from '../domain/block.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { type Inventory, isOwn } from '../inventory/inventory.ts'
import { expandTarget } from './expand.ts'
import { place } from './place.ts'
import type { PlacementRule } from './table.ts'

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
    deviceNamed('speaker', { kinds: ['d-rtbh', 's-rtbh'], actions: ['drop'] }, { urpf: false }),
    deviceNamed('old', { components: ['protocol'] }),
  ],
  ingress: [{ name: 'upstream', coveredBy: ['filter'] }],
})

function placed(request: BlockRequest, use: PlacementRule['use'], site: Inventory = SITE) {
  const spec = readBlockSpec(request, (prefix) => isOwn(site, prefix))
  const { placed: rules, gaps, widened } = place(spec, site, [{ name: 'all', when: {}, use }])
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

  it('says where traffic still comes in', () => {
    const { gaps } = placed({ target: '10.0.0.1', direction: 'to' }, [{ device: 'speaker', as: 'd-rtbh' }])
    assert.deepEqual(gaps, ['uncovered-ingress: no device at upstream stops traffic to the target'])
  })

  it('a block that no line fits and a device that is not there are gaps', () => {
    const spec = readBlockSpec({ target: '10.0.0.1' }, () => true)
    assert.equal(place(spec, SITE, []).gaps[0]?.code, 'no-placement')
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
