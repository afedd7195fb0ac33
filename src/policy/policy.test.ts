import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../test/helpers/property.ts'
import { compilePolicy, type Policy } from './compile.ts'
import { ConditionError, readExpression, viewOf } from './condition.ts'
import { decide } from './decide.ts'
import { factsOf, runExamples } from './examples.ts'
import type { Case, PolicyFile } from './schema.ts'

const BLOCK = { lasts: '30m' }
const TRIGGER: Case['trigger'] = { target: '203.0.113.7', role: 'victim', category: 'dos.volumetric' }

function fileOf(more: Partial<PolicyFile>): PolicyFile {
  return {
    ...{ policy: 'p', about: 'a test', priority: 100, mode: 'enforce' },
    rules: [{ rule: 'all', verdict: 'block', why: 'always', block: BLOCK }],
    examples: [],
    ...more,
  }
}

function policyOf(more: Partial<PolicyFile>): Policy {
  const { policy, problems } = compilePolicy(fileOf(more))
  assert.deepEqual(problems, [])
  return policy
}

function problemsOf(more: Partial<PolicyFile>): string[] {
  return compilePolicy(fileOf(more)).problems.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

const facts = (given: Case['given'] = {}, trigger: Partial<Case['trigger']> = {}) =>
  factsOf({ trigger: { ...TRIGGER, ...trigger }, given })

describe('the policy language', () => {
  it('asks by priority, and the first rule that holds decides', () => {
    const first = policyOf({
      policy: 'first',
      rules: [
        { rule: 'big', when: 'trigger.pps > 1000', verdict: 'block', why: 'big', block: BLOCK },
        { rule: 'small', when: 'trigger.pps < 10', verdict: 'ignore', why: 'small' },
      ],
    })
    const second = policyOf({ policy: 'second', priority: 200 })
    const decided = (pps: number) => decide([first, second], facts({}, { packetsPerSecond: pps })).decision
    assert.deepEqual([decided(2_000)?.policy, decided(2_000)?.rule], ['first', 'big'])
    assert.deepEqual([decided(1)?.policy, decided(1)?.verdict], ['first', 'ignore'])
    assert.deepEqual([decided(500)?.policy, decided(500)?.rule], ['second', 'all'])
  })

  it('records what a policy that is tried out would do, and asks the next one', () => {
    const tried = policyOf({ policy: 'tried', mode: 'simulate' })
    const off = policyOf({ policy: 'off', mode: 'off' })
    const last = policyOf({ policy: 'last', rules: [{ rule: 'no', verdict: 'refuse', why: 'never' }] })
    const { decision, simulated } = decide([off, tried, last], facts())
    assert.deepEqual([decision?.policy, decision?.verdict], ['last', 'refuse'])
    assert.deepEqual(
      simulated.map(({ policy, verdict }) => [policy, verdict]),
      [['tried', 'block']],
    )
  })

  it('refuses what cannot be evaluated, and asks no wider rule behind it', () => {
    const careless = policyOf({ policy: 'careless', when: "trigger.labels['site'] == 'a'" })
    const { decision } = decide([careless, policyOf({ policy: 'wide', priority: 200 })], facts())
    assert.deepEqual([decision?.policy, decision?.verdict, decision?.rule], ['careless', 'refuse', undefined])
    assert.match(decision?.why ?? '', /could not be evaluated: .*No such key: site/)
    const { decision: other } = decide([careless], facts({}, { labels: { site: 'a' } }))
    assert.equal(other?.verdict, 'block')
  })

  it('takes no whole host where a rule narrows to the traffic and the trigger names none', () => {
    const narrow = policyOf({
      rules: [{ rule: 'narrow', verdict: 'block', why: 'its port', block: { ...BLOCK, match: 'trigger' } }],
    })
    assert.equal(decide([narrow], facts()).decision, undefined)
    const match = { protocol: 'udp', sourcePort: 123 }
    const { decision } = decide([narrow], facts({}, { match }))
    assert.deepEqual(decision?.block?.match, match)
    // It says no more than none: the block would be of the whole host.
    assert.equal(decide([narrow], facts({}, { match: {} })).decision, undefined)
  })

  it('takes the one peer alone, and nothing where there is not one single address', () => {
    const pair = (block: object = {}) =>
      policyOf({
        rules: [
          { rule: 'pair', verdict: 'block', why: 'both', block: { ...BLOCK, match: 'peer', ...block } },
        ],
      })
    const matchOf = (trigger: object, block: object = {}) =>
      decide([pair(block)], facts({}, trigger)).decision?.block?.match
    const [victim, offender] = [{ peers: ['192.0.2.9'] }, { role: 'offender', peers: ['192.0.2.9'] }]
    assert.deepEqual(matchOf(victim), { source: '192.0.2.9/32' })
    assert.deepEqual(matchOf(offender), { destination: '192.0.2.9/32' })
    assert.deepEqual(matchOf(victim, { direction: 'from' }), { destination: '192.0.2.9/32' })
    assert.deepEqual(matchOf({ match: { source: '192.0.2.8' }, peers: ['192.0.2.8', '192.0.2.9'] }), {
      source: '192.0.2.8/32',
    })
    for (const nobody of [
      {},
      { peers: ['192.0.2.8', '192.0.2.9'] },
      { peers: ['192.0.2.0/24'] },
      { peers: ['2001:db8::1'] },
      { match: { source: '192.0.2.0/24' }, peers: ['192.0.2.9'] },
    ])
      assert.equal(matchOf(nobody), undefined)
    const rule = { rule: 'all', verdict: 'block' as const, why: 'w' }
    assert.deepEqual(
      problemsOf({ rules: [{ ...rule, block: { ...BLOCK, match: 'peer', direction: 'both' } }] }),
      ['rules.0.block.direction: a peer is at one end; say to or from'],
    )
  })

  it('lasts longer with every time before, and never longer than most', () => {
    const growing = policyOf({
      rules: [
        { rule: 'all', verdict: 'block', why: 'w', block: { lasts: ['30m', '2h', 'source'], most: '3h' } },
      ],
    })
    const lasts = (blocks: number, lifetime?: string) =>
      decide([growing], facts({ blocks }, lifetime === undefined ? {} : { lifetime })).decision?.block?.lasts
    assert.deepEqual(
      [lasts(0, '1h'), lasts(1, '1h'), lasts(2, '1h'), lasts(9, '9h')],
      [...[1_800_000, 7_200_000, 3_600_000, 10_800_000]],
    )
    assert.equal(lasts(2), undefined, 'the source does not say how long')
  })

  it('believes the address of a source only where the trigger or the policy says why', () => {
    const offender = { role: 'offender' as const }
    const evidence = (block: object, trigger: object, verdict: 'block' | 'ask' = 'block') =>
      decide(
        [policyOf({ rules: [{ rule: 'all', verdict, why: 'w', block: { ...BLOCK, ...block } }] })],
        facts({}, { ...offender, ...trigger }),
      ).decision?.block?.evidence
    assert.equal(evidence({}, {}), 'spoofable')
    assert.equal(evidence({}, { evidence: 'established' }), 'established')
    assert.equal(evidence({ spoofable: 'uRPF at every port of ours' }, {}), 'established')
    assert.equal(evidence({}, {}, 'ask'), 'established', 'a person judges it')
  })

  it('stops the traffic as it goes, unless it says otherwise', () => {
    const direction = (role: 'victim' | 'offender', block: object = {}) =>
      decide(
        [policyOf({ rules: [{ rule: 'all', verdict: 'block', why: 'w', block: { ...BLOCK, ...block } }] })],
        facts({}, { role }),
      ).decision?.block?.direction
    assert.deepEqual(
      [direction('victim'), direction('offender'), direction('victim', { direction: 'both' })],
      ['to', 'from', 'both'],
    )
  })

  it('says where a file is wrong, and what would be right', () => {
    assert.match(problemsOf({ when: 'trigger.packets > 3' })[0] ?? '', /^when: No such key: packets/)
    assert.match(problemsOf({ when: 'trigger.pps' })[0] ?? '', /^when: it gives double where bool is needed/)
    assert.match(problemsOf({ incident: 'target.own' })[0] ?? '', /^incident: it gives bool where string/)
    assert.match(problemsOf({ when: '1 +' })[0] ?? '', /^when: Unexpected token/)
    const rule = { rule: 'all', why: 'w' }
    assert.deepEqual(problemsOf({ rules: [{ ...rule, verdict: 'block' }] }), [
      'rules.0.verdict: block needs to say which block',
    ])
    assert.deepEqual(problemsOf({ rules: [{ ...rule, verdict: 'ignore', block: BLOCK }] }), [
      'rules.0.block: ignore makes no block',
    ])
    assert.match(
      problemsOf({ rules: [{ ...rule, verdict: 'block', block: { lasts: '2w' } }] })[0] ?? '',
      /^rules\.0\.block\.lasts: it lasts longer than `most`/,
    )
    assert.match(
      problemsOf({ rules: [{ ...rule, verdict: 'block', block: { lasts: ['1h', 'soon'] } }] })[0] ?? '',
      /^rules\.0\.block\.lasts\.1: 'soon' is not a duration/,
    )
    const twice = { ...rule, verdict: 'ignore' as const }
    assert.deepEqual(problemsOf({ rules: [twice, twice] }), ['rules.1.rule: there are two rules all'])
  })

  it('runs its examples, and names the rules that none of them hits', () => {
    const policy = policyOf({
      rules: [
        { rule: 'big', when: 'trigger.pps > 1000', verdict: 'block', why: 'big', block: BLOCK },
        { rule: 'rest', verdict: 'ignore', why: 'rest' },
      ],
    })
    const big = { ...TRIGGER, packetsPerSecond: 5_000 }
    const { results, unhit } = runExamples(policy, [
      { example: 'right', trigger: big, expect: { verdict: 'block', rule: 'big', lasts: '30m' } },
      { example: 'wrong', trigger: big, expect: { verdict: 'ignore', lasts: '1h' } },
      { example: 'bad', trigger: { ...big, target: 'nobody' }, expect: { verdict: 'block' } },
    ])
    assert.deepEqual(unhit, ['rest'])
    assert.deepEqual(results[0]?.failures, [])
    assert.deepEqual(results[1]?.failures, [
      'the decision is block, and should be ignore',
      'how long is 30m, and should be 1h',
    ])
    assert.match(results[2]?.failures[0] ?? '', /^trigger\.target: /)
  })

  it('reads conditions of times in the zone that they name', () => {
    const late = readExpression<boolean>("now.getHours('Europe/London') >= 18", 'bool')
    assert.equal(late.evaluate(viewOf(facts({ now: '2026-07-01T17:30:00Z' }))), true)
    assert.equal(late.evaluate(viewOf(facts({ now: '2026-12-01T17:30:00Z' }))), false)
    const since = readExpression<boolean>('history.since < 2 * hour', 'bool')
    assert.equal(since.evaluate(viewOf(facts({ since: '1h' }))), true)
    assert.equal(since.evaluate(viewOf(facts())), false)
  })

  it('takes any text for a condition, or says in words what is wrong with it', async () => {
    const view = viewOf(facts())
    await holds(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z.'"()[\]<>=!&|+ 0-9]{0,60}$/)), (text) => {
        try {
          const value = readExpression<boolean>(text, 'bool').evaluate(view)
          assert.equal(typeof value, 'boolean')
        } catch (error) {
          assert.ok(error instanceof ConditionError, String(error))
        }
      }),
      500,
    )
  })
})
