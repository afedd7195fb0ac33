import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compareRules, orderedForm } from '../../simulator/flow-agent/order.ts'
import { COMPONENT_NAMES } from '../../src/domain/match.ts'
import { DROP, type FilterRule, filterRule } from '../../src/domain/rule.ts'
import { compareFlowOrder } from '../../src/placement/flow-order.ts'
import { arbitraryMatch } from '../contract/arbitraries.ts'
import { holds } from '../helpers/property.ts'
import { wireComponents } from '../helpers/wire-rule.ts'

const rules = (family: 4 | 6): fc.Arbitrary<FilterRule> =>
  arbitraryMatch(family, { components: COMPONENT_NAMES }).map((match) => filterRule('flow', match, DROP))

/** Two rules; often they differ in one part alone, as most of what is compared in earnest. */
const pairs = fc.constantFrom<4 | 6>(4, 6).chain((family) =>
  fc.tuple(rules(family), rules(family), fc.boolean(), fc.boolean()).map(([a, b, sameEnds, sameRest]) => {
    const { destination, source } = sameEnds ? a.match : b.match
    const ends = {
      ...(destination === undefined ? {} : { destination }),
      ...(source === undefined ? {} : { source }),
    }
    const components = sameRest ? a.match.components : b.match.components
    return [a, filterRule('flow', { family, ...ends, components }, DROP)] as const
  }),
)

describe("the order in which routers try flow rules, as placement and as the lab's router see it", () => {
  it('is the same for any two rules', () =>
    holds(
      fc.property(pairs, ([a, b]) => {
        const [one, other] = [a, b].map(({ key, match: { family } }) =>
          orderedForm({ family, components: wireComponents(key) }),
        )
        assert.ok(one && other)
        assert.equal(Math.sign(compareFlowOrder(a.match, b.match)), compareRules(one, other))
      }),
      1_000,
    ))
})
