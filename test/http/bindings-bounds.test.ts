import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { App } from '../../src/app/context.ts'
import { followLeases } from '../../src/app/leases.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { DEFAULT_LIMITS } from '../../src/guards/limits.ts'
import { buildInventory } from '../../src/inventory/inventory.ts'
import type { AppOptions } from '../helpers/app.ts'
import { type Client, list, type Reply, startFace } from './face.ts'

const PC = '02:00:5e:10:00:01'
const OTHER = '02:00:5e:10:00:02'
const HOUR = 3_600_000
const BLOCK = { reason: 'scans', duration: '1h' }

interface Cast extends Client {
  at(ms: number): string
  feed(lines: readonly string[]): Promise<Reply>
}

/** A site of which physics (10.10.1.0/24) and 10.10.3.0/24 have changing addresses, whose blocks follow. */
async function cast(t: TestContext, options: AppOptions = {}): Promise<Cast> {
  const client = await startFace(t, options)
  const { app, send } = client
  const ranges = ['10.10.1.0/24', '10.10.3.0/24'].map((text) => {
    return { prefix: parsePrefix(text), kind: 'dhcp', users: 1, lease: 'follow' } as const
  })
  app.change((lists) => ({ ...lists, addresses: [...lists.addresses, ...ranges] }))
  assert.equal((await send('POST', '/v1/inventory:reload')).status, 200)
  const headers = { 'content-type': 'text/csv' }
  return {
    ...client,
    at: (ms) => new Date(app.clock.now() + ms).toISOString(),
    feed: async (lines) => {
      const body = ['address,from,until,mac', ...lines].join('\n')
      const taken = await send('POST', '/v1/bindings:import?format=csv&source=dhcp', { body, headers })
      assert.equal(String(taken.json['taken']), 'true', taken.text)
      return taken
    },
  }
}

const codes = (reply: Reply): string[] => list(reply.json['refusals']).map(({ code }) => String(code))

test('a feed that names an address of others takes no block there', async (t) => {
  const c = await cast(t)
  await c.feed([`10.10.3.7,${c.at(-2 * HOUR)},,${PC}`])
  const made = await c.block({ ...BLOCK, target: '10.10.3.7', detectedAt: c.at(-1.5 * HOUR) })
  assert.equal(made.status, 201, made.text)
  await c.feed([`10.10.3.7,${c.at(-2 * HOUR)},${c.at(-HOUR)},${PC}`, `198.51.100.9,${c.at(-HOUR)},,${PC}`])
  await followLeases(c.app)
  const shown = await c.send('GET', `/v1/blocks/${String(made.json['id'])}`)
  assert.equal(String(shown.json['target']), '10.10.3.7/32')
  assert.match(String(shown.json['flag']), /not of this site/)
  const again = await c.block({ ...BLOCK, target: '10.10.3.7', detectedAt: c.at(-1.5 * HOUR) })
  assert.deepEqual([again.status, codes(again)], [422, ['binding-moved']])
})

test('who is bound to departments learns nothing of who had an address elsewhere, or went there', async (t) => {
  const c = await cast(t)
  const eve = await c.app.person('Eve', ['analyst'], ['physics'])
  const within = { targets: [parsePrefix('10.10.1.0/24')] }
  const machine = await c.app.machine({ bounds: within })
  await c.feed([
    `10.10.3.7,${c.at(-2 * HOUR)},${c.at(-HOUR)},${PC}`,
    `10.10.1.9,${c.at(-HOUR)},,${PC}`,
    `10.10.3.8,${c.at(-3 * HOUR)},,${PC}`,
    `10.10.3.8,${c.at(-3 * HOUR)},,${OTHER}`,
    `10.10.1.20,${c.at(-2 * HOUR)},${c.at(-HOUR)},${OTHER}`,
  ])
  const then = { detectedAt: c.at(-1.5 * HOUR), evidence: 'established' }
  for (const [as, code] of [
    [eve, 'outside-departments'],
    [machine, 'bounds-target'],
  ] as const) {
    for (const target of ['10.10.3.7', '10.10.3.8']) {
      const plan = await c.send('POST', '/v1/blocks:dryRun', { as, body: { ...BLOCK, target, ...then } })
      assert.deepEqual([String(plan.json['target']), codes(plan)], [`${target}/32`, [code]], plan.text)
      assert.deepEqual(codes(await c.block({ ...BLOCK, target, ...then }, { as })), [code])
    }
    const gone = await c.send('POST', '/v1/blocks:dryRun', {
      as,
      body: { ...BLOCK, target: '10.10.1.20', ...then },
    })
    assert.deepEqual([String(gone.json['target']), codes(gone)], ['10.10.1.20/32', ['binding-moved']])
    assert.ok(!gone.text.includes('10.10.3.8'), gone.text)
  }
})

