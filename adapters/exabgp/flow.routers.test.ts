import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { COMPONENT_NAMES, matchText, readMatch } from '../../src/domain/match.ts'
import { ACTIONS, actionText, DROP, type FilterRule, filterRule } from '../../src/domain/rule.ts'
import { arbitraryRules } from '../../test/contract/arbitraries.ts'
import { type Bird, noBird, startBird, until } from '../../test/helpers/bird.ts'
import { ruleInBird } from '../../test/helpers/bird-flow.ts'
import { COMPONENT_CASES, type ComponentCase, caseName, HOST } from '../../test/helpers/flow-cases.ts'
import { noFrr, startFrr } from '../../test/helpers/frr.ts'
import { noGobgp, startGobgp } from '../../test/helpers/gobgp.ts'
import type { FlowRouter, SeenFlow } from '../../test/helpers/seen-flow.ts'
import type { Session } from '../adapter.ts'
import { findExecutable } from '../transport/child.ts'
import type { NeighbourConfig } from './config.ts'
import { exampleConfig, FAMILIES, NEVER, PLACES, testbed } from './testbed.ts'

const skip =
  noBird() || noGobgp() || noFrr() || (findExecutable('exabgp') === undefined && 'exabgp is not installed')

const FLOWS = {
  kinds: ['flow'],
  families: [4, 6],
  components: COMPONENT_NAMES,
  actions: ACTIONS,
  places: Object.keys(PLACES),
} as const
const rules = arbitraryRules(FLOWS, ['local'], { minLength: 1, maxLength: 8 }) as fc.Arbitrary<FilterRule[]>

interface Scene {
  readonly session: Session
  readonly bird: Bird
  readonly gobgp: FlowRouter
  readonly frr: FlowRouter
}

/** One speaker and three kinds of router, each by itself. */
async function withRouters(run: (scene: Scene) => Promise<void>): Promise<void> {
  const bed = testbed()
  const bird = await startBird({ flow: true })
  const gobgp = await startGobgp()
  const frr = await startFrr()
  try {
    const neighbours: NeighbourConfig[] = [
      { ...neighbour('bird', 65020), address: bird.address, port: bird.port },
      { ...neighbour('gobgp', 65030), address: gobgp.address, port: gobgp.port },
      { ...neighbour('frr', 65040), address: frr.address, port: frr.port },
    ]
    const session = await bed.open(exampleConfig({ neighbours, places: PLACES }))
    await until(async () => (await gobgp.established()) && (await frr.established()), 30_000)
    await run({ session, bird, gobgp, frr })
    for (const { name } of neighbours)
      assert.ok(!bed.reported(`peer-down:${name}`, false), `${name} stayed up`)
    assert.deepEqual([await gobgp.drops(), await frr.drops()], [0, 0])
  } finally {
    await bed.dispose()
    for (const router of [bird, gobgp, frr]) await router.dispose()
  }
}

function neighbour(name: string, peerAs: number): NeighbourConfig {
  return {
    name,
    address: '127.0.0.1',
    localAddress: '127.0.0.1',
    localAs: 65010,
    peerAs,
    ttl: 2,
    families: FAMILIES,
  }
}

/** What is to be seen of a rule: its family, its canonical match and its action, whose rate travels as a float. */
function said({ match, action }: FilterRule): string {
  if (action.do === 'redirect')
    return `${match.family} ${matchText(match)} redirect ${PLACES.scrubber.routeTarget}`
  const rounded =
    action.do === 'rate-limit' ? { ...action, bytesPerSecond: Math.fround(action.bytesPerSecond) } : action
  return `${match.family} ${matchText(match)} ${actionText(rounded)}`
}

function seen({ family, match, actions }: SeenFlow): string {
  const words = [...match].map(([name, text]) => `${name}=${text}`)
  return `${family} ${words.join(' ')} ${actions.join(' ')}`
}

async function seenInBird(bird: Bird): Promise<string[]> {
  return [...(await bird.flows())].map(([text, communities]) =>
    said(ruleInBird(text, communities, PLACES) as FilterRule),
  )
}

function readersOf({ bird, gobgp, frr }: Scene): Readonly<Record<string, () => Promise<string[]>>> {
  return {
    bird: () => seenInBird(bird),
    gobgp: async () => (await gobgp.flows()).map(seen),
    frr: async () => (await frr.flows()).map(seen),
  }
}

/** Waits until every router says exactly this, or fails with what the last one says instead. */
async function everywhere(scene: Scene, wanted: readonly FilterRule[]): Promise<void> {
  const expected = wanted.map(said).sort()
  for (const [name, read] of Object.entries(readersOf(scene))) {
    const isThere = async (): Promise<boolean> => {
      const there = (await read()).sort()
      return there.length === expected.length && there.every((text, index) => text === expected[index])
    }
    await until(isThere, 5_000).catch(async () => assert.deepEqual((await read()).sort(), expected, name))
  }
}

/** A file that gets a line of JSON for each component. */
const TABLE = process.env['CORDON_TABLE']

/** The components that some of the rules have, in the order of {@link COMPONENT_NAMES}. */
function componentsIn(some: readonly FilterRule[]): string[] {
  return COMPONENT_NAMES.filter((name) => some.some(({ match }) => match.components[name] !== undefined))
}

function ruleOf({ family, bare, asked }: ComponentCase): FilterRule {
  const ends = bare === true ? {} : { destination: HOST[family] }
  return filterRule('flow', readMatch(family, { ...ends, ...asked }), DROP)
}

describe('flow routes at real routers', { skip, timeout: 300_000 }, () => {
  it('BIRD, GoBGP and FRR decode what was meant, and none ends its session, whatever the rules', () =>
    withRouters(async (scene) => {
      const { session } = scene
      let announced = 0
      await fc.assert(
        fc.asyncProperty(rules, async (some) => {
          const receipt = await session.apply({ put: some, remove: [] }, NEVER)
          const taken = some.filter(({ key }) => receipt.get(key)?.result === 'done')
          for (const { key } of some) {
            const outcome = receipt.get(key)
            if (outcome?.result === 'failed') assert.equal(outcome.class, 'unsupported', outcome.words)
          }
          announced += taken.length
          await everywhere(scene, taken)
          await session.apply({ put: [], remove: taken }, NEVER)
          await everywhere(scene, [])
        }),
        // A session that has ended spoils what comes after, so nothing smaller is looked for.
        { numRuns: 40, endOnFailure: true, includeErrorInReport: true },
      )
      assert.ok(announced > 50, `only ${announced} were announced`)
    }))

  it('BIRD, GoBGP and FRR decode every component of both families alike', () =>
    withRouters(async (scene) => {
      const cases = COMPONENT_CASES.map((one) => ({ name: caseName(one), rule: ruleOf(one) }))
      for (const family of [4, 6] as const)
        assert.deepEqual(
          componentsIn(cases.map(({ rule }) => rule).filter((rule) => rule.match.family === family)),
          [...COMPONENT_NAMES.filter((name) => family === 6 || name !== 'flowLabel')],
        )
      await scene.session.apply({ put: cases.map(({ rule }) => rule), remove: [] }, NEVER)
      await everywhere(
        scene,
        cases.map(({ rule }) => rule),
      )
      if (TABLE === undefined) return
      for (const [router, read] of Object.entries(readersOf(scene))) {
        const there = await read()
        for (const { name, rule } of cases) {
          const result = { what: name, router, decodedAlike: there.includes(said(rule)) }
          appendFileSync(TABLE, `${JSON.stringify(result)}\n`)
        }
      }
    }))
})
