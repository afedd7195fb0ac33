import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { after, afterEach, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { COMPONENT_NAMES, matchText, readMatch } from '../../src/domain/match.ts'
import { ACTIONS, actionText, DROP, type FilterRule, filterRule, type Rule } from '../../src/domain/rule.ts'
import { arbitraryRules } from '../../test/contract/arbitraries.ts'
import { attackSpecs, BLOCK_SITE, isExpanded, meetingSpecs } from '../../test/helpers/attacks.ts'
import { type Bird, birdc, noBird, startBird, until } from '../../test/helpers/bird.ts'
import { ruleInBird } from '../../test/helpers/bird-flow.ts'
import { BlockEngine } from '../../test/helpers/block-engine.ts'
import { arbitrarySpec } from '../../test/helpers/blocks.ts'
import { COMPONENT_CASES, type ComponentCase, caseName, HOST } from '../../test/helpers/flow-cases.ts'
import { noFrr, startFrr } from '../../test/helpers/frr.ts'
import { noGobgp, startGobgp } from '../../test/helpers/gobgp.ts'
import type { FlowRouter, SeenFlow } from '../../test/helpers/seen-flow.ts'
import type { Session } from '../adapter.ts'
import { findExecutable } from '../transport/child.ts'
import type { ExabgpConfig, NeighbourConfig } from './config.ts'
import { exabgpAdapter } from './index.ts'
import { exampleConfig, FAMILIES, NEVER, PLACES, type Testbed, testbed } from './testbed.ts'

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

const blockLists = fc
  .tuple(meetingSpecs, fc.array(fc.oneof(arbitrarySpec(), attackSpecs), { maxLength: 4 }))
  .map((lists) => lists.flat())

interface Scene {
  readonly bed: Testbed
  readonly config: ExabgpConfig
  readonly bird: Bird
  readonly gobgp: FlowRouter
  readonly frr: FlowRouter
}

/** One speaker and three kinds of router, each by itself. */
async function begin(): Promise<Scene> {
  const bed = testbed()
  const [bird, gobgp, frr] = await Promise.all([startBird({ flow: true }), startGobgp(), startFrr()])
  const neighbours: NeighbourConfig[] = [
    { ...neighbour('bird', 65020), address: bird.address, port: bird.port, validates: true },
    { ...neighbour('gobgp', 65030), address: gobgp.address, port: gobgp.port },
    { ...neighbour('frr', 65040), address: frr.address, port: frr.port },
  ]
  const { local, ...upstream } = exampleConfig().scopes
  assert.ok(local)
  const scopes = {
    local,
    'region:north': local,
    'upstream:transit': { ...local, ...upstream['upstream:geant'] },
  }
  const config = exampleConfig({ neighbours, places: PLACES, scopes })
  return { bed, config, bird, gobgp, frr }
}

async function end({ bed, bird, gobgp, frr }: Scene): Promise<void> {
  await bed.dispose()
  for (const router of [bird, gobgp, frr]) await router.dispose()
}

/** How often each session came up, at BIRD, or was lost, at the others. */
async function sessions({ bird, gobgp, frr }: Scene): Promise<number[]> {
  assert.match(await birdc(bird.socket, 'show protocols cordon'), /Established/)
  assert.ok((await gobgp.established()) && (await frr.established()))
  return [bird.timesUp(), await gobgp.drops(), await frr.drops()]
}

/** Runs with a session of the adapter; the speaker goes on from one to the next. */
async function withSession(scene: Scene, run: (session: Session) => Promise<void>): Promise<void> {
  const session = await scene.bed.open(scene.config)
  try {
    await run(session)
  } finally {
    await session.close()
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
  await Promise.all(
    Object.entries(readersOf(scene)).map(async ([name, read]) => {
      const isThere = async (): Promise<boolean> => {
        const there = (await read()).sort()
        return there.length === expected.length && there.every((text, index) => text === expected[index])
      }
      await until(isThere, 5_000).catch(async () => assert.deepEqual((await read()).sort(), expected, name))
    }),
  )
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

async function appendDecoded(file: string, scene: Scene): Promise<void> {
  for (const [router, read] of Object.entries(readersOf(scene))) {
    const there = await read()
    for (const one of COMPONENT_CASES) {
      const result = { what: caseName(one), router, decodedAlike: there.includes(said(ruleOf(one))) }
      appendFileSync(file, `${JSON.stringify(result)}\n`)
    }
  }
}

/** Waits until every router has these rules alone. @returns the flow rules among them */
async function stands(scene: Scene, held: readonly Rule[]): Promise<FilterRule[]> {
  const flows = held.filter((rule): rule is FilterRule => rule.kind === 'flow')
  await everywhere(scene, flows)
  const hosts = new Set(held.flatMap((rule) => ('prefix' in rule ? [rule.prefix] : [])))
  await Promise.all(
    [scene.bird, scene.gobgp, scene.frr].map((router) =>
      until(async () => (await router.routes()).size === hosts.size),
    ),
  )
  return flows
}

describe('flow routes at real routers', { skip, timeout: 300_000 }, () => {
  let scene: Scene
  let stood: number[]

  before(async () => {
    scene = await begin()
    await withSession(scene, () =>
      until(async () => (await sessions(scene).catch(() => undefined)) !== undefined, 30_000),
    )
    stood = await sessions(scene)
    assert.equal(stood[0], 1, "BIRD's log tells of its session")
  })
  afterEach(async () => {
    await everywhere(scene, [])
    assert.deepEqual(await sessions(scene), stood, 'every session stayed up')
  })
  after(() => scene && end(scene))

  it('BIRD, GoBGP and FRR decode what was meant, whatever the rules', () =>
    withSession(scene, async (session) => {
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
    withSession(scene, async (session) => {
      const all = COMPONENT_CASES.map(ruleOf)
      for (const family of [4, 6] as const)
        assert.deepEqual(
          componentsIn(all.filter(({ match }) => match.family === family)),
          COMPONENT_NAMES.filter((name) => family === 6 || name !== 'flowLabel'),
        )
      await session.apply({ put: all, remove: [] }, NEVER)
      await everywhere(scene, all)
      if (TABLE !== undefined) await appendDecoded(TABLE, scene)
      await session.apply({ put: [], remove: all }, NEVER)
    }))

  it('blocks, with all that placement makes of them, reach every router and end no session', async () => {
    const { bed, config } = scene
    const engine = await BlockEngine.start(exabgpAdapter, config, bed.env, BLOCK_SITE)
    const met = { rules: 0, fragments: 0, aggregates: 0, beside: 0 }
    try {
      await fc.assert(
        fc.asyncProperty(blockLists, fc.nat(), async (specs, some) => {
          await engine.block(specs)
          const flows = await stands(scene, engine.held)
          met.rules += flows.length
          met.fragments += flows.filter(({ match }) => match.components.fragment !== undefined).length
          met.aggregates += flows.filter(({ match }) => isExpanded(match)).length
          met.beside += engine.beside
          await engine.release(some % specs.length)
          await stands(scene, engine.held)
          await engine.release()
          assert.deepEqual(await stands(scene, engine.held), [])
        }),
        { numRuns: 12, endOnFailure: true, includeErrorInReport: true },
      )
    } finally {
      await engine.stop()
    }
    assert.ok(
      Object.values(met).every((count) => count > 0),
      JSON.stringify(met),
    )
  })
})
