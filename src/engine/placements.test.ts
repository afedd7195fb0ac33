import assert from 'node:assert/strict'
import { it } from 'node:test'
import { deviceNamed, siteOf } from '../../test/helpers/inventory.ts'
import { readBlockSpec } from '../domain/block.ts'
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
  assert.match(keys(placements.place(SPEC)), /192\.0\.2\.3/, 'decisions are by the last')
  assert.equal(placements.follow(), true)
  assert.match(keys(placements.before(SPEC)), /192\.0\.2\.1/, 'the first is what stands on the devices')
  assert.equal(placements.follow(), false, 'the record of the second finds everything in its place')
})
