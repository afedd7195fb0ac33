import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { askBird } from '../../../simulator/bird-socket.ts'
import { eventually } from '../../../simulator/eventually.ts'
import type { Lab } from '../../../simulator/lab-handle.ts'
import { raiseLab } from '../../../simulator/raise.ts'
import { whyNoLab } from '../../../simulator/requirements.ts'
import { vtysh } from '../../../simulator/router-state.ts'
import { parsePrefix } from '../../../src/domain/prefix.ts'
import { findExecutable } from '../../transport/child.ts'
import { communityNumber } from '../community.ts'
import type { ExabgpConfig, NeighbourConfig } from '../config.ts'
import { acceptsRoute, boundsOf } from './bounds.ts'
import { provision } from './provision.ts'
import { FLOWS, MARKED, OFFERS, SITE } from './testing/offers.ts'
import { keyPlaceholder } from './words.ts'

const ROUTERS = {
  bird: { kind: 'bird-router', as: 65010, net: 0 },
  frr: { kind: 'frr-router', as: 65010, net: 4 },
  'bird-far': { kind: 'bird-router', as: 65020, net: 8 },
  'frr-far': { kind: 'frr-router', as: 65030, net: 12 },
  'bird-few': { kind: 'bird-router', as: 65010, net: 16 },
  'frr-few': { kind: 'frr-router', as: 65010, net: 20 },
  // A router of its own for what asks BGP alone: zebra of 8.4.4 dies of some flow routes, and installs nothing from then on.
  'frr-flow': { kind: 'frr-router', as: 65010, net: 24 },
} as const
type Router = keyof typeof ROUTERS
const NAMES = Object.keys(ROUTERS) as Router[]
const FEW = 3
/** Next hops that a router discards by configuration: those of the text, and of the simulator's FRR. */
const STATIC = new Set(['192.0.2.66', '100::66', '192.0.2.1', '100::1'])

function isInside(router: Router): boolean {
  return ROUTERS[router].as === 65010
}

function addressesOf(router: Router): { own: string; speaker: string } {
  const { net } = ROUTERS[router]
  return { own: `192.0.2.${net + 1}`, speaker: `192.0.2.${net + 2}` }
}

function topology(): unknown {
  const routers = NAMES.map((name) => {
    const bgp = {
      asn: ROUTERS[name].as,
      speakers: { speaker: { node: 'mgmt', asn: 65010 } },
      marking: MARKED,
      blackhole: '65535:666',
      own: SITE.own,
      ...(name === 'bird' ? { flow: 'validate' } : {}),
    }
    return [name, { kind: ROUTERS[name].kind, bgp }]
  })
  return {
    name: 'bounds',
    nodes: { mgmt: { kind: 'mgmt' }, ...(Object.fromEntries(routers) as object) },
    links: NAMES.map((name) => {
      const { own, speaker } = addressesOf(name)
      return { [name]: [`${own}/30`], mgmt: [`${speaker}/30`] }
    }),
  }
}

function configOf(router: Router): ExabgpConfig {
  const { own, speaker } = addressesOf(router)
  const neighbour: NeighbourConfig = {
    ...{ name: router, address: own, localAddress: speaker, session: 'speaker' },
    ...{ localAs: 65010, peerAs: ROUTERS[router].as },
    ...(ROUTERS[router].kind === 'bird-router' ? { platform: 'bird' } : { platform: 'frr' }),
    ...(router === 'bird' || router === 'frr-flow'
      ? { families: ['ipv4 unicast', 'ipv6 unicast', 'ipv4 flow'], validates: true }
      : {}),
    ...(router.endsWith('far') ? { gtsm: true } : { md5: 'env:KEY' }),
  }
  const hops = { nextHop4: '192.0.2.66', nextHop6: '100::66' }
  return {
    routerId: '192.0.2.2',
    marking: MARKED,
    neighbours: [neighbour],
    scopes: {
      local: { communities: ['blackhole', 'no-export'], ...hops },
      ...(isInside(router) ? { external: { communities: ['no-export'], ...hops } } : {}),
      'upstream:geant': { communities: ['20965:666'], ...hops },
    },
    ...(router.endsWith('few') ? { maxRoutes: FEW } : {}),
  }
}

function textFor(router: Router): string {
  const [provisioned] = provision(configOf(router), { ...SITE, device: 'rtbh' })
  return provisioned?.texts.get(provisioned.platform ?? '')?.() ?? ''
}

