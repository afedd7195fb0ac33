import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { TSchema } from 'typebox'
import type { Capabilities } from '../../adapters/adapter.ts'
import { readMatch } from '../../src/domain/match.ts'
import { type Family, prefixAddress, prefixBits, prefixFromBits } from '../../src/domain/prefix.ts'
import {
  blackholeRule,
  type EntryKind,
  filterRule,
  isSwitchKind,
  type Rule,
  withAction,
} from '../../src/domain/rule.ts'
import { holds } from '../helpers/property.ts'
import { arbitraryAction, arbitraryActionsFor, arbitraryRules, SPACE } from './arbitraries.ts'
import type { Fixture } from './fixture.ts'
import { onStage } from './stage.ts'

/** How rules come, change and go: in any order, any number of times. */
export function changeLaws<S extends TSchema>(fixture: Fixture<S>): void {
  repetitionLaws(fixture)
  orderLaws(fixture)
  const runs = fixture.numRuns ?? 25
  const scopes = fixture.scopes ?? ['local']

  it('another action under one key replaces the one before', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      const pairs = arbitraryRules(subject.capabilities, scopes, { minLength: 1, maxLength: 6 }).chain(
        (rules) => fc.tuple(fc.constant(rules), arbitraryActionsFor(rules, subject.capabilities)),
      )
      const property = fc.asyncProperty(pairs, async ([rules, actions]) => {
        await subject.settle(rules)
        const changed = rules.map((rule, index) => withAction(rule, actions[index] ?? rule.action))
        await subject.make({ put: changed })
        await subject.expect(changed)
      })
      await holds(property, runs)
    }))

  it('a history of changes leaves what the last one of each key says', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      const histories = arbitraryHistory(subject.capabilities, scopes)
      const property = fc.asyncProperty(histories, async (history) => {
        await subject.settle([])
        const model = new Map<string, Rule>()
        for (const { put, remove } of history) {
          await subject.make({ put, remove })
          for (const rule of remove) model.delete(rule.key)
          for (const rule of put) model.set(rule.key, rule)
          await subject.expect([...model.values()])
        }
      })
      await holds(property, Math.ceil(runs / 2))
    }))

  it('as many changes at once as it allows do not disturb each other', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      const { inFlight } = subject.capabilities
      const rules = arbitraryRules(subject.capabilities, scopes, { minLength: 2, maxLength: 12 })
      const property = fc.asyncProperty(rules, async (desired) => {
        await subject.settle([])
        const lanes = Math.min(inFlight, desired.length, 4)
        const shares = Array.from({ length: lanes }, (_, lane) =>
          desired.filter((_rule, index) => index % lanes === lane),
        )
        await Promise.all(shares.map((put) => subject.make({ put })))
        await subject.expect(desired)
      })
      await holds(property, Math.ceil(runs / 5))
    }))
}

function repetitionLaws<S extends TSchema>(fixture: Fixture<S>): void {
  const runs = Math.ceil((fixture.numRuns ?? 25) / 2)
  const scopes = fixture.scopes ?? ['local']

  it('applying twice and removing what is absent are harmless', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      const rules = arbitraryRules(subject.capabilities, scopes, { minLength: 2, maxLength: 8 })
      const property = fc.asyncProperty(rules, async ([absent, ...desired]) => {
        assert.ok(absent)
        await subject.settle([])
        await subject.make({ put: desired })
        await subject.make({ put: desired, remove: [absent] })
        await subject.expect(desired)
        await subject.make({ remove: desired })
        await subject.make({ remove: [...desired, absent] })
        await subject.expect([])
      })
      await holds(property, runs)
    }))

  it('an empty change, and to be told of rest again, are harmless', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      await subject.make({})
      await subject.expect([])
      await subject.rest()
      await subject.rest()
      await subject.expect([])
    }))
}

