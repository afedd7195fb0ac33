import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { makeApp, type TestApp } from '../../test/helpers/app.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { targetText } from '../domain/target.ts'
import type { InventoryLists } from '../inventory/inventory.ts'
import { compilePolicy, type Policy } from '../policy/compile.ts'
import type { BlockFile } from '../policy/schema.ts'
import { reloadAsLocal } from './inventory.ts'
import { releaseBlock } from './release-block.ts'
import type { Caller } from './rights.ts'
import { takeTriggers } from './take-triggers.ts'
import { authenticate } from './tokens.ts'

function policyWith(block: Partial<BlockFile>) {
  return compilePolicy({
    ...{ policy: 'scan', about: 'a test', priority: 100, mode: 'enforce', examples: [] },
    rules: [
      {
        ...{ rule: 'all', verdict: 'block', why: 'a scanner' },
        block: { lasts: '1h', direction: 'from', spoofable: 'a test', ...block },
      },
    ],
  })
}

const AGGREGATE = { ipv4: { length: 24, hosts: 3 }, ipv6: { length: 64, hosts: 2 } }

function policies(block: Partial<BlockFile> = {}): Policy[] {
  const { policy, problems } = policyWith({ aggregate: AGGREGATE, ...block })
  assert.deepEqual(problems, [])
  return [policy]
}

describe('hosts of one network outside', () => {
  let app: TestApp
  let machine: Caller

  const start = async (options: Parameters<typeof makeApp>[0] = {}): Promise<void> => {
    app = await makeApp({ policies: policies(), ...options })
    machine = authenticate(app, await app.token(['triggers:write'], 'automatic'))
  }
  beforeEach(() => start())
  afterEach(() => app.close())

  async function take(target: string, kind: 'open' | 'close' = 'open', by = machine) {
    const [taken] = await takeTriggers(app, by, 'cordon', [
      {
        ...{ id: `of ${target}`, revision: kind === 'open' ? 1 : 2, kind, target },
        ...{ role: 'offender', category: 'scan', detectedAt: new Date(app.clock.now()).toISOString() },
      },
    ])
    assert.ok(taken?.ok === true)
    const block = app.ledger.head.blocks.get(taken.block ?? 0)
    assert.ok(block !== undefined, taken.why)
    return block
  }
  const targets = async (...names: string[]): Promise<string[]> => {
    const found: string[] = []
    for (const name of names) found.push(targetText((await take(name)).target))
    return found
  }
  const held = (): string[] =>
    [...(app.devices.get('edge-1')?.rules.values() ?? [])].map(({ key }) => key).sort()

  it('are blocked as one from as many on as the policy says, and the reason says so', async () => {
    assert.deepEqual(await targets('198.51.100.1', '198.51.100.2', '198.51.101.1', '198.51.100.3'), [
      '198.51.100.1/32',
      '198.51.100.2/32',
      '198.51.101.1/32',
      '198.51.100.0/24',
    ])
    const [last] = [...app.ledger.head.blocks.values()].slice(-1)
    assert.equal(last?.reason, 'a scanner (scan/all); all of 198.51.100.0/24, of which 3 hosts are blocked')
    assert.deepEqual(await targets('2001:db8:1::1', '2a00:1::1', '2a00:1::2', '2a00:1:0:1::1'), [
      '2001:db8:1::1/128',
      '2a00:1::1/128',
      '2a00:1::/64',
      '2a00:1:0:1::1/128',
    ])
  })

  it('have one entry on a device, which goes with the last of their incidents', async () => {
    await targets('198.51.100.1', '198.51.100.2', '198.51.100.3', '198.51.100.4')
    const wide = () => held().filter((key) => key.includes('198.51.100.0/24'))
    await eventually('it is on the device', 5_000, () => wide().length === 1)
    assert.equal((await take('198.51.100.3', 'close')).ending, 'released')
    await take('203.0.113.1')
    await eventually('what came later is done', 5_000, () =>
      held().some((key) => key.includes('203.0.113.1')),
    )
    assert.equal(wide().length, 1, 'another still stands for it')
    await take('198.51.100.4', 'close')
    await eventually('it has gone', 5_000, () => wide().length === 0)
    assert.equal(held().length, 3, 'those that were blocked alone stay so')
  })

  it('are blocked alone again when fewer are on, and each source and host counts by itself', async () => {
    const other = authenticate(app, await app.token(['triggers:write'], 'automatic'))
    const [first] = [await take('198.51.100.1'), await take('198.51.100.2')]
    assert.equal(targetText((await take('198.51.100.3', 'open', other)).target), '198.51.100.3/32')
    assert.equal(targetText((await take('198.51.100.1', 'open', other)).target), '198.51.100.1/32')
    await releaseBlock(app, authenticate(app, await app.root()), first.id, undefined)
    assert.deepEqual(await targets('198.51.100.3'), ['198.51.100.3/32'])
    assert.deepEqual(await targets('198.51.100.4'), ['198.51.100.0/24'])
  })

  it('are counted after a restart as before', async () => {
    await targets('198.51.100.1', '198.51.100.2')
    await app.stop()
    const { folder } = app
    app = await makeApp({ policies: policies(), folder })
    assert.deepEqual(await targets('198.51.100.3'), ['198.51.100.0/24'])
  })

  it('are never blocked together with anything that is ours or protected, and the reason says why not', async () => {
    assert.deepEqual(await targets('10.10.1.1', '10.10.1.2', '10.10.1.3'), [
      '10.10.1.1/32',
      '10.10.1.2/32',
      '10.10.1.3/32',
    ])
    const anew = async (more: Partial<InventoryLists>): Promise<void> => {
      app.change((lists) => ({ ...lists, ...more }))
      await reloadAsLocal(app)
    }
    const own = ['192.0.2.0/24', '198.51.100.128/25'].map(parsePrefix)
    await anew({ own })
    await targets('198.51.100.1', '198.51.100.2')
    assert.equal(targetText((await take('198.51.100.3')).target), '198.51.100.3/32')
    const partner = parsePrefix('198.51.100.200/32')
    await anew({ protected: [{ prefix: partner, role: 'any', name: 'partner' }] })
    const alone = await take('198.51.100.4')
    assert.equal(targetText(alone.target), '198.51.100.4/32')
    assert.match(alone.reason, /; the host alone and not 198\.51\.100\.0\/24: .*partner/)
  })
})

it('an aggregate is no wider than what is routed, and of what is alike for all of its hosts', () => {
  const [problem] = policyWith({ match: 'trigger', aggregate: AGGREGATE }).problems
  assert.deepEqual(problem?.path, ['rules', 0, 'block', 'aggregate'])
  assert.match(problem?.message ?? '', /alike for all of its hosts/)
})