function boundsFor(router: Router) {
  const config = configOf(router)
  const [neighbour] = config.neighbours
  if (neighbour === undefined) throw new Error('no neighbour')
  return boundsOf(config, neighbour, { ...SITE, device: 'rtbh' })
}

/** ExaBGP's own configuration, which announces everything as soon as a session is up. */
function exabgpNeighbour(router: Router): string {
  const { own, speaker } = addressesOf(router)
  const [config] = configOf(router).neighbours
  const routes = OFFERS.map(
    ([prefix, communities]) =>
      `route ${prefix} next-hop ${prefix.includes(':') ? '100::1' : '192.0.2.1'} community [${numbersOf(communities).join(' ')}];`,
  )
  const flows = FLOWS.map(
    ({ match, marked }, index) =>
      `route f${index} { match { ${match} } then { discard; community [${marked ? MARKED : '65010:1'}]; } }`,
  )
  const hasFlow = config?.families !== undefined
  return `neighbor ${own} { router-id ${speaker}; local-address ${speaker}; local-as 65010; peer-as ${ROUTERS[router].as};
  ${config?.md5 === undefined ? 'outgoing-ttl 255;' : `md5-password "${keyPlaceholder(boundsFor(router))}";`}
  capability { graceful-restart 120; }
  family { ipv4 unicast; ipv6 unicast; ${hasFlow ? 'ipv4 flow;' : ''} }
  static { ${routes.join('\n    ')} }
  ${hasFlow ? `flow { ${flows.join('\n    ')} }` : ''}
}
`
}

function numbersOf(communities: string): string[] {
  return communities.split(' ').map(communityNumber)
}

const missing = findExecutable('exabgp') === undefined ? 'exabgp is not installed' : false
const skip = whyNoLab(['bird-router', 'frr-router']) ?? missing

