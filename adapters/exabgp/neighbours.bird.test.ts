import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readMatch } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { blackholeRule, DROP, filterRule, type Rule } from '../../src/domain/rule.ts'
import { type Bird, noBird, startBird, until } from '../../test/helpers/bird.ts'
import type { Session } from '../adapter.ts'
import { findExecutable } from '../transport/child.ts'
import type { ExabgpConfig, NeighbourConfig } from './config.ts'
import { exampleConfig, NEVER, rtbh, type Testbed, testbed } from './testbed.ts'

const skip = noBird() || (findExecutable('exabgp') === undefined ? 'exabgp is not installed' : false)

interface Scene {
  readonly bed: Testbed
  readonly config: ExabgpConfig
  /** IPv4 and IPv6 blackholes of every scope. */
  readonly edge: Bird
  /** IPv4 alone, blackholes for its own upstream and flow routes. */
  readonly transit: Bird
}

const UPSTREAM = {
  communities: ['64500:666'],
  sourceCommunities: ['64500:667'],
  nextHop4: '192.0.2.9',
  nextHop6: '100::9',
}

async function withTwo(run: (scene: Scene) => Promise<void>): Promise<void> {
  const bed = testbed()
  const edge = await startBird({ address: '127.0.0.2' })
  const transit = await startBird({ address: '127.0.0.3', localAs: 65030, flow: true })
  try {
    const at = (bird: Bird, name: string, peerAs: number): NeighbourConfig => ({
      ...{ name, peerAs, address: bird.address, port: bird.port },
      ...{ localAddress: '127.0.0.1', localAs: 65010, ttl: 2 },
    })
    const config = exampleConfig({
      neighbours: [
        at(edge, 'edge', 65020),
        {
          ...at(transit, 'transit', 65030),
          families: ['ipv4 unicast', 'ipv4 flow'],
          scopes: { 'upstream:geant': UPSTREAM },
          maxFlows: 2,
        },
      ],
      peerWithin: 3_000,
    })
    await run({ bed, config, edge, transit })
    for (const name of ['edge', 'transit'])
      assert.ok(!bed.reported(`peer-down:${name}`, false), `the session with ${name} stayed up`)
  } finally {
    await bed.dispose()
    for (const bird of [edge, transit]) await bird.dispose()
  }
}

const put = (session: Session, rules: readonly Rule[]) => session.apply({ put: rules, remove: [] }, NEVER)
const remove = (session: Session, rules: readonly Rule[]) => session.apply({ put: [], remove: rules }, NEVER)

async function become(bird: Bird, expected: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const routes = [...(await bird.routes())].map(([prefix, { communities }]) => [prefix, communities.sort()])
    return JSON.stringify(Object.fromEntries(routes.sort())) === JSON.stringify(expected)
  }
  await until(isThere).catch(async () => assert.deepEqual(await bird.routes(), expected))
}

const flow = (port: number, family: 4 | 6 = 4): Rule =>
  filterRule(
    'flow',
    readMatch(family, { destination: family === 4 ? '192.0.2.1' : '2001:db8::1', protocol: 'udp', port }),
    DROP,
  )

const LOCAL = ['65010:911', '65535:65281', '65535:666']

describe('exabgp: neighbours that differ', { skip }, () => {
  it('each gets what it takes, in its own words, and a rule is done when all of those were told', () =>
    withTwo(async ({ bed, config, edge, transit }) => {
      const session = await bed.open(config)
      const rules = [
        rtbh('203.0.113.1'),
        rtbh('203.0.113.2', 'upstream:geant'),
        rtbh('2001:db8::2', 'upstream:geant'),
        flow(53),
      ]
      const receipt = await put(session, rules)
      assert.ok([...receipt.values()].every(({ result }) => result === 'done'))
      await become(edge, {
        '2001:db8::2/128': ['20965:666', '65010:911'],
        '203.0.113.1/32': LOCAL,
        '203.0.113.2/32': ['20965:666', '65010:911'],
      })
      await become(transit, { '203.0.113.2/32': ['64500:666', '65010:911'] })
      await until(async () => (await transit.flows()).size === 1)
      const { rules: held, uncertain } = await session.observe('all', NEVER)
      assert.deepEqual(held.map(({ key }) => key).sort(), rules.map(({ key }) => key).sort())
      assert.deepEqual(uncertain, [])
      await session.settled?.()
      await remove(session, rules)
      await become(edge, {})
      await become(transit, {})
      await until(async () => (await transit.flows()).size === 0)
    }))

  it('says what no neighbour takes, and how many flow routes one may hold before it is told of more', () =>
    withTwo(async ({ bed, config, transit }) => {
      const session = await bed.open(config)
      const words = async (rule: Rule): Promise<string> => {
        const outcome = (await put(session, [rule])).get(rule.key)
        return outcome?.result === 'failed' ? `${outcome.class}: ${outcome.words}` : String(outcome?.result)
      }
      assert.match(await words(flow(53, 6)), /^unsupported: no neighbour takes flow rules of IPv6/)
      assert.match(
        await words(blackholeRule('d-rtbh', parsePrefix('203.0.113.1'), 'region:north')),
        /^unsupported: the scope region:north is not configured for a neighbour of IPv4/,
      )
      assert.deepEqual([await words(flow(1)), await words(flow(2))], ['done', 'done'])
      assert.equal(await words(flow(3)), 'capacity: its neighbour transit may hold 2 flow routes')
      await remove(session, [flow(1)])
      assert.equal(await words(flow(3)), 'done')
      await until(async () => (await transit.flows()).size === 2)
    }))

  it('a helper that dies and a restarted speaker lose nothing and leave nothing, at either', () =>
    withTwo(async ({ bed, config, edge, transit }) => {
      const rules = [rtbh('203.0.113.1'), rtbh('203.0.113.2', 'upstream:geant')]
      const first = await bed.open(config)
      await put(first, rules)
      await first.settled?.()
      await become(transit, { '203.0.113.2/32': ['64500:666', '65010:911'] })
      const pid = Number(readFileSync(join(bed.folder, 'speaker.pid'), 'utf8'))
      const helper = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
      process.kill(Number(helper), 'SIGKILL')
      await until(() => bed.changes.some(({ type }) => type === 'down'))
      await first.close()
      const second = await bed.open(config)
      const { rules: sure, uncertain } = await second.observe('all', NEVER)
      assert.deepEqual([sure.length, uncertain.length], [0, 2], 'the example tells its rules apart')
      await put(second, rules)
      assert.equal((await second.observe('all', NEVER)).rules.length, 2)
      await remove(second, rules)
      await second.settled?.()
      await become(edge, {})
      await become(transit, {})
    }))
})
