import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { makeApp, type TestApp } from '../../test/helpers/app.ts'
import type { Block } from '../domain/block.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { inventoryDigest } from '../inventory/canonical.ts'
import { buildInventory, type InventoryLists } from '../inventory/inventory.ts'
import { approveBlock, declineBlock, proposeAgain } from './agree.ts'
import { createBlocks } from './create-blocks.ts'
import { showPlan } from './dry-run.ts'
import { reloadInventory, settleInventory } from './inventory.ts'
import type { NewBlock } from './prepare.ts'
import { releaseBlock } from './release-block.ts'
import type { Caller } from './rights.ts'
import { authenticate } from './tokens.ts'

const WIDE: NewBlock = { target: 'department:physics', reason: 'worm', duration: '1h' }

interface Cast {
  readonly app: TestApp
  readonly ann: Caller
  readonly bob: Caller
  readonly admin: Caller
}

async function cast(t: TestContext, options: Parameters<typeof makeApp>[0] = {}): Promise<Cast> {
  const app = await makeApp(options)
  t.after(() => app.close())
  const ann = authenticate(app, await app.person('Ann', ['analyst']))
  const bob = authenticate(app, await app.person('Bob', ['approver']))
  return { app, ann, bob, admin: authenticate(app, await app.root()) }
}

/** Physics with these prefixes instead of its own. */
function physics(...prefixes: string[]) {
  return (lists: InventoryLists): InventoryLists => ({
    ...lists,
    departments: lists.departments.map((one) =>
      one.name === 'physics' ? { ...one, prefixes: prefixes.map(parsePrefix) } : one,
    ),
  })
}

function protecting(...prefixes: string[]) {
  return (lists: InventoryLists): InventoryLists => ({
    ...lists,
    protected: [
      ...lists.protected,
      ...prefixes.map((prefix) => ({ prefix: parsePrefix(prefix), role: 'any' as const, name: 'clock' })),
    ],
  })
}

async function ask({ app, ann }: Cast, requests: readonly NewBlock[]): Promise<Block[]> {
  const { items } = await createBlocks(app, ann, requests, `key ${requests[0]?.target}`)
  return items.map((item) => {
    if (!item.ok) throw item.error
    return item.block
  })
}

async function agree({ app, bob }: Cast, id: number): Promise<Block> {
  const { digest } = await showPlan(app, bob, id)
  return approveBlock(app, bob, id, { digest })
}

async function blocked(c: Cast): Promise<number> {
  const [block] = await ask(c, [WIDE])
  await agree(c, block?.id ?? 0)
  await holds(c, /=10\.10\.1\.0\/24 /, 2)
  return block?.id ?? 0
}

/** Waits until a device holds so many rules like this. */
async function holds({ app }: Cast, like: RegExp, count: number): Promise<void> {
  const found = (): string[] =>
    [...(app.devices.get('edge-1')?.rules.keys() ?? [])].filter((key) => like.test(`${key} `))
  for (let turn = 0; turn < 200 && found().length !== count; turn += 1) await pause(5)
  assert.equal(
    found().length,
    count,
    `${like}: ${[...(app.devices.get('edge-1')?.rules.keys() ?? [])].join('; ')}`,
  )
}

test('declining that a block covers more leaves on devices what it covers', async (t) => {
  const c = await cast(t)
  const id = await blocked(c)
  c.app.change(physics('10.10.1.0/24', '10.10.3.0/24'))
  await reloadInventory(c.app, c.admin, undefined)
  await declineBlock(c.app, c.bob, id)
  await pause(50)
  await holds(c, /=10\.10\.1\.0\/24 /, 2)
})

test('proposing growth anew covers nothing more before another person agrees', async (t) => {
  const c = await cast(t)
  const id = await blocked(c)
  c.app.change(physics('10.10.1.0/24', '10.10.3.0/24'))
  await reloadInventory(c.app, c.admin, undefined)
  const { digest } = await showPlan(c.app, c.ann, id)
  const again = await proposeAgain(c.app, c.ann, id, digest)
  assert.deepEqual(again.expansion, ['10.10.1.0/24'])
  await pause(50)
  await holds(c, /=10\.10\.3\.0\/24 /, 0)
  assert.deepEqual((await agree(c, id)).expansion, ['10.10.1.0/24', '10.10.3.0/24'])
  await holds(c, /=10\.10\.3\.0\/24 /, 2)
})

