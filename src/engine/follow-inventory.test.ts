import assert from 'node:assert/strict'
import { it } from 'node:test'
import { EngineWorld } from '../../test/helpers/engine-world.ts'
import { created } from '../../test/helpers/events.ts'
import { siteOf } from '../../test/helpers/inventory.ts'
import { put } from '../../test/helpers/test-ledger.ts'
import { parsePrefix } from '../domain/prefix.ts'
import type { Inventory } from '../inventory/inventory.ts'

const DEPARTMENT = parsePrefix('10.10.1.0/24')
const SHRUNK = parsePrefix('10.10.1.0/25')

/** More than are placed anew without a pause come before the department. */
const HOSTS = 150

it('an inventory that comes while blocks still go where the one before says leaves no rule of either', async (t) => {
  const world = await EngineWorld.make(t, { a: {} })
  world.engine.start()
  await world.clock.advance(10)
  const { devices, own } = {
    devices: [...world.engine.devices.values()].map(({ device }) => device),
    own: '10.0.0.0/8',
  }
  const site = (reachable: string): Inventory =>
    siteOf({
      devices,
      own: [parsePrefix(own)],
      departments: [{ name: 'physics', prefixes: [DEPARTMENT], users: 0 }],
      reachable: [{ name: 'portal', prefix: parsePrefix(reachable) }],
    })
  const { placements } = world.engine
  const adopt = (reachable: string): void => placements.adopt(site(reachable))
  const loaded = (digest: string) => ({ type: 'inventory.loaded' as const, digest, by: 't1' })
  adopt('192.0.2.1')
  await world.put(loaded('one'))
  const hosts = Array.from({ length: HOSTS }, (_, host) =>
    world.block(host + 1, { target: { kind: 'host', prefix: parsePrefix(`10.20.0.${host}`) } }),
  )
  const id = HOSTS + 1
  await world.put(
    ...hosts,
    created(id, {
      direction: 'from',
      shape: { target: 'department' },
      target: { kind: 'department', name: 'physics' },
      expansion: [DEPARTMENT],
    }),
  )
  adopt('192.0.2.2')
  const first = put(world.ledger, [loaded('two')])
  // Comes within the first pause.
  world.clock.after(0, () => {
    adopt('192.0.2.3')
    const covers = { type: 'block.covers' as const, block: id, before: [DEPARTMENT], expansion: [SHRUNK] }
    void put(world.ledger, [loaded('three'), { ...covers, why: 'shrunk', by: 't1' }])
  })
  await world.clock.advance(1_000)
  await first
  const rules = [...(world.devices.get('a')?.rules.keys() ?? [])].filter((rule) => rule.includes('10.10.1.'))
  assert.deepEqual(rules.length, 1, rules.join('; '))
  assert.match(rules[0] ?? '', /10\.10\.1\.0\/25.*192\.0\.2\.3/)
})
