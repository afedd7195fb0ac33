import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { TSchema } from 'typebox'
import type { Capabilities, Outcome } from '../../adapters/adapter.ts'
import { readMatch } from '../../src/domain/match.ts'
import { prefixBits, prefixFromBits } from '../../src/domain/prefix.ts'
import {
  blackholeRule,
  DROP,
  filterRule,
  identityRule,
  isAttachmentKind,
  isIdentityKind,
  type Rule,
  switchRule,
} from '../../src/domain/rule.ts'
import { aliens } from './aliens.ts'
import { contractAccounts, SPACE } from './arbitraries.ts'
import type { Fixture } from './fixture.ts'
import { onStage } from './stage.ts'
import type { Subject } from './subject.ts'

/** What a device cannot hold is said, rule by rule. */
export function limitLaws<S extends TSchema>(fixture: Fixture<S>): void {
  const { small, refused } = fixture
  if (small !== undefined) {
    it('capacity is reported, never silently dropped', () =>
      onStage(fixture, async (stage) => {
        const subject = await stage.open(small(stage.device.config))
        const { maxEntries } = subject.capabilities
        assert.ok(maxEntries <= 64, 'the fixture makes it small')
        await overfill(subject, hosts(subject.capabilities, maxEntries + 3))
      }))
  }

  it('a refused rule does not take its neighbours down', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      const bad = refused === undefined ? aliens(subject.capabilities) : [refused]
      const neighbours = hosts(subject.capabilities, 4).filter(
        (rule) => !bad.some(({ key }) => key === rule.key),
      )
      for (const alien of bad) {
        const outcomes = await subject.apply({
          put: [...neighbours.slice(0, 2), alien, ...neighbours.slice(2)],
        })
        const outcome = outcomes.get(alien.key)
        assert.ok(outcome?.result === 'failed', `${alien.key}: ${JSON.stringify(outcome)}`)
        assert.ok(['unsupported', 'rejected'].includes(outcome.class), `${alien.key}: ${outcome.class}`)
        assert.notEqual(outcome.words, '', 'it says why')
        for (const rule of neighbours) assert.equal(outcomes.get(rule.key)?.result, 'done', rule.key)
        await subject.expect(neighbours)
        await subject.make({ remove: neighbours })
        await subject.settle([])
      }
    }))
}

/** Puts more than fits, then makes room: what was told is what stands. */
async function overfill(subject: Subject, rules: readonly Rule[]): Promise<void> {
  const { maxEntries } = subject.capabilities
  const outcomes = await subject.apply({ put: rules })
  const done = rules.filter((rule) => outcomes.get(rule.key)?.result === 'done')
  const refused = rules.filter((rule) => outcomes.get(rule.key)?.result !== 'done')
  assert.equal(done.length, maxEntries, 'as many as its capabilities say')
  for (const rule of refused) assertCapacity(rule, outcomes.get(rule.key))
  await subject.expect(done)
  await subject.make({ put: done })
  const [leaving, ...staying] = done
  const [coming] = refused
  assert.ok(leaving !== undefined && coming !== undefined)
  await subject.make({ remove: [leaving] })
  await subject.make({ put: [coming] })
  await subject.expect([...staying, coming])
  await subject.settle([])
}

function assertCapacity(rule: Rule, outcome: Outcome | undefined): void {
  assert.ok(outcome?.result === 'failed', `${rule.key}: ${JSON.stringify(outcome)}`)
  assert.equal(outcome.class, 'capacity', rule.key)
}

/** Single addresses of one kind and family, or names of switches, each a rule of its own. */
function hosts(capabilities: Capabilities, count: number): Rule[] {
  const [family] = capabilities.families
  const [kind] = capabilities.kinds
  assert.ok(family !== undefined && kind !== undefined)
  if (isIdentityKind(kind))
    return contractAccounts(capabilities)
      .slice(0, count)
      .map((name) => identityRule(kind, name))
  if (isAttachmentKind(kind))
    return (capabilities.switches ?? []).slice(0, count).map((name) => switchRule(kind, name))
  return Array.from({ length: count }, (_, index) => {
    const prefix = prefixFromBits(
      family,
      prefixBits(SPACE[family]) | BigInt(512 + index),
      family === 4 ? 32 : 128,
    )
    if (kind === 'd-rtbh' || kind === 's-rtbh') return blackholeRule(kind, prefix)
    const action = capabilities.actions.includes('drop')
      ? DROP
      : ({ do: 'rate-limit', bytesPerSecond: 125_000 } as const)
    return filterRule(kind, readMatch(family, { destination: prefix }), action)
  })
}