test('a block does not follow to what became protected meanwhile', async (t) => {
  const c = await cast(t)
  await c.feed([`10.10.3.7,${c.at(-2 * HOUR)},,${PC}`])
  const made = await c.block({ ...BLOCK, target: '10.10.3.7' })
  await c.app.leases.book.take({
    text: `address,from,until,mac\n10.10.3.7,${c.at(-2 * HOUR)},${c.at(-1)},${PC}\n10.10.3.9,${c.at(-1)},,${PC}`,
    ...{ format: 'csv', source: 'dhcp', takeRest: false },
  })
  const entry = { prefix: parsePrefix('10.10.3.9/32'), role: 'any', name: 'new resolver' } as const
  const { lists } = c.app.site
  const later = buildInventory({ ...lists, protected: [...lists.protected, entry] })
  const { ledger } = c.app
  const app: App = {
    ...c.app,
    ledger: Object.assign(Object.create(ledger) as typeof ledger, {
      settled: () => ledger.settled(),
      commit: (...given: Parameters<typeof ledger.commit>) => {
        app.inventory = later
        return ledger.commit(...given)
      },
    }),
  }
  Object.defineProperty(app.ledger, 'head', { value: ledger.head })
  await followLeases(app)
  const shown = await c.send('GET', `/v1/blocks/${String(made.json['id'])}`)
  assert.equal(String(shown.json['target']), '10.10.3.7/32')
})

test('nobody agrees to an address that was not in the plan they saw', async (t) => {
  const { roles } = DEFAULT_LIMITS
  const c = await cast(t, { limits: { roles: { ...roles, analyst: { departmentShare: 0.005 } } } })
  const [ann, bob] = [await c.app.person('Ann', ['analyst']), await c.app.person('Bob', ['approver'])]
  await c.feed([`10.10.1.7,${c.at(-2 * HOUR)},,${PC}`])
  assert.equal((await c.block({ ...BLOCK, target: '10.10.1.99' }, { as: ann })).status, 201)
  const asked = await c.block({ ...BLOCK, target: '10.10.1.7' }, { as: ann })
  const url = `/v1/blocks/${String(asked.json['id'])}`
  assert.equal(String(asked.json['wanted']), 'proposed', asked.text)
  const digest = String(asked.json['proposal']?.['digest'])
  await c.feed([`10.10.1.7,${c.at(-2 * HOUR)},${c.at(-HOUR)},${PC}`, `10.10.1.9,${c.at(-HOUR)},,${PC}`])
  await followLeases(c.app)
  const moved = await c.send('GET', url)
  assert.equal(String(moved.json['target']), '10.10.1.9/32')
  const approve = async (as: string, of: string) =>
    String((await c.send('POST', `${url}:approve`, { as, body: { digest: of } })).json['code'])
  assert.equal(await approve(bob, digest), 'plan-changed')
  const fresh = String((await c.send('GET', `${url}/plan`)).json['digest'])
  assert.equal(await approve(bob, fresh), 'plan-changed', 'nobody has proposed that yet')
  assert.equal(c.app.devices.get('edge-1')?.rules.size, 2, 'of the other block alone')
})
