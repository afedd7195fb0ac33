import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import type { Evidence } from '../../adapters/adapter.ts'
import { holds } from '../helpers/property.ts'
import { arbitraryRules } from './arbitraries.ts'
import type { Fixture } from './fixture.ts'
import { onStage } from './stage.ts'
import { textOf } from './subject.ts'

const ORDER: readonly Evidence[] = ['none', 'acknowledged', 'read-back', 'witnessed']

/** What a device holds is what it was told to hold. */
export function holdingLaws<S extends TSchema>(fixture: Fixture<S>): void {
  const runs = fixture.numRuns ?? 25
  const scopes = fixture.scopes ?? ['local']

  it('a fresh device holds nothing of ours', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      await subject.expect([])
      assert.deepEqual((await subject.observe()).uncertain, [])
    }))

  it('apply then observe equals desired, a second plan is empty, removing all restores the start', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      const rules = arbitraryRules(subject.capabilities, scopes, { maxLength: 8 })
      const property = fc.asyncProperty(rules, async (desired) => {
        await subject.settle([])
        await subject.make({ put: desired })
        await subject.expect(desired)
        await subject.make({ remove: desired })
        await subject.expect([])
      })
      await holds(property, runs)
    }))

  it('observing some rules answers for those alone', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      const rules = arbitraryRules(subject.capabilities, scopes, { minLength: 3, maxLength: 6 })
      const property = fc.asyncProperty(rules, async (all) => {
        const [asked, absent, ...others] = all
        if (asked === undefined || absent === undefined) return
        await subject.settle([asked, ...others])
        const observed = await subject.observe([asked, absent])
        const found = [...observed.rules, ...observed.uncertain]
        assert.deepEqual(textOf(found), textOf([asked]))
      })
      await holds(property, Math.ceil(runs / 5))
    }))

  it('claims no better evidence than it can have', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      const rules = arbitraryRules(subject.capabilities, scopes, { minLength: 2, maxLength: 5 })
      const property = fc.asyncProperty(rules, async (put) => {
        await subject.settle([])
        const best = subject.capabilities.evidence === 'enforcer' ? 'witnessed' : 'acknowledged'
        for (const [key, outcome] of await subject.apply({ put })) {
          assert.ok(outcome.result === 'done', key)
          assert.ok(ORDER.indexOf(outcome.evidence) <= ORDER.indexOf(best), `${key}: ${outcome.evidence}`)
        }
        const observed = await subject.observe()
        assert.ok(ORDER.indexOf(observed.evidence) <= ORDER.indexOf(best), observed.evidence)
        if (subject.capabilities.evidence === 'enforcer') assert.notEqual(observed.evidence, 'acknowledged')
      })
      await holds(property, Math.ceil(runs / 5))
    }))

  it('a session that is opened again finds what the last one left', () =>
    onStage(fixture, async (stage) => {
      const capabilities = fixture.adapter.capabilities(stage.device.config)
      const rules = arbitraryRules(capabilities, scopes, { minLength: 1, maxLength: 6 })
      const property = fc.asyncProperty(rules, async (desired) => {
        const first = await stage.open()
        await first.settle(desired)
        await first.session.close()
        const second = await stage.open()
        if (capabilities.evidence === 'enforcer') await second.expect(desired)
        else await second.settle(desired)
        await second.make({ remove: desired })
        await second.settle([])
        await second.session.close()
      })
      await holds(property, Math.ceil(runs / 5))
    }))
}
