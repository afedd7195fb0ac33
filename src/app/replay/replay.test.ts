import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeApp, type TestApp } from '../../../test/helpers/app.ts'
import { groupsOf } from '../../../test/helpers/replayed.ts'
import { policyOf, TRIGGER_POLICIES } from '../../../test/helpers/trigger-policies.ts'
import type { TriggerInput } from '../../domain/trigger.ts'
import { DEFAULT_LIMITS } from '../../guards/limits.ts'
import type { Recorded } from '../../ledger/events.ts'
import type { PlacementRule } from '../../placement/table.ts'
import type { Policy } from '../../policy/compile.ts'
import { panic, thaw } from '../automation.ts'
import { releaseBlock } from '../release-block.ts'
import type { Caller } from '../rights.ts'
import { type TakenTrigger, takeTriggers } from '../take-triggers.ts'
import { authenticate } from '../tokens.ts'
import { Replay } from './replay.ts'
import { type ReplayReport, reportOf } from './report.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const RETAIN = 24 * HOUR

const BREAKER = {
  ...DEFAULT_LIMITS.breaker,
  perMinute: 500,
  perHour: 500,
  allPerMinute: 500,
  allPerHour: 500,
}
const LIMITS = { ...DEFAULT_LIMITS, breaker: { ...BREAKER, hosts: 500, allHosts: 500 } }
const PLACEMENTS: readonly PlacementRule[] = [
  { name: 'everything', when: {}, use: [{ device: 'edge-1', as: 'acl' }] },
]

const SCAN = { category: 'scan', role: 'offender' } as const

/** The policy `dos` with other rules. */
function dosWith(rules: NonNullable<Parameters<typeof policyOf>[0]['rules']>): readonly Policy[] {
  const when = "trigger.category == 'dos.volumetric'"
  const dos = policyOf({ policy: 'dos', priority: 20, when, incident: "'dos/' + target.net", rules })
  return TRIGGER_POLICIES.map((policy) => (policy.name === 'dos' ? dos : policy))
}

const VICTIM = { rule: 'victim', verdict: 'block', why: 'a flood' } as const
const ASKS = { rule: 'asks', verdict: 'ask', why: 'somebody should look', block: { lasts: '1h' } } as const
const OTHER = { category: 'other', role: 'offender' } as const

/** One that blocks offenders of any other category. */
const WIDER = policyOf({
  policy: 'wider',
  priority: 40,
  rules: [
    {
      ...{ rule: 'all', verdict: 'block', why: 'a test' },
      block: { lasts: '1h', spoofable: 'a test', match: { protocol: 'tcp' } },
    },
  ],
})