test('an emergency that is proposed anew covers what was proposed once another person agrees', async (t) => {
  const c = await cast(t)
  const [block] = await ask(c, [{ ...WIDE, breakGlass: true }])
  const id = block?.id ?? 0
  c.app.change(physics('10.10.1.0/24', '10.10.3.0/24'))
  await reloadInventory(c.app, c.admin, undefined)
  const { digest } = await showPlan(c.app, c.ann, id)
  assert.deepEqual((await proposeAgain(c.app, c.ann, id, digest)).expansion, ['10.10.1.0/24'])
  assert.deepEqual((await agree(c, id)).expansion, ['10.10.1.0/24', '10.10.3.0/24'])
  await holds(c, /=10\.10\.[13]\.0\/24 /, 4)
})

test('a block that covers less and is released in the same moment leaves nothing behind', async (t) => {
  const c = await cast(t)
  const id = await blocked(c)
  c.app.change(physics('10.10.1.0/25'))
  const reading = reloadInventory(c.app, c.admin, undefined)
  // Before anything is on disk.
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  await Promise.all([reading, releaseBlock(c.app, c.admin, id, undefined)])
  await holds(c, /10\.10\.1\./, 0)
})

test('a block that is placed otherwise and released in the same moment leaves nothing behind', async (t) => {
  const c = await cast(t)
  const id = await blocked(c)
  const portal = { name: 'portal', prefix: parsePrefix('192.0.2.80/32') }
  c.app.change((lists) => ({ ...lists, reachable: [portal] }))
  const reading = reloadInventory(c.app, c.admin, undefined)
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  await Promise.all([reading, releaseBlock(c.app, c.admin, id, undefined)])
  await holds(c, /10\.10\.1\./, 0)
})

test('growth that nobody agreed to in time is asked about again', async (t) => {
  const c = await cast(t, {
    limits: { proposals: { lapse: 1_000, waiting: 9, emergency: 1_000, emergencies: 9 } },
  })
  const id = await blocked(c)
  c.app.change(physics('10.10.1.0/24', '10.10.3.0/24'))
  await reloadInventory(c.app, c.admin, undefined)
  c.app.skip(2_000)
  await reloadInventory(c.app, c.admin, undefined)
  const proposal = c.app.ledger.head.blocks.get(id)?.proposal
  assert.ok((proposal?.expires ?? 0) > c.app.clock.now())
})

test('a start carves what is newly protected out of blocks of hosts', async (t) => {
  const c = await cast(t)
  await ask(c, [{ target: '10.10.5.0/30', reason: 'scan', duration: '1h' }])
  const lists = protecting('10.10.5.1/32')(c.app.site.lists)
  const inventory = buildInventory(lists)
  // As after a start: what the file says now is what counts, and was compared with nothing yet.
  Object.assign(c.app, { inventory })
  Object.assign(c.app.site, { inventory, lists, digest: inventoryDigest(lists) })
  c.app.engine.placements.adopt(inventory)
  await settleInventory(c.app)
  await holds(c, /=10\.10\.5\.0\/30 /, 0)
  await holds(c, /=10\.10\.5\.0\/32 /, 2)
})

test('what is agreed to while an inventory waits is put where the agreement says', async (t) => {
  const c = await cast(t)
  const hosts = Array.from({ length: 12 }, (_, at) => `10.10.7.${at}`)
  await ask(
    c,
    hosts.map((target) => ({ target, reason: 'scan', duration: '1h' })),
  )
  const [block] = await ask(c, [WIDE])
  c.app.change(protecting('10.10.7.0/28', '10.10.1.0/25'))
  await assert.rejects(reloadInventory(c.app, c.admin, undefined), { code: 'inventory-asks' })
  const id = block?.id ?? 0
  const { digest } = await showPlan(c.app, c.ann, id)
  await proposeAgain(c.app, c.ann, id, digest)
  assert.deepEqual((await agree(c, id)).expansion, ['10.10.1.128/25'])
  await holds(c, /=10\.10\.1\.128\/25 /, 2)
  await holds(c, /=10\.10\.1\.0\/24 /, 0)
})