describe('real routers, told what provision prints', { skip }, () => {
  let lab: Lab
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-bounds-'))
    const file = join(folder, 'bounds.yaml')
    await writeFile(file, JSON.stringify(topology()))
    const imports = Object.fromEntries(NAMES.map((name) => [name, textFor(name)]))
    lab = await raiseLab({
      topology: file,
      name: `bounds-${process.pid}`,
      engine: 'netns',
      tied: true,
      imports,
    })
    const speaker = join(folder, 'exabgp.conf')
    await writeFile(speaker, NAMES.map(exabgpNeighbour).join(''))
    const env = {
      ...{ 'exabgp.daemon.user': 'root', 'exabgp.daemon.drop': 'false', 'exabgp.tcp.bind': '' },
      ...{ 'exabgp.api.cli': 'false', 'exabgp.log.level': 'ERR', 'exabgp.log.destination': 'stderr' },
    }
    lab.spawnIn('mgmt', ['exabgp', speaker], { stdio: 'ignore', env })
  })
  after(async () => {
    await lab?.down()
    await rm(folder, { recursive: true, force: true })
  })

  const isTaken = (router: Router, [, , accepted]: (typeof OFFERS)[number]): boolean =>
    accepted === 'inside the AS' ? isInside(router) : accepted

  /** What the kernel discards, without what is configured as a static route. */
  const discarded = async (router: Router): Promise<string[]> => {
    const lists = await Promise.all(
      ['-4', '-6'].map((family) => lab.exec(router, ['ip', family, 'route', 'show', 'type', 'blackhole'])),
    )
    return lists
      .flatMap(({ stdout }) => [...stdout.matchAll(/^\s*blackhole (\S+)/gm)].map((match) => match[1] ?? ''))
      .filter((address) => !STATIC.has(address))
      .map((address) => (address.includes('/') ? address : String(parsePrefix(address))))
      .sort()
  }

  /** How many unicast routes it has heard, taken or not. */
  const heard = async (router: Router): Promise<number> => {
    if (ROUTERS[router].kind === 'bird-router') {
      const told = await askBird(lab.birdSocket(router), 'show protocols all speaker')
      const unicast = told.split(/Channel /).filter((part) => /^ipv[46]/.test(part))
      const updates = unicast.map((part) => Number(/Import updates:\s+(\d+)/.exec(part)?.[1] ?? 0))
      return updates.reduce((sum, count) => sum + count, 0)
    }
    const counts = await Promise.all(
      ['ipv4', 'ipv6'].map(async (family) => {
        const command = `show bgp ${family} unicast neighbors ${addressesOf(router).speaker} received-routes json`
        const { stdout } = await lab.exec(router, vtysh(lab.runtimeFolder, router, command))
        const { receivedRoutes = {} } = JSON.parse(stdout) as { receivedRoutes?: object }
        return Object.keys(receivedRoutes).length
      }),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  }

  for (const router of ['bird', 'frr', 'bird-far', 'frr-far'] as const)
    test(`${router} takes what the model takes, and discards it`, async () => {
      await eventually(
        `${router} to have heard everything`,
        30_000,
        async () => (await heard(router).catch(() => 0)) === OFFERS.length,
      )
      const taken = OFFERS.filter((offer) => isTaken(router, offer)).map(([prefix]) => prefix)
      await eventually(
        `${router}'s kernel to discard it`,
        5_000,
        async () => (await discarded(router)).length >= taken.length,
      ).catch(() => undefined)
      assert.deepEqual(await discarded(router), [...taken].sort())
      for (const offer of OFFERS) {
        const [prefix, communities] = offer
        const accepts = acceptsRoute(boundsFor(router), parsePrefix(prefix), new Set(numbersOf(communities)))
        assert.equal(accepts, isTaken(router, offer), prefix)
      }
    })

  test('BIRD validates flow routes and refuses protected ones; FRR looks at the marking', async () => {
    const count = (of: 'bird' | 'frr'): number => FLOWS.filter((flow) => flow[of]).length
    const frrFlows = async (): Promise<number> => {
      const shown = vtysh(lab.runtimeFolder, 'frr-flow', 'show bgp ipv4 flowspec')
      const { stdout } = await lab.exec('frr-flow', shown)
      return Number(/Displayed\s+(\d+)/.exec(stdout)?.[1] ?? 0)
    }
    await eventually('FRR to have the flow routes', 10_000, async () => (await frrFlows()) === count('frr'))
    const bird = await askBird(lab.birdSocket('bird'), 'show protocols all speaker')
    const channel = bird.split(/Channel /).find((part) => part.startsWith('flow4')) ?? ''
    assert.match(channel, new RegExp(`Import updates:\\s+${FLOWS.length} `))
    const table = await askBird(lab.birdSocket('bird'), 'show route table f4')
    // What the check refuses stays in the table and is called unreachable.
    const feasible = table
      .split('\n')
      .filter((line) => line.includes('flow4 {') && !line.includes('unreachable'))
    assert.equal(feasible.length, count('bird'), table)
    assert.match(feasible[0] ?? '', /dst 203\.0\.113\.10\/32/)
  })

  test('above the limit BIRD keeps session and routes, and FRR ends the session', async () => {
    const held = async (): Promise<string[]> => discarded('bird-few')
    await eventually(
      'BIRD to have heard everything',
      20_000,
      async () => (await heard('bird-few')) === OFFERS.length,
    )
    for (const family of ['4', '6']) {
      const some = (await held()).filter((prefix) => prefix.includes(':') === (family === '6'))
      assert.ok(some.length <= FEW && some.length > 0, some.join(' '))
    }
    assert.match(await askBird(lab.birdSocket('bird-few'), 'show protocols speaker'), /Established/)
    await eventually('FRR to end its session', 20_000, async () => {
      const { stdout } = await lab.exec('frr-few', vtysh(lab.runtimeFolder, 'frr-few', 'show bgp neighbors'))
      return stdout.includes('exceeded the max') && !stdout.includes('BGP state = Established')
    })
    assert.deepEqual(await discarded('frr-few'), [])
  })

  test('the kill switch lets everything go at once', async () => {
    assert.match(textFor('bird'), /KILL SWITCH.*: birdc disable speaker$/m)
    await askBird(lab.birdSocket('bird'), 'disable speaker')
    assert.match(textFor('frr'), /KILL SWITCH.*router bgp 65010' -c 'neighbor [0-9.]+ shutdown'$/m)
    const shut = vtysh(lab.runtimeFolder, 'frr', 'configure terminal')
    const more = ['-c', 'router bgp 65010', '-c', `neighbor ${addressesOf('frr').speaker} shutdown`]
    await lab.exec('frr', [...shut, ...more])
    for (const router of ['bird', 'frr'] as const)
      await eventually(`${router} to let go`, 2_000, async () => (await discarded(router)).length === 0)
  })
})