describe('a replay', () => {
  let app: TestApp
  let machine: Caller
  let person: Caller
  /** When the span begins. */
  let from = 0
  let count = 0

  before(async () => {
    app = await makeApp({ policies: TRIGGER_POLICIES, limits: LIMITS, retainEndedMs: RETAIN })
    person = authenticate(app, await app.root())
  })
  after(() => app.close())

  const triggerOf = (more: Partial<TriggerInput> = {}): TriggerInput => {
    count += 1
    return {
      ...{ id: `incident-${count}`, revision: 1, kind: 'open', role: 'victim', category: 'dos.volumetric' },
      target: `192.0.2.${60 + (count % 100)}`,
      detectedAt: new Date(app.clock.now()).toISOString(),
      ...more,
    }
  }
  const next = (input: TriggerInput, more: Partial<TriggerInput> = {}): TriggerInput => ({
    ...input,
    revision: input.revision + 1,
    kind: 'update',
    ...more,
  })

  /** Each test has an hour, and a source, of its own. */
  const begin = async (): Promise<void> => {
    app.skip(40 * 24 * HOUR)
    const secret = await app.token(['triggers:write', 'blocks:write'], 'automatic')
    machine = authenticate(app, secret)
    app.skip(MINUTE)
    from = app.clock.now()
  }

  const take = async (...inputs: TriggerInput[]): Promise<TakenTrigger[]> => {
    const taken = await takeTriggers(app, machine, 'cordon', inputs)
    return taken.map((one) => {
      assert.ok(one.ok, one.ok ? '' : one.error.message)
      return one
    })
  }

  const replayBy = async (
    policies: readonly Policy[],
    change?: (one: Recorded) => Recorded,
  ): Promise<ReplayReport> => {
    const site = { inventory: app.inventory, placements: PLACEMENTS, limits: LIMITS, policies }
    const replay = new Replay(site, { from, to: app.clock.now() + 1, retainEndedMs: RETAIN })
    for (const group of await groupsOf(app.ledger))
      assert.equal(replay.take(change ? group.map(change) : group), false)
    replay.end()
    return reportOf(replay, policies, app.inventory)
  }

  const assertSame = ({ blocks, changes, triggers }: ReplayReport): void => {
    assert.deepEqual(changes, [])
    assert.equal(triggers.differently, 0)
    assert.equal(blocks.was, blocks.would)
    assert.ok(blocks.same > 0)
  }

  it('of a panic ends what was only proposed, too', async () => {
    await begin()
    const asked = triggerOf({ labels: { ask: '' } })
    const [proposed] = await take(asked)
    assert.equal(proposed?.deed, 'proposed')
    await panic(app, person, 'a test')
    await thaw(app, person)
    app.skip(MINUTE)
    const [left] = await take(next(asked, { target: '198.51.100.60' }))
    assert.equal(left?.deed, 'left-off')
    const { changes, triggers } = await replayBy(TRIGGER_POLICIES)
    assert.deepEqual([changes, triggers.differently], [[], 0])
  })

  it('by the same policies is what was', async () => {
    await begin()
    const flood = triggerOf()
    const [first] = await take(flood, triggerOf({ labels: { ask: '' } }))
    app.skip(8 * MINUTE)
    await take(next(flood))
    app.skip(2 * MINUTE)
    await take(next(flood, { revision: 3, kind: 'close' }))
    app.skip(20 * MINUTE)
    const again = next(flood, { revision: 4, kind: 'open' })
    const [second] = await take(again)
    assert.equal(second?.deed, 'began')
    await releaseBlock(app, person, second?.block ?? 0, 'a speed test')
    const [off] = await take(next(again))
    assert.equal(off?.deed, 'left-off')
    const scans = [1, 2, 3, 4].map((last) => triggerOf({ ...SCAN, target: `198.51.100.${last}` }))
    assert.equal((await take(...scans)).at(-1)?.deed, 'refused')
    const report = await replayBy(TRIGGER_POLICIES)
    assertSame(report)
    assert.ok(first !== undefined)
    assert.deepEqual(report.triggers.was, { block: 8, ask: 1, refuse: 0, ignore: 0, none: 1 })
    assert.deepEqual(report.people.newly.ipv4Addresses, 0)
    assert.deepEqual(report.unhit, [{ policy: 'scan', rule: 'own' }])
  })

  it('says what lasts longer, and by how much', async () => {
    await begin()
    const flood = triggerOf()
    await take(flood)
    await take(triggerOf({ ...SCAN, target: '198.51.100.40' }))
    const policies = dosWith([{ ...VICTIM, block: { lasts: '30m', most: '2h', onClose: { after: '5m' } } }])
    const { changes, blocks } = await replayBy(policies)
    assert.deepEqual([blocks.longer, blocks.same], [1, 1])
    const [change] = changes
    assert.deepEqual(
      [change?.kind, change?.incident, change?.target],
      ['longer', flood.id, `${flood.target}/32`],
    )
    assert.ok(Math.abs((change?.byMs ?? 0) - 20 * MINUTE) < 1_000, String(change?.byMs))
    assert.deepEqual([change?.was?.rule, change?.would?.policy], ['victim', 'dos'])
  })

  it('counts what the replay itself has blocked before', async () => {
    await begin()
    const target = '192.0.2.201'
    const first = triggerOf({ target })
    await take(first)
    await take(next(first, { kind: 'close' }))
    app.skip(HOUR)
    await take(triggerOf({ target, labels: { known: '' } }))
    // The first one is not blocked any more: the second is the first offence.
    const block = { lasts: ['10m', '1h'], most: '2h', onClose: { after: '5m' } }
    const { changes } = await replayBy(dosWith([{ ...VICTIM, when: "'known' in trigger.labels", block }]))
    assert.deepEqual(
      changes.map(({ kind }) => kind),
      ['missing', 'shorter'],
    )
    assert.ok(Math.abs((changes[1]?.byMs ?? 0) + 50 * MINUTE) < 1_000)
  })

  it('joins two blocks that one would have held on', async () => {
    await begin()
    const flood = triggerOf()
    await take(flood)
    app.skip(20 * MINUTE)
    assert.equal((await take(next(flood)))[0]?.deed, 'began')
    const block = { lasts: '1h', most: '2h', onClose: { after: '5m' } } as const
    const { changes, blocks } = await replayBy(dosWith([{ ...VICTIM, block }]))
    assert.deepEqual([blocks.was, blocks.would], [2, 1])
    // 10 minutes twice, and the hour from the second word on.
    assert.deepEqual(
      changes.map(({ kind, was }) => [kind, was?.blocks.length]),
      [['longer', 2]],
    )
    assert.ok(Math.abs((changes[0]?.byMs ?? 0) - 10 * MINUTE) < 1_000, String(changes[0]?.byMs))
  })

  it('says what is missing without a rule, and what is asked about instead', async () => {
    await begin()
    await take(triggerOf(), triggerOf({ ...SCAN, target: '198.51.100.41' }))
    const without = TRIGGER_POLICIES.filter(({ name }) => name !== 'scan')
    const missing = await replayBy(without)
    assert.deepEqual(
      missing.changes.map(({ kind, target }) => [kind, target]),
      [['missing', '198.51.100.41/32']],
    )
    assert.deepEqual([missing.people.noLonger.ipv4Addresses, missing.people.noLonger.outside], [1, true])
    assert.equal(missing.triggers.differently, 1)
    const { changes, people } = await replayBy(dosWith([ASKS]))
    assert.deepEqual(
      changes.map(({ kind, fields }) => [kind, fields]),
      [['changed', ['asks']]],
    )
    assert.equal(people.noLonger.ownHosts, 1)
  })

  it('counts the people whom a wider rule hits', async () => {
    await begin()
    await take(
      triggerOf({ ...OTHER, target: '10.10.9.1' }),
      triggerOf({ ...OTHER, target: '10.10.1.7' }),
      triggerOf({ ...OTHER, target: '10.10.1.7' }),
      triggerOf({ ...OTHER, target: '198.51.100.77' }),
    )
    const { changes, people, blocks, triggers } = await replayBy([...TRIGGER_POLICIES, WIDER])
    assert.deepEqual([blocks.was, blocks.added, blocks.would], [0, 4, 4])
    // 400 users are behind the shared address: people are asked, and nobody is hit yet.
    assert.deepEqual(
      changes.map(({ would }) => would?.asks),
      [true, false, false, false],
    )
    const { departments, ipv4Addresses, ownHosts, sharedUsers, outside } = people.newly
    assert.deepEqual([departments, ipv4Addresses, ownHosts, sharedUsers], [['physics'], 2, 1, 0])
    assert.ok(outside)
    assert.deepEqual(triggers.would, { block: 4, ask: 0, refuse: 0, ignore: 0, none: 0 })
  })

  it('keeps what people did, to the block in the place of theirs', async () => {
    await begin()
    const flood = triggerOf()
    const [taken] = await take(flood)
    app.skip(MINUTE)
    await releaseBlock(app, person, taken?.block ?? 0, 'a speed test')
    await take(next(flood))
    const { changes, triggers } = await replayBy(dosWith([{ ...VICTIM, block: { lasts: '2h', most: '3h' } }]))
    assert.deepEqual(changes, [])
    assert.equal(triggers.replayed, 2)
  })

  it('counts what was erased and keeps what it led to', async () => {
    await begin()
    const [taken] = await take(triggerOf(), triggerOf())
    const erase = (one: Recorded): Recorded => {
      const { event } = one
      if (event.type !== 'trigger.taken' || event.trigger !== taken?.trigger) return one
      const { record: _, why: __, attack: ___, blocks: ____, ...rest } = event
      return { ...one, event: rest as typeof event, redacted: true }
    }
    const report = await replayBy(TRIGGER_POLICIES, erase)
    assert.deepEqual([report.triggers.redacted, report.triggers.replayed, report.changes.length], [1, 1, 0])
    assert.equal(report.blocks.was, 1)
  })

  it('names what a policy could not decide', async () => {
    await begin()
    await take(...Array.from({ length: 4 }, () => triggerOf({ category: 'other' })))
    const broken = policyOf({ policy: 'broken', priority: 40, when: "trigger.labels['x'] == 'y'", rules: [] })
    const { undecided } = await replayBy([...TRIGGER_POLICIES, broken])
    assert.deepEqual(
      undecided.map(({ policy, count: times }) => [policy, times]),
      [['broken', 4]],
    )
    assert.match(undecided[0]?.why ?? '', /could not be evaluated/)
  })
  it('names a breaker that would have tripped, which a reset on record opens', async () => {
    await begin()
    const many = (net: number) =>
      Array.from({ length: 30 }, (_, last) => triggerOf({ ...OTHER, target: `10.10.1.${net + last}` }))
    await take(...many(30))
    const { trips, blocks, triggers } = await replayBy([...TRIGGER_POLICIES, WIDER])
    assert.deepEqual(
      trips.map(({ breaker }) => breaker),
      ['department:physics'],
    )
    // A tenth of 200 users.
    assert.deepEqual([blocks.added, triggers.was.none, triggers.would.block], [20, 30, 30])
  })
})
