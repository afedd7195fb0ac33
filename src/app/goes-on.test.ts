import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { makeApp, type TestApp } from '../../test/helpers/app.ts'
import type { Block } from '../domain/block.ts'
import type { TriggerInput } from '../domain/trigger.ts'
import { compilePolicy, type Policy } from '../policy/compile.ts'
import type { BlockFile } from '../policy/schema.ts'
import { amendBlock } from './amend-block.ts'
import { freeze, thaw } from './automation.ts'
import { type EndWatch, watchEnds } from './end-watch.ts'
import type { Caller } from './rights.ts'
import { type TakenTrigger, takeTriggers } from './take-triggers.ts'
import { authenticate } from './tokens.ts'

/** Its time passes so much faster than ours. */
const PACE = 8
const SECOND = 1_000
const DEADLINE = 20_000

function policyOf(name: string, block: BlockFile): Policy {
  const { policy, problems } = compilePolicy({
    ...{ policy: name, about: 'a test', priority: 100, mode: 'enforce', examples: [] },
    when: `trigger.labels['policy'] == '${name}'`,
    rules: [{ rule: 'all', verdict: 'block', why: 'a flood', block }],
  })
  assert.deepEqual(problems, [])
  return policy
}

const HOLD = { onClose: { after: '25s' } } as const
const POLICIES = [
  policyOf('counted', { lasts: '40s', ...HOLD, goesOn: { packetsPerSecond: 20 } }),
  policyOf('bounded', { lasts: '40s', most: '65s', ...HOLD, goesOn: { packetsPerSecond: 20 } }),
  policyOf('open', { lasts: '40s', ...HOLD, goesOn: { packetsPerSecond: 20, uncounted: 'open' } }),
  policyOf('whatever', { lasts: '40s', ...HOLD, goesOn: { uncounted: 'open' } }),
]