function orderLaws<S extends TSchema>(fixture: Fixture<S>): void {
  const runs = Math.ceil((fixture.numRuns ?? 25) / 2)
  const scopes = fixture.scopes ?? ['local']

  it('order and batches do not matter', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      const orders = arbitraryRules(subject.capabilities, scopes, { minLength: 2, maxLength: 6 }).chain(
        (rules) => fc.tuple(fc.constant(rules), fc.shuffledSubarray(rules, { minLength: rules.length })),
      )
      const property = fc.asyncProperty(orders, async ([desired, shuffled]) => {
        await subject.settle([])
        for (const rule of shuffled) await subject.make({ put: [rule] })
        await subject.expect(desired)
        for (const [index, rule] of desired.entries()) {
          await subject.make({ remove: [rule] })
          if (index === 0) await subject.expect(desired.slice(1))
        }
        await subject.expect([])
      })
      await holds(property, runs)
    }))

  it('prefixes nest: narrow after wide, wide after narrow, and each goes alone', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      for (const nest of nests(subject.capabilities)) {
        for (const order of [nest, nest.toReversed()]) {
          for (const rule of order) await subject.make({ put: [rule] })
          await subject.expect(nest)
          for (const [index, rule] of order.entries()) {
            await subject.make({ remove: [rule] })
            await subject.expect(order.slice(index + 1))
          }
        }
        await subject.make({ put: nest })
        await subject.expect(nest)
        await subject.settle([])
      }
    }))
}

/** Widest first, one chain for each kind, family and end; the first narrow one shares the wide one's address. */
function nests(capabilities: Capabilities): Rule[][] {
  const found: Rule[][] = []
  const action = capabilities.actions.includes('drop')
    ? ({ do: 'drop' } as const)
    : ({ do: 'rate-limit', bytesPerSecond: 125_000 } as const)
  for (const family of capabilities.families) {
    const prefixes = chain(family)
    for (const kind of capabilities.kinds.filter((one): one is EntryKind => !isSwitchKind(one))) {
      if (kind === 'd-rtbh' || kind === 's-rtbh') {
        found.push(prefixes.map((prefix) => blackholeRule(kind, prefix)))
        continue
      }
      for (const end of ['destination', 'source'] as const) {
        found.push(prefixes.map((prefix) => filterRule(kind, readMatch(family, { [end]: prefix }), action)))
      }
    }
  }
  return found
}

function chain(family: Family) {
  const start = prefixBits(SPACE[family])
  const lengths = family === 4 ? [24, 25, 28, 32] : [56, 64, 120, 128]
  const longest = family === 4 ? 32 : 128
  const nested = lengths.map((length) => prefixFromBits(family, start, length))
  const last = prefixFromBits(family, start | 3n, longest)
  return prefixAddress(last) === prefixAddress(nested[0] ?? last) ? nested : [...nested, last]
}

interface Step {
  readonly put: Rule[]
  readonly remove: Rule[]
}

/** Steps over a small pool of keys, so that they meet again; a step never puts and removes one key. */
function arbitraryHistory(
  capabilities: Capabilities,
  scopes: NonNullable<Fixture<TSchema>['scopes']>,
): fc.Arbitrary<Step[]> {
  const pool = arbitraryRules(capabilities, scopes, { minLength: 1, maxLength: 6 })
  return pool.chain((rules) => {
    const part = fc.tuple(fc.constantFrom('put', 'remove', 'leave'), arbitraryAction(capabilities))
    const step = fc.tuple(...rules.map(() => part)).map((parts): Step => {
      const chosen = rules.map((rule, index) => ({
        rule: 'match' in rule ? withAction(rule, parts[index]?.[1] ?? rule.action) : rule,
        what: parts[index]?.[0],
      }))
      return {
        put: chosen.filter((item) => item.what === 'put').map((item) => item.rule),
        remove: chosen.filter((item) => item.what === 'remove').map((item) => item.rule),
      }
    })
    return fc.array(step, { minLength: 1, maxLength: 5 })
  })
}
