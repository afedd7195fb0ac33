import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { makeApp, type TestApp } from '../../test/helpers/app.ts'
import { TRIGGER_POLICIES } from '../../test/helpers/trigger-policies.ts'
import type { TriggerInput } from '../domain/trigger.ts'
import { DEFAULT_LIMITS } from '../guards/limits.ts'
import { approveBlock } from './agree.ts'
import { AppError } from './app-error.ts'
import { freeze, thaw } from './automation.ts'
import { listIncidents } from './incidents.ts'
import { releaseBlock } from './release-block.ts'
import type { Caller } from './rights.ts'
import { type TakenTrigger, takeTriggers } from './take-triggers.ts'
import { authenticate } from './tokens.ts'

const MINUTE = 60_000

describe('triggers', () => {
  let app: TestApp
  let machine: Caller
  let person: Caller
  let count = 0

  before(async () => {
    app = await makeApp({
      policies: TRIGGER_POLICIES,
      limits: {
        breaker: {
          ...DEFAULT_LIMITS.breaker,
          perMinute: 1_000,
          perHour: 1_000,
          allPerMinute: 1_000,
          allPerHour: 1_000,
        },
      },
    })
    person = authenticate(app, await app.root())
  })
  beforeEach(async () => {
    machine = authenticate(
      app,
      await app.token(['triggers:write', 'blocks:read', 'blocks:write'], 'automatic'),
    )
  })
  after(() => app.close())

  /** Each of its own incident, of a host of its own, unless told. */
  function triggerOf(more: Partial<TriggerInput> = {}): TriggerInput {
    count += 1
    return {
      ...{ id: `incident-${count}`, revision: 1, kind: 'open', role: 'victim', category: 'dos.volumetric' },
      target: `192.0.2.${10 + (count % 200)}`,
      detectedAt: new Date(app.clock.now()).toISOString(),
      ...more,
    }
  }

  async function take(...inputs: TriggerInput[]): Promise<TakenTrigger[]> {
    const taken = await takeTriggers(app, machine, 'cordon', inputs)
    return taken.map((one) => {
      assert.ok(one.ok, one.ok ? '' : one.error.message)
      return one
    })
  }

  async function takeOne(input: TriggerInput): Promise<TakenTrigger> {
    const [one] = await take(input)
    assert.ok(one !== undefined)
    return one
  }

  const blockOf = ({ block }: TakenTrigger) => {
    const found = app.ledger.head.blocks.get(block ?? 0)
    assert.ok(found !== undefined)
    return found
  }
  const next = (input: TriggerInput, more: Partial<TriggerInput> = {}): TriggerInput => ({
    ...input,
    revision: input.revision + 1,
    kind: 'update',
    detectedAt: new Date(app.clock.now()).toISOString(),
    ...more,
  })
  const left = ({ until }: { until: number | null }) => (until ?? 0) - app.clock.now()
  const about = (ms: number, expected: number): void =>
    assert.ok(Math.abs(ms - expected) < 5_000, `${ms} is not about ${expected}`)

  it('a detection becomes a block with the policy, the rule and a sentence why', async () => {
    const taken = await takeOne(triggerOf({ reference: 'case-77' }))
    assert.deepEqual(
      [taken.verdict, taken.deed, taken.policy, taken.rule],
      ['block', 'began', 'dos', 'victim'],
    )
    assert.deepEqual(taken.tried, [{ policy: 'trial', rule: 'all', verdict: 'refuse' }])
    const block = blockOf(taken)
    assert.equal(block.reason, 'a flood (dos/victim)')
    assert.equal(block.ticket, 'case-77', 'where the source tells more')
    assert.equal(block.direction, 'to')
    assert.equal(block.origin.kind, 'automatic')
    about(left(block), 10 * MINUTE)
  })

  it('what is over when it is told of is decided about, and not open', async () => {
    const input = triggerOf({ ceasedAt: new Date(app.clock.now() - MINUTE).toISOString() })
    assert.equal((await takeOne(input)).deed, 'began')
    const { incidents } = await listIncidents(app, person, { open: true, limit: 1_000, before: undefined })
    assert.ok(!incidents.some(({ id }) => id === input.id))
  })

  it('the same one again changes nothing, and neither does what is older', async () => {
    const input = triggerOf({ revision: 5 })
    const first = await takeOne(input)
    const seq = app.ledger.head.seq
    for (const again of [input, { ...input, revision: 4, kind: 'close' as const }]) {
      const taken = await takeOne(again)
      assert.equal(taken.replayed, true)
      assert.equal(taken.block, first.block)
    }
    assert.equal(app.ledger.head.seq, seq)
    assert.equal(blockOf(first).wanted, 'on')
  })

  it('goes on for as long as the source says so, and no longer than the policy allows', async () => {
    let input = triggerOf()
    const first = await takeOne(input)
    app.skip(8 * MINUTE)
    input = next(input)
    const second = await takeOne(input)
    assert.deepEqual([second.deed, second.block], ['extended', first.block])
    about(left(blockOf(first)), 10 * MINUTE)
    for (let minutes = 16; minutes < 120; minutes += 8) {
      app.skip(8 * MINUTE)
      input = next(input)
      assert.equal((await takeOne(input)).block, first.block)
      about(left(blockOf(first)), Math.min(10, 120 - minutes) * MINUTE)
    }
    app.skip(9 * MINUTE)
    const last = await takeOne(next(input))
    assert.equal(last.deed, 'refused')
    assert.match(last.why ?? '', /kept on for 2h, as long as the policy allows/)
  })

  it('goes on with one block when the source was silent for longer than it lasts', async () => {
    let input = triggerOf()
    const first = await takeOne(input)
    app.skip(20 * MINUTE)
    input = next(input)
    const second = await takeOne(input)
    assert.equal(second.deed, 'began')
    assert.notEqual(second.block, first.block)
    app.skip(5 * MINUTE)
    const third = await takeOne(next(input))
    assert.deepEqual([third.deed, third.block], ['extended', second.block])
  })

  it('an incident that turns to another target is followed, and gives both back', async () => {
    const input = triggerOf()
    const first = await takeOne(input)
    const turned = next(input, { target: '192.0.2.240' })
    const second = await takeOne(turned)
    assert.equal(second.deed, 'began')
    assert.notEqual(second.block, first.block)
    await takeOne(next(turned, { kind: 'close' }))
    for (const taken of [first, second]) about(left(blockOf(taken)), 5 * MINUTE)
  })

  it('ends after its hold-down when the source says that it is over, and goes on when it comes back', async () => {
    let input = triggerOf()
    const first = await takeOne(input)
    input = next(input, { kind: 'close' })
    assert.equal((await takeOne(input)).deed, 'ends-soon')
    about(left(blockOf(first)), 5 * MINUTE)
    app.skip(2 * MINUTE)
    input = next(input, { kind: 'open' })
    const again = await takeOne(input)
    assert.deepEqual([again.deed, again.block], ['extended', first.block])
    await takeOne(next(input, { kind: 'close' }))
    app.skip(6 * MINUTE)
    const anew = await takeOne(next(input, { kind: 'open', revision: 9 }))
    assert.equal(anew.deed, 'began')
    assert.notEqual(anew.block, first.block)
  })

  it('stays longer each time that it comes back within a month', async () => {
    const target = '192.0.2.3'
    const first = triggerOf({ target })
    await takeOne(first)
    await takeOne(next(first, { kind: 'close' }))
    app.skip(6 * MINUTE)
    about(left(blockOf(await takeOne(triggerOf({ target })))), 60 * MINUTE)
  })

  it('a policy without a hold-down gives back at once', async () => {
    const input = triggerOf({ category: 'scan', role: 'offender', target: '198.51.100.9' })
    const first = await takeOne(input)
    assert.equal(first.deed, 'began')
    assert.equal(blockOf(first).direction, 'from')
    assert.equal((await takeOne(next(input, { kind: 'close' }))).deed, 'released')
    assert.equal(blockOf(first).ending, 'released')
  })

  it('two reasons for one host are two blocks, and each ends on its own', async () => {
    const one = triggerOf()
    const other = triggerOf({ target: one.target })
    const [first, second] = await take(one, other)
    assert.ok(first !== undefined && second !== undefined && first.block !== second.block)
    await takeOne(next(one, { kind: 'close' }))
    about(left(blockOf(second)), 10 * MINUTE)
  })

  it('what a person has released stays off until it is opened anew', async () => {
    const input = triggerOf()
    const first = await takeOne(input)
    await releaseBlock(app, person, first.block ?? 0, 'it is a speed test')
    for (const revision of [2, 3]) {
      const off = await takeOne(next(input, { revision }))
      assert.deepEqual([off.deed, off.block], ['left-off', undefined])
    }
    await takeOne(next(input, { kind: 'close', revision: 4 }))
    assert.equal((await takeOne(next(input, { kind: 'open', revision: 5 }))).deed, 'began')
  })

  it('a simulated trigger is decided about and never enforced', async () => {
    const taken = await takeOne(triggerOf({ simulated: true }))
    assert.deepEqual([taken.verdict, taken.deed, taken.block], ['block', 'simulated', undefined])
  })

  it('asks one person, who is enough where nothing else asks', async () => {
    const taken = await takeOne(triggerOf({ labels: { ask: '' } }))
    assert.deepEqual([taken.verdict, taken.deed], ['ask', 'proposed'])
    const block = blockOf(taken)
    assert.equal(block.wanted, 'proposed')
    assert.match(block.proposal?.asks.join() ?? '', /the policy dos\/asks asks: somebody should look/)
    const digest = block.proposal?.digest ?? ''
    assert.equal((await approveBlock(app, person, block.id, { digest })).wanted, 'on')
  })

  it('a proposal goes when the source says that it is over', async () => {
    const input = triggerOf({ labels: { ask: '' } })
    const taken = await takeOne(input)
    assert.equal((await takeOne(next(input, { kind: 'close' }))).deed, 'released')
    assert.equal(blockOf(taken).ending, 'withdrawn')
  })

  it('ignores, and says when no policy has a rule for it', async () => {
    const own = await takeOne(triggerOf({ category: 'scan', role: 'offender' }))
    assert.deepEqual([own.verdict, own.deed, own.rule], ['ignore', 'nothing', 'own'])
    const other = await takeOne(triggerOf({ category: 'other' }))
    assert.deepEqual([other.verdict, other.deed, other.policy], ['none', 'nothing', undefined])
  })

  it('a policy takes no more of one source than its limit says', async () => {
    const scans = [1, 2, 3, 4].map((last) =>
      triggerOf({ category: 'scan', role: 'offender', target: `198.51.100.${last}` }),
    )
    const taken = await take(...scans)
    assert.deepEqual(
      taken.map(({ deed }) => deed),
      ['began', 'began', 'began', 'refused'],
    )
    assert.match(taken[3]?.why ?? '', /takes 3 blocks at once of one source/)
    const [first] = scans
    assert.ok(first !== undefined)
    await takeOne(next(first, { kind: 'close' }))
    const more = triggerOf({ category: 'scan', role: 'offender', target: '198.51.100.5' })
    assert.equal((await takeOne(more)).deed, 'began')
  })

  it('guards refuse in words, and the refusal is recorded', async () => {
    const taken = await takeOne(triggerOf({ target: '0.0.0.0/0' }))
    assert.equal(taken.deed, 'refused')
    assert.ok((taken.why ?? '').length > 10)
  })

  it('frozen automation blocks and prolongs nothing, and still gives back', async () => {
    const input = triggerOf()
    const first = await takeOne(input)
    await freeze(app, person, 'a test')
    try {
      assert.equal((await takeOne(triggerOf())).deed, 'refused')
      app.skip(2 * MINUTE)
      assert.equal((await takeOne(next(input))).deed, 'refused')
      assert.equal((await takeOne(next(input, { kind: 'close', revision: 3 }))).deed, 'ends-soon')
    } finally {
      await thaw(app, person)
    }
    assert.equal(blockOf(first).wanted, 'on')
  })

  it('a bad one is named, and its neighbours are taken', async () => {
    const [bad, good] = await takeTriggers(app, machine, 'cordon', [
      triggerOf({ target: 'nobody' }),
      triggerOf(),
    ])
    assert.ok(bad !== undefined && !bad.ok)
    assert.match(bad.error.message, /^target: /)
    assert.ok(good?.ok)
  })

  it('is no person’s to hand over, and needs the right', async () => {
    const codeOf = async (caller: Caller): Promise<string> => {
      const error = await takeTriggers(app, caller, 'cordon', [triggerOf()]).catch(
        (reason: unknown) => reason,
      )
      assert.ok(error instanceof AppError)
      return error.message
    }
    assert.match(await codeOf(person), /triggers:write|by machines/)
    const other = authenticate(app, await app.token(['blocks:write'], 'automatic'))
    assert.match(await codeOf(other), /triggers:write/)
  })

  it('one attack on many victims counts once for the breaker', async () => {
    const before = app.attempts.within(machine.token.id, app.clock.now(), MINUTE)
    await take(...[61, 62, 63, 64].map((last) => triggerOf({ target: `203.0.113.${last}` })))
    assert.equal(app.attempts.within(machine.token.id, app.clock.now(), MINUTE) - before, 1)
  })

  it('lists what goes on, the newest word first', async () => {
    const input = triggerOf()
    await takeOne(input)
    const { incidents } = await listIncidents(app, person, { open: true, limit: 2, before: undefined })
    assert.equal(incidents[0]?.id, input.id)
    const next2 = await listIncidents(app, person, { open: true, limit: 2, before: incidents[0]?.trigger })
    assert.notEqual(next2.incidents[0]?.id, input.id)
  })
})