/** Each test has a host of its own, and its time to itself. */
describe('a block whose traffic goes on', { concurrency: true }, () => {
  /** One whose devices count, and one whose do not. */
  const apps = new Map<
    'counting' | 'blind',
    { app: TestApp; ends: EndWatch; machine: Caller; person: Caller }
  >()
  let hosts = 0

  before(async () => {
    for (const name of ['counting', 'blind'] as const) {
      const app = await makeApp({ policies: POLICIES, pace: PACE, edge: { counts: name === 'counting' } })
      const person = authenticate(app, await app.root())
      const machine = authenticate(app, await app.token(['triggers:write'], 'automatic'))
      apps.set(name, { app, ends: watchEnds(app), machine, person })
    }
  })
  after(async () => {
    for (const { app, ends } of apps.values()) {
      await ends.close()
      await app.close()
    }
  })

  class Flood {
    readonly #at: NonNullable<ReturnType<typeof apps.get>>
    readonly #input: TriggerInput
    readonly #first: Promise<TakenTrigger>
    #traffic: NodeJS.Timeout | undefined
    #revision = 1

    constructor(on: 'counting' | 'blind', policy: string) {
      const at = apps.get(on)
      assert.ok(at !== undefined)
      this.#at = at
      hosts += 1
      this.#input = {
        ...{ id: `flood-${hosts}`, revision: 1, kind: 'open', role: 'victim', category: 'dos.volumetric' },
        ...{ target: `192.0.2.${hosts}`, labels: { policy } },
        detectedAt: new Date(at.app.clock.now()).toISOString(),
      }
      this.#first = this.#say(this.#input)
    }

    async #say(input: TriggerInput): Promise<TakenTrigger> {
      const [taken] = await takeTriggers(this.#at.app, this.#at.machine, 'cordon', [input])
      assert.ok(taken?.ok === true)
      return taken
    }

    says(kind: TriggerInput['kind']): Promise<TakenTrigger> {
      this.#revision += 1
      return this.#say({ ...this.#input, revision: this.#revision, kind })
    }

    async block(): Promise<Block> {
      const found = this.#at.app.ledger.head.blocks.get((await this.#first).block ?? 0)
      assert.ok(found !== undefined)
      return found
    }

    /** Packets a second of the app's time meet its rules from here on. */
    async flows(packetsPerSecond: number): Promise<void> {
      clearInterval(this.#traffic)
      const device = this.#at.app.devices.get('edge-1')
      const rules = this.#at.app.engine.rulesOf(await this.block()).map(({ rule }) => rule.key)
      const each = 20
      this.#traffic = setInterval(() => {
        for (const key of rules.slice(0, 1))
          device?.hit(key, Math.ceil((packetsPerSecond * PACE * each) / SECOND), 1_000)
      }, each)
    }

    stops(): void {
      clearInterval(this.#traffic)
    }

    /** Its end has been moved beyond what it is now. */
    async lastsAgain(): Promise<Block> {
      const { until } = await this.block()
      return eventually('it lasts again', DEADLINE, async () => {
        const block = await this.block()
        assert.equal(block.wanted, 'on', 'it has ended')
        return (block.until ?? 0) > (until ?? 0) ? block : undefined
      })
    }

    /** Waits until it ends; its end was not moved meanwhile. */
    async ends(): Promise<void> {
      const { until } = await this.block()
      const ended = await eventually('it ends', DEADLINE, async () => {
        const block = await this.block()
        return block.wanted === 'off' ? block : undefined
      })
      assert.deepEqual([ended.until, ended.ending], [until, 'expired'])
    }

    async sentences(): Promise<string[]> {
      const { id } = await this.block()
      const found: string[] = []
      for await (const { event } of this.#at.app.ledger.history())
        if (event.type === 'block.amended' && event.block === id && event.why !== undefined)
          found.push(event.why)
      return found
    }
  }

  it('lasts again while enforcers count it, says so, and ends when they count nothing any more', async () => {
    const flood = new Flood('counting', 'counted')
    await flood.flows(100)
    await flood.lastsAgain()
    const [why] = await flood.sentences()
    assert.match(
      why ?? '',
      /^it goes on: (8|9|10|11|12)\d packets a second still meet it$|^it goes on: 1[0-2]\d packets/,
    )
    flood.stops()
    await flood.ends()
    assert.equal((await flood.sentences()).length, 1)
  })

  it('ends when fewer packets meet it than the policy asks for', async () => {
    const flood = new Flood('counting', 'counted')
    await flood.flows(5)
    await flood.ends()
    flood.stops()
  })

  it('lasts again after its hold-down, when its source could not see what it has ended for', async () => {
    const flood = new Flood('counting', 'counted')
    await flood.flows(100)
    assert.equal((await flood.says('close')).deed, 'ends-soon')
    await flood.lastsAgain()
    flood.stops()
    await flood.ends()
  })

  it('lasts no longer than its policy lets it', async () => {
    const flood = new Flood('counting', 'bounded')
    const { createdAt } = await flood.block()
    await flood.flows(100)
    const { until } = await flood.lastsAgain()
    assert.ok(Math.abs((until ?? 0) - createdAt - 65 * SECOND) < 2 * SECOND)
    await flood.ends()
    flood.stops()
  })

  it('ends where nobody counts, so that its source sees again', async () => {
    await new Flood('blind', 'counted').ends()
  })

  it('lasts on where nobody counts and the policy says so, until its source has said that it is over', async () => {
    const flood = new Flood('blind', 'open')
    await flood.lastsAgain()
    assert.match((await flood.sentences())[0] ?? '', /nobody counts what it stops/)
    assert.equal((await flood.says('close')).deed, 'ends-soon')
    await flood.ends()
  })

  it('ends where enforcers count nothing, whatever its source has not said', async () => {
    await new Flood('counting', 'open').ends()
  })

  it('lasts on by the word of its source where the policy asks for no packets', async () => {
    const flood = new Flood('counting', 'whatever')
    await flood.lastsAgain()
    await flood.says('close')
    await flood.ends()
  })

  it('ends when a person says, neither later by its source or by its packets nor sooner by a close', async () => {
    const flood = new Flood('counting', 'counted')
    await flood.flows(100)
    const { app, person } = apps.get('counting') ?? {}
    assert.ok(app !== undefined && person !== undefined)
    const { id, version } = await flood.block()
    await amendBlock(app, person, id, version, { duration: '25s' })
    const { until } = await flood.block()
    assert.deepEqual(
      [(await flood.says('update')).deed, (await flood.says('update')).why],
      ['kept', 'somebody else has set when it ends'],
    )
    assert.deepEqual((await flood.says('close')).deed, 'kept')
    assert.equal((await flood.block()).until, until)
    await flood.ends()
    flood.stops()
  })
})

describe('automation that is stopped', () => {
  it('lets blocks end whose traffic goes on', async (t) => {
    const app = await makeApp({ policies: POLICIES, pace: PACE, edge: { counts: false } })
    const ends = watchEnds(app)
    t.after(() => ends.close().then(() => app.close()))
    const person = authenticate(app, await app.root())
    const machine = authenticate(app, await app.token(['triggers:write'], 'automatic'))
    const [taken] = await takeTriggers(app, machine, 'cordon', [
      {
        ...{ id: 'flood', revision: 1, kind: 'open', role: 'victim', category: 'dos.volumetric' },
        ...{ target: '192.0.2.1', labels: { policy: 'whatever' } },
        detectedAt: new Date(app.clock.now()).toISOString(),
      },
    ])
    assert.ok(taken?.ok === true)
    await freeze(app, person, 'a test')
    await eventually(
      'it ends',
      DEADLINE,
      () => app.ledger.head.blocks.get(taken.block ?? 0)?.wanted === 'off',
    )
    await thaw(app, person)
  })
})
