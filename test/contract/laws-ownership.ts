import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import { holds } from '../helpers/property.ts'
import { arbitraryRules } from './arbitraries.ts'
import type { Fixture } from './fixture.ts'
import { onStage } from './stage.ts'

/** An adapter touches only what is ours. */
export function ownershipLaws<S extends TSchema>(fixture: Fixture<S>): void {
  it('foreign entries survive everything and are never taken for ours', (t) =>
    onStage(fixture, async (stage) => {
      const { device } = stage
      if (device.plantForeign === undefined || device.foreignIntact === undefined) {
        return t.diagnostic('this fixture cannot plant foreign entries')
      }
      const token = await device.plantForeign()
      const intact = async (when: string): Promise<void> =>
        assert.ok((await device.foreignIntact?.(token)) === true, `foreign entries are intact ${when}`)
      const subject = await stage.open()
      await subject.settle([])
      const { foreign } = await subject.observe()
      const rules = arbitraryRules(subject.capabilities, fixture.scopes ?? ['local'], { maxLength: 6 })
      const property = fc.asyncProperty(rules, async (desired) => {
        await subject.settle(desired)
        assert.equal((await subject.observe()).foreign, foreign, 'as many foreign entries as before')
        await intact('beside ours')
        await subject.make({ remove: desired })
        await subject.settle([])
        await intact('after ours are gone')
      })
      await holds(property, Math.ceil((fixture.numRuns ?? 25) / 2))
      await subject.session.close()
      const again = await stage.open()
      await again.settle([])
      await intact('after another session')
    }))
}
