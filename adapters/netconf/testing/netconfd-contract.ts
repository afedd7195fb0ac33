import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { readMatch } from '../../../src/domain/match.ts'
import { DROP, filterRule } from '../../../src/domain/rule.ts'
import { adapterContract } from '../../../test/contract/suite.ts'
import { noSsh } from '../../../test/helpers/netconf-by-hand.ts'
import { noNetconfd } from '../../../test/helpers/netconfd.ts'
import type { Check, Session } from '../../adapter.ts'
import { driverOf, type NetconfConfig } from '../config.ts'
import { netconfAdapter } from '../index.ts'
import { type Bench, configFor, deviceOn, envFor, type Model, startBench } from './netconfd-device.ts'

/** Why there can be no such server here, or false: what `skip` of a test takes. */
export const skip = noNetconfd() || noSsh()

const RULE = filterRule('acl', readMatch(4, { source: '198.51.100.7/32' }), DROP)
const NEVER = new AbortController().signal

/** The laws of the contract for one data model on a real server, and that what it provisions is what it needs. */
export function netconfdContract(model: Model): void {
  describe(`${model.driver} on netconfd`, { skip, concurrency: 1 }, () => {
    if (skip !== false) return
    let started: Bench | undefined
    const bench = (): Bench => {
      assert.ok(started)
      return started
    }
    before(async () => {
      started = await startBench(model)
    })
    after(() => started?.dispose())

    provisioningLaws(bench)
    adapterContract({
      name: `netconf, ${model.driver}`,
      adapter: netconfAdapter,
      numRuns: 6,
      patience: 30_000,
      small: (config: NetconfConfig): NetconfConfig => ({ ...config, maxEntries: 8 }),
      start: async () => await deviceOn(bench()),
    })
  })
}

/** In this order, as the server is bare only once. */
function provisioningLaws(bench: () => Bench): void {
  it('what it prints is plain, names our containers and every interface, and has a kill switch', () => {
    for (const filterOn of [[], ['PLACE-1', 'PLACE-2']]) {
      const text = printed({ ...configFor(bench()), filterOn })
      for (const word of ['r1', 'CORDON-4', 'CORDON-6', ...filterOn]) assert.ok(text.includes(word), word)
      assert.match(text, /kill switch/i)
      assert.match(text, /^[\n -~]+$/)
    }
  })

  it('a bare server is given no rule, and what it has not is named', async () => {
    await inSession(bench(), async (session) => {
      const outcome = (await session.apply({ put: [RULE], remove: [] }, NEVER)).get(RULE.key)
      assert.match(outcome?.result === 'failed' ? outcome.words : '', /it has no \S/)
    })
  })

  it('what is lacking on a bare server is installed, is all that is needed, and is no rule', async () => {
    const [config, env] = [configFor(bench()), envFor(bench())]
    const look = async (): Promise<readonly Check[]> =>
      (await netconfAdapter.check?.(config, env, NEVER))?.filter(({ what }) => what === 'containers') ?? []
    assert.match((await look())[0]?.words ?? '', /it lacks/)
    const installed = await netconfAdapter.install?.(config, env, NEVER)
    assert.notDeepEqual(installed?.done, [])
    assert.deepEqual(installed?.byHand, [])
    assert.deepEqual((await netconfAdapter.install?.(config, env, NEVER))?.done, [])
    assert.match((await look())[0]?.words ?? '', /they are there/)
    await inSession(bench(), async (session) => {
      const { rules, foreign } = await session.observe('all', NEVER)
      assert.deepEqual([rules, foreign], [[], 0])
    })
  })
}

function printed(config: NetconfConfig): string {
  return driverOf(config).provision.text('r1', config.filterOn ?? [])
}

async function inSession(bench: Bench, task: (session: Session) => Promise<void>): Promise<void> {
  const session = await netconfAdapter.open(configFor(bench), envFor(bench))
  try {
    await task(session)
  } finally {
    await session.close()
  }
}
