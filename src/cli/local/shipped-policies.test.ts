import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../../test/helpers/property.ts'
import { readPolicies } from '../../config/read-policies.ts'
import { CATEGORIES } from '../../domain/category.ts'
import type { Policy } from '../../policy/compile.ts'
import { type Decision, decide } from '../../policy/decide.ts'
import { factsOf } from '../../policy/examples.ts'
import type { Case } from '../../policy/schema.ts'

const SHIPPED = join(import.meta.dirname, '../../../policies/rules')

const PEERS = [['192.0.2.66'], ['192.0.2.66', '192.0.2.67'], ['192.0.2.0/24']]
const MATCHES = [
  {},
  { protocol: 'udp' },
  { protocol: 'udp', sourcePort: 53 },
  { protocol: 'tcp', destinationPort: [22, 443] },
  { protocol: 1 },
]
const optional = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined })

/** Whatever sources may say of a host or a network, and inventories know; more often what leads to a block. */
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    target: fc.constantFrom('203.0.113.8', '203.0.113.9', '203.0.113.10', '203.0.113.0/28', '203.0.0.0/16'),
    role: fc.constantFrom('victim' as const, 'offender' as const),
    category: fc.constantFrom(...CATEGORIES),
    evidence: optional('spoofable' as const, 'established' as const),
    confidence: optional(0, 0.49, 0.5, 0.7, 0.8, 0.9, 0.95, 1),
    simulated: optional(true, false, false, false, false),
    match: optional(...MATCHES),
    peers: optional(...PEERS),
    packetsPerSecond: optional(1, 50_000, 5e6),
    bitsPerSecond: optional(1, 1e9, 9e10),
    lifetime: optional('1h', '30d'),
    given: fc.record({
      own: fc.boolean(),
      known: fc.boolean(),
      users: fc.constantFrom(0, 25, 26, 900),
      blocks: fc.constantFrom(0, 1, 20),
    }),
  })
  .map(({ given, ...rest }) => {
    const said = Object.entries(rest).filter(([, value]) => value !== undefined)
    return { trigger: Object.fromEntries(said) as unknown as Case['trigger'], given }
  })

describe('the policies that are shipped, all together', () => {
  let policies: readonly Policy[] = []
  before(async () => {
    policies = (await readPolicies(SHIPPED)).map(({ policy }) => policy)
  })
  const decided = (about: Case): Decision | undefined => decide(policies, factsOf(about)).decision
  /** Blocks that machines would make, of any case at all, have this in common. */
  const everyBlock = (isRight: (about: Case, decision: Decision) => boolean): Promise<void> => {
    const seen = new Set<string | undefined>()
    return holds(
      fc.property(anyCase, (about) => {
        const decision = decided(about)
        if (decision?.verdict !== 'block') return
        seen.add(decision.policy)
        assert.ok(isRight(about, decision), `${decision.policy}/${decision.rule ?? ''}`)
      }),
      2_000,
    ).then(() => assert.ok(seen.size > 3, `only ${[...seen].join(', ')} block anything`))
  }

  it('decide about every category but other, and evaluate whatever comes', () =>
    holds(
      fc.property(anyCase, (about) => {
        const decision = decided(about)
        if (decision !== undefined) assert.notEqual(decision.rule, undefined, decision.why)
        else
          assert.ok(
            about.trigger.category === 'other' ||
              (about.trigger.role === 'victim' &&
                (about.trigger.category === 'listed' || about.given?.own === false)),
            about.trigger.category,
          )
      }),
      2_000,
    ))

  it('block nothing of an exercise, of a report, or of what its source doubts', () =>
    everyBlock(
      ({ trigger: { simulated, category, confidence = 1 } }) =>
        simulated !== true && category !== 'report' && confidence >= 0.7,
    ))

  it('block a network only where a list names a small one outside', () =>
    everyBlock(
      ({ trigger: { target }, given }, { policy }) =>
        !target.includes('/') || (policy === 'listed' && given?.own === false && !target.endsWith('/16')),
    ))

  it('leave an address that many of ours share to people', () =>
    everyBlock(({ given }) => given?.own === false || (given?.users ?? 0) <= 25))

  it('leave named hosts of ours to people, but for floods that they suffer', () =>
    everyBlock(
      ({ trigger: { role }, given }) => role === 'victim' || given?.own === false || given?.known === false,
    ))

  it('block no source by what can be forged, but for one peer or one port of an unnamed host of ours', () =>
    everyBlock(
      ({ trigger: { evidence }, given }, { block }) =>
        block?.direction === 'to' ||
        evidence === 'established' ||
        (given?.own === true && given.known === false && block?.match !== undefined),
    ))

  it('cut no victim of ours off: a machine takes only some of its traffic', () =>
    everyBlock(
      ({ trigger: { role } }, { block }) =>
        role === 'offender' || (block?.match !== undefined && Object.keys(block.match).length > 0),
    ))

  it('block for a week at the most, which is what a machine may', () =>
    everyBlock((_, { block }) => (block?.most ?? Number.POSITIVE_INFINITY) <= 7 * 86_400_000))

  it('take carpet bombing for one incident', () => {
    const incidents = ['203.0.113.8', '203.0.113.9', '203.0.113.200'].map(
      (target) =>
        decided({
          trigger: { target, role: 'victim', category: 'dos.volumetric', match: { protocol: 'udp' } },
        })?.incident,
    )
    assert.deepEqual([...new Set(incidents)], ['inbound-dos/203.0.113.0/24'])
  })
})
