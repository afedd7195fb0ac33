import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { approveBlock, declineBlock } from '../../src/app/agree.ts'
import { amendBlock } from '../../src/app/amend-block.ts'
import { AppError } from '../../src/app/app-error.ts'
import { freeze, panic, resetBreakers, thaw } from '../../src/app/automation.ts'
import { releaseBlock } from '../../src/app/release-block.ts'
import { Replay } from '../../src/app/replay/replay.ts'
import { type ReplayReport, reportOf } from '../../src/app/replay/report.ts'
import type { Caller } from '../../src/app/rights.ts'
import { takeTriggers } from '../../src/app/take-triggers.ts'
import { authenticate } from '../../src/app/tokens.ts'
import { DEFAULT_LIMITS } from '../../src/guards/limits.ts'
import type { Policy } from '../../src/policy/compile.ts'
import { makeApp, type TestApp } from '../helpers/app.ts'
import { holds } from '../helpers/property.ts'
import { groupsOf } from '../helpers/replayed.ts'
import { policyOf, TRIGGER_POLICIES } from '../helpers/trigger-policies.ts'

const RUNS = 25
const HOUR = 3_600_000
const DAY = 24 * HOUR
const BREAKER = { ...DEFAULT_LIMITS.breaker, perMinute: 12, hosts: 8, departmentHosts: 3 }
const LIMITS = { ...DEFAULT_LIMITS, breaker: BREAKER }
const PLACEMENTS = [{ name: 'everything', when: {}, use: [{ device: 'edge-1', as: 'acl' as const }] }]
const POLICIES: readonly Policy[] = [
  ...TRIGGER_POLICIES,
  policyOf({
    policy: 'spam',
    priority: 40,
    when: "trigger.category == 'spam'",
    limits: { perMinute: 3, perHour: 5 },
    rules: [
      {
        ...{ rule: 'again', when: 'history.blocks > 0 || history.active > 1', verdict: 'ask', why: 'again' },
        block: { lasts: '2h', match: { protocol: 'tcp', destinationPort: 25 } },
      },
      {
        ...{ rule: 'first', when: 'history.opens < 3 && counters.source < 4', verdict: 'block', why: 'spam' },
        block: { lasts: ['20m'], most: '1h', onClose: 'keep', spoofable: 'a test' },
      },
    ],
  }),
]

/** Spans whose sums come to no end of a block by the millisecond. */
const pause = fc.constantFrom(0, 0, 79_000, 283_000, 719_000, 2_221_000)
const word = fc.record({
  what: fc.constant('word' as const),
  incident: fc.nat({ max: 3 }),
  kind: fc.constantFrom('open', 'update', 'update', 'update', 'close'),
  category: fc.constantFrom('dos.volumetric', 'dos.volumetric', 'scan', 'spam'),
  target: fc.constantFrom('192.0.2.7', '192.0.2.8', '10.10.1.4', '198.51.100.9', '192.0.2.53', '10.10.9.1'),
  asks: fc.boolean(),
})
const deed = fc.record({
  what: fc.constantFrom(
    ...([
      'release',
      'release',
      'release',
      'approve',
      'decline',
      'amend',
      'amend',
      'freeze',
      'reset',
      'panic',
    ] as const),
  ),
  which: fc.nat({ max: 20 }),
})
const steps = fc.array(
  fc.tuple(pause, fc.oneof({ arbitrary: word, weight: 3 }, { arbitrary: deed, weight: 1 })),
  {
    minLength: 15,
    maxLength: 40,
  },
)
type Step = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never

describe('a replay by the same policies', () => {
  let app: TestApp
  let person: Caller
  before(async () => {
    app = await makeApp({ policies: POLICIES, limits: LIMITS, retainEndedMs: DAY })
    person = authenticate(app, await app.root())
  })
  after(() => app.close())

  async function take(
    machine: Caller,
    revision: number,
    one: Extract<Step[1], { what: 'word' }>,
  ): Promise<void> {
    const [taken] = await takeTriggers(app, machine, 'cordon', [
      {
        ...{ id: `incident-${one.incident}`, revision, kind: one.kind as 'open', role: roleOf(one.category) },
        ...{ category: one.category as 'scan', target: one.target },
        detectedAt: new Date(app.clock.now()).toISOString(),
        ...(one.asks ? { labels: { ask: '' } } : {}),
        ...(one.incident % 2 === 0 ? { attack: 'one attack' } : {}),
      },
    ])
    assert.ok(taken?.ok)
  }

  const roleOf = (category: string) => (category === 'dos.volumetric' ? 'victim' : 'offender')

  /** What people do to one of the blocks there are; what cannot be done to it is refused and nothing. */
  async function act({ what, which }: Exclude<Step[1], { what: 'word' }>): Promise<void> {
    const { head } = app.ledger
    const all = [...head.blocks.values()].filter(({ wanted }) => wanted !== 'off')
    const block = all[which % Math.max(1, all.length)]
    const tries: Readonly<Record<string, () => Promise<unknown>>> = {
      ...{ freeze: () => (head.frozen ? thaw(app, person) : freeze(app, person, 'a test')) },
      reset: () => resetBreakers(app, person, undefined),
      panic: async () => (which === 0 ? panic(app, person, 'a test') : undefined),
      ...(block && {
        release: () => releaseBlock(app, person, block.id, 'a test'),
        approve: () => approveBlock(app, person, block.id, { digest: block.proposal?.digest ?? '' }),
        decline: () => declineBlock(app, person, block.id, 'a test'),
        amend: () => amendBlock(app, person, block.id, block.version, { duration: '3h' }),
      }),
    }
    await tries[what]?.().catch((error: unknown) => assert.ok(error instanceof AppError, String(error)))
  }

  async function reportFrom(from: number): Promise<ReplayReport> {
    const site = { inventory: app.inventory, placements: PLACEMENTS, limits: LIMITS, policies: POLICIES }
    const replay = new Replay(site, { from, to: app.clock.now() + 1, retainEndedMs: DAY })
    for (const group of await groupsOf(app.ledger)) replay.take(group)
    replay.end()
    return reportOf(replay, POLICIES, app.inventory)
  }

  it('differs in nothing from what was, wherever its span begins', async () => {
    const seen = { blocks: 0 }
    await holds(
      fc.asyncProperty(steps, fc.nat({ max: 10 }), async (all, beginning) => {
        app.skip(40 * DAY)
        if (app.ledger.head.frozen !== undefined) await thaw(app, person)
        await act({ what: 'reset', which: 0 })
        const machine = authenticate(app, await app.token(['triggers:write', 'blocks:write'], 'automatic'))
        app.skip(2_000)
        let from = app.clock.now()
        for (const [index, [ms, one]] of all.entries()) {
          app.skip(ms + 3)
          if (index === beginning) {
            // Attempts of the hour before that were refused are not on record.
            app.skip(2 * HOUR)
            from = app.clock.now()
          }
          if (one.what === 'word') await take(machine, index + 1, one)
          else await act(one)
        }
        const { changes, triggers, trips, blocks } = await reportFrom(from)
        assert.deepEqual([changes, trips, triggers.differently], [[], [], 0])
        assert.deepEqual(triggers.was, triggers.would)
        assert.equal(blocks.was, blocks.would)
        seen.blocks += blocks.was
      }),
      RUNS,
      { endOnFailure: true },
    )
    assert.ok(seen.blocks > RUNS, `${seen.blocks} blocks`)
  })
})
