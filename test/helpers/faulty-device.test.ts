import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AdapterEnv, AdapterError, type Session } from '../../adapters/adapter.ts'
import { SILENT } from '../../src/domain/log.ts'
import { readMatch } from '../../src/domain/match.ts'
import { DROP, filterRule, type Rule } from '../../src/domain/rule.ts'
import { type Faults, TROUBLED } from './faults.ts'
import { type FaultyDevices, faultyDevices } from './faulty-device.ts'
import { VirtualClock } from './virtual-clock.ts'

const RULES: readonly Rule[] = Array.from({ length: 20 }, (_, index) =>
  filterRule('acl', readMatch(4, { destination: `198.18.0.${index}` }), DROP),
)

function envOn(clock: VirtualClock): AdapterEnv {
  return {
    device: 'r1',
    clock,
    log: SILENT,
    runtimeFolder: 'var/r1',
    secret: async () => '',
    remember: async () => {},
    recall: () => undefined,
  }
}

/** Keeps making the device hold the rules, as an engine would, for a number of rounds; tells what happened. */
async function history(seed: number, faults: Faults, rounds: number): Promise<string[]> {
  const clock = new VirtualClock()
  const world = faultyDevices(seed, faults)
  const happened: string[] = []
  let done = false
  const work = async (): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) happened.push(await oneRound(world, clock))
    world.calm()
    happened.push(await oneRound(world, clock))
    done = true
  }
  world.drift(clock)
  const working = work()
  assert.ok(await clock.runUntil(() => done, 24 * 3_600_000), 'every call ends in bounded time')
  await working
  assert.equal(world.devices.get('r1')?.rules.size, RULES.length)
  return happened
}

async function oneRound(world: FaultyDevices, clock: VirtualClock): Promise<string> {
  let session: Session | undefined
  const deadline = new AbortController()
  const cancel = clock.after(10_000, () => deadline.abort())
  try {
    session = await world.adapter.open({}, envOn(clock))
    await session.observe('all', deadline.signal)
    const receipt = await session.apply({ put: RULES, remove: [] }, deadline.signal)
    const results = [...receipt.values()].map((outcome) => outcome.result)
    return `${clock.monotonic()} ${results.join(' ')}`
  } catch (error) {
    assert.ok(error instanceof AdapterError, String(error))
    return `${clock.monotonic()} ${error.class}`
  } finally {
    cancel()
    await session?.close()
    await new Promise<void>((resolve) => {
      clock.after(5_000, resolve)
    })
  }
}

describe('faulty devices', () => {
  it('one seed gives one history, another seed another', async () => {
    const first = await history(1, TROUBLED, 60)
    assert.deepEqual(await history(1, TROUBLED, 60), first)
    assert.notDeepEqual(await history(2, TROUBLED, 60), first)
  })

  it('meets every kind of trouble, and comes right when it is calm', async () => {
    const text = (await history(7, TROUBLED, 200)).join(' ')
    for (const word of ['done', 'failed', 'unknown', 'timeout', 'unreachable'])
      assert.match(text, new RegExp(word))
  })

  it('without faults everything is done at once', async () => {
    assert.match((await history(3, {}, 1))[0] ?? '', /^0( done){20}$/)
  })
})
