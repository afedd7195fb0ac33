import assert from 'node:assert/strict'
import { it } from 'node:test'
import { BY_HAND } from '../../test/helpers/blocks.ts'
import { deviceNamed, siteOf } from '../../test/helpers/inventory.ts'
import type { Block } from '../domain/block.ts'
import { readBlockSpec } from '../domain/block-request.ts'
import { parsePrefix } from '../domain/prefix.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { Placements } from './placements.ts'

/** A site that keeps this address reachable for blocked departments. */
function site(reachable: string): Inventory {
  return siteOf({
    own: [parsePrefix('10.0.0.0/8')],
    departments: [{ name: 'physics', prefixes: [parsePrefix('10.10.1.0/24')], users: 0 }],
    reachable: [{ name: 'portal', prefix: parsePrefix(reachable) }],
    devices: [deviceNamed('edge', { kinds: ['acl'], exceptions: true })],
  })
}

const SPEC = readBlockSpec({ target: 'department:physics', direction: 'from' }, () => true)
const keys = ({ placed }: ReturnType<Placements['place']>): string =>
  placed.map(({ rule }) => rule.key).join()

it('what devices were told is known until the record of the next inventory comes, also of two at once', () => {
  const placements = new Placements(site('192.0.2.1'), [
    { name: 'all', when: {}, use: [{ device: 'edge', as: 'acl' }] },
  ])
  placements.adopt(site('192.0.2.2'))
  placements.adopt(site('192.0.2.3'))
  assert.match(keys(placements.place({ ...SPEC, ...BY_HAND })), /192\.0\.2\.3/, 'decisions are by the last')
  assert.notEqual(placements.follow(), undefined)
  assert.match(
    keys(placements.before({ ...SPEC, ...BY_HAND })),
    /192\.0\.2\.1/,
    'the first is what stands on the devices',
  )
  assert.equal(placements.follow(), undefined, 'the record of the second finds everything in its place')
})

it('what a block was until an event is by the inventory that devices are told by, but for what the inventory itself did', () => {
  const placements = new Placements(site('192.0.2.1'), [
    { name: 'all', when: {}, use: [{ device: 'edge', as: 'acl' }] },
  ])
  placements.adopt(site('192.0.2.2'))
  placements.follow()
  const before = [parsePrefix('10.10.1.0/25')]
  const block: Block = {
    ...{ ...SPEC, id: 1, ...BY_HAND, reason: 'worm', createdAt: 0, until: null },
    ...{ wanted: 'on', version: 1, seenOn: [], expansion: [parsePrefix('10.10.1.0/24')] },
  }
  const record = { block: 1, by: 't1', expansion: block.expansion ?? [], before, why: '' }
  assert.match(
    keys(placements.until({ type: 'block.covers', ...record }, block)),
    /10\.10\.1\.0\/25.*192\.0\.2\.1/,
  )
  const agreement = { person: 'p1', digest: 'd', begins: true, until: null }
  const grown = placements.until({ type: 'block.approved', ...record, ...agreement }, block)
  assert.match(keys(grown), /10\.10\.1\.0\/25.*192\.0\.2\.2/)
})
