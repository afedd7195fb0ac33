import { describe } from 'node:test'
import type { TSchema } from 'typebox'
import type { Fixture } from './fixture.ts'
import { changeLaws } from './laws-change.ts'
import { countingLaws } from './laws-counting.ts'
import { formLaws } from './laws-form.ts'
import { holdingLaws } from './laws-holding.ts'
import { limitLaws } from './laws-limits.ts'
import { ownershipLaws } from './laws-ownership.ts'
import { switchLaws } from './laws-switch.ts'
import { troubleLaws } from './laws-trouble.ts'

export type { Device, Fixture } from './fixture.ts'

/**
 * The laws of `adapters/adapter.ts`, held against one adapter on one kind of device. Which cases run follows from
 * its `capabilities` and from what the fixture can do to its device.
 */
export function adapterContract<S extends TSchema>(fixture: Fixture<S>): void {
  describe(`contract: ${fixture.name}`, () => {
    formLaws(fixture)
    holdingLaws(fixture)
    changeLaws(fixture)
    countingLaws(fixture)
    ownershipLaws(fixture)
    limitLaws(fixture)
    troubleLaws(fixture)
    switchLaws(fixture)
  })
}
