import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeApp } from '../../test/helpers/app.ts'
import { createBlocks } from './create-blocks.ts'
import { dryRun } from './dry-run.ts'
import type { NewBlock } from './prepare.ts'
import { releaseBlock } from './release-block.ts'
import { showBlock } from './show-blocks.ts'
import { authenticate } from './tokens.ts'
import { waitForBlock } from './wait-for-block.ts'

const LONG = 10_000
const FOR_AN_HOUR = { reason: 'test', duration: '1h' } as const
/** Tried first by routers, as it names a destination. */
const LIMITED: NewBlock = {
  ...FOR_AN_HOUR,
  target: '10.10.1.5',
  direction: 'to',
  match: { protocol: 'udp' },
  action: { rateLimit: 1_000 },
}
const ATTACKER: NewBlock = { ...FOR_AN_HOUR, target: '198.51.100.7', evidence: 'established' }
const BETWEEN = 'flow4 destination=10.10.1.5/32 source=198.51.100.7/32 protocol=17'

test('a drop that overlaps a limit takes a rule along, and is not over before that is gone too', async (t) => {
  // One rule at a time and slowly, so that there is a moment at which only part of it is done.
  const edge = { flowOrder: 'rfc8955', batch: 1, inFlight: 1, latencyMs: 20 } as const
  const app = await makeApp({ edge, as: 'flow' })
  t.after(() => app.close())
  const caller = authenticate(app, await app.root())
  const block = async (request: NewBlock): Promise<number> => {
    const { items } = await createBlocks(app, caller, [request], JSON.stringify(request))
    const [item] = items
    assert.ok(item?.ok)
    const { standing } = await waitForBlock(app, item.block, LONG, new AbortController().signal)
    assert.equal(standing, 'in-force')
    return item.block.id
  }
  const held = (): string[] =>
    ['edge-1', 'edge-2'].flatMap((name) => [...(app.devices.get(name)?.rules.keys() ?? [])].sort())

  const limited = await block(LIMITED)
  const planned = await dryRun(app, caller, ATTACKER)
  assert.deepEqual(
    planned.rules.filter(({ device }) => device === 'edge-1').map(({ rule }) => rule),
    ['flow4 source=198.51.100.7/32', BETWEEN],
  )
  const attacker = await block(ATTACKER)
  assert.ok(held().filter((key) => key === BETWEEN).length === 2)
  const { holdings } = await showBlock(app, caller, attacker)
  assert.equal(holdings.length, 4)

  const released = await releaseBlock(app, caller, attacker, undefined)
  const { standing } = await waitForBlock(app, released, LONG, new AbortController().signal)
  assert.equal(standing, 'ended')
  const left = (await showBlock(app, caller, limited)).holdings.map(({ rule }) => rule)
  assert.deepEqual(held(), left)
})

test('a limit that would be tried before a stricter one says so beforehand, and both say so then', async (t) => {
  const app = await makeApp({ edge: { flowOrder: 'rfc8955' }, as: 'flow' })
  t.after(() => app.close())
  const caller = authenticate(app, await app.root())
  const strict: NewBlock = { ...ATTACKER, action: { rateLimit: 10 } }
  await createBlocks(app, caller, [strict], 'first')
  const { gaps } = await dryRun(app, caller, LIMITED)
  const code = gaps.find(({ device }) => device === 'edge-1')
  assert.equal(code?.code, 'shadows')
  assert.match(
    code?.why ?? '',
    /^shadows Cordon#1: routers try flow4 destination=10\.10\.1\.5\/32 protocol=17 before/,
  )
  await createBlocks(app, caller, [LIMITED], 'second')
  const codes = async (id: number) => [
    ...new Set((await showBlock(app, caller, id)).gaps.map((gap) => gap.code)),
  ]
  assert.deepEqual([await codes(1), await codes(2)], [['shadowed'], ['shadows']])
})
