import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import { prefixes } from '../../test/helpers/inventory.ts'
import { DEFAULT_LIMITS } from '../guards/limits.ts'
import { isOwn } from '../inventory/inventory.ts'
import { type LoadedConfig, loadConfig } from './load.ts'
import { ConfigError } from './yaml-file.ts'

const REGISTRY = { adapters: allAdapters(), witnesses: allWitnesses() }

const PLACEMENTS = `placements:
  - name: all
    when: {}
    use: [{ device: edge, as: acl }]
`
const SITE = `site:
  own: [192.0.2.0/24]
`
const DEVICES = `devices:
  - { name: edge, kind: memory }
`

describe('cordon.yaml', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-config-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function load(config: string, placements = PLACEMENTS): Promise<LoadedConfig> {
    await writeFile(join(folder, 'cordon.yaml'), `placements: placement.yaml\n${config}`)
    await writeFile(join(folder, 'placement.yaml'), placements)
    return loadConfig(join(folder, 'cordon.yaml'), REGISTRY)
  }

  /** Each problem as it is shown, without the folder. */
  async function problems(config: string, placements?: string): Promise<string[]> {
    const error = await load(config, placements).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof ConfigError, `expected problems, got ${String(error)}`)
    return error.message.split('\n').map((line) => line.replace(`${folder}/`, ''))
  }

  it('needs no more than a site and devices; the rest has defaults', async () => {
    const config = await load(SITE + DEVICES)
    assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8321, behindTlsProxy: false })
    assert.deepEqual(config.limits, DEFAULT_LIMITS)
    assert.equal(config.ledger.folder, join(folder, 'var/ledger'))
    assert.equal(config.ledger.retainEndedMs, 86_400_000)
    assert.equal(config.accessFile, join(folder, 'var/access.json'))
    assert.equal(config.runtimeFolder, join(folder, 'var/run'))
    const [own, foreign] = prefixes('192.0.2.0/25', '192.0.3.0/25')
    assert.deepEqual(
      [own && isOwn(config.inventory, own), foreign && isOwn(config.inventory, foreign)],
      [true, false],
    )
  })

  it('an allow list is read with what its entries are', async () => {
    const { inventory } = await load(
      `site:\n  own: []\n  reachable: [{ name: portal, prefix: 192.0.2.53 }, { name: mirrors, prefix: '2001:db8::/32' }]\n${DEVICES}`,
    )
    const [portal, mirrors] = prefixes('192.0.2.53', '2001:db8::/32')
    assert.deepEqual(inventory.reachable, [
      { name: 'portal', prefix: portal },
      { name: 'mirrors', prefix: mirrors },
    ])
  })

  it('a limit that is given stands beside the defaults of the others', async () => {
    const { limits } = await load(
      `${SITE}${DEVICES}limits: { breaker: { hosts: 3 }, wide: { sharedUsers: 0 } }\n`,
    )
    assert.deepEqual(limits.breaker, { ...DEFAULT_LIMITS.breaker, hosts: 3 })
    assert.deepEqual(limits.wide, { ...DEFAULT_LIMITS.wide, sharedUsers: 0 })
  })

  it('limits of a role stand beside the defaults of the role', async () => {
    const { limits } = await load(
      `${SITE}${DEVICES}limits: { roles: { trigger: { duration: 24h, ipv4Addresses: 1 }, analyst: { active: 5 } } }\n`,
    )
    assert.deepEqual(limits.roles, {
      analyst: { ...DEFAULT_LIMITS.roles.analyst, active: 5 },
      trigger: { ...DEFAULT_LIMITS.roles.trigger, duration: 24 * 3_600_000, ipv4Addresses: 1 },
    })
  })

  const wrong: readonly [what: string, config: string, problem: string | RegExp][] = [
    ['an unknown field', `${SITE}${DEVICES}colour: red\n`, 'cordon.yaml:6:9: colour: unknown field'],
    [
      'a limit that is said by role now',
      `${SITE}${DEVICES}limits: { active: { person: 1 } }\n`,
      /limits\.active: said by role now: limits\.roles\.analyst\.active for people, limits\.roles\.trigger\.active/,
    ],
    [
      'limits of a role that does not block',
      `${SITE}${DEVICES}limits: { roles: { noc: { active: 1 } } }\n`,
      /limits\.roles\.noc: the role noc does not block; there are limits for analyst and trigger$/,
    ],
    [
      'limits of no role',
      `${SITE}${DEVICES}limits: { roles: { chef: { active: 1 } } }\n`,
      /limits\.roles\.chef: unknown field$/,
    ],
    [
      'a lifetime that is no duration',
      `${SITE}${DEVICES}limits: { roles: { trigger: { duration: long } } }\n`,
      /limits\.roles\.trigger\.duration: 'long' is not a duration/,
    ],
    [
      'an unknown field inside',
      `site:\n  own: []\n  protected:\n    - { prefix: 10.0.0.1, name: x, rolle: any }\n${DEVICES}`,
      'cordon.yaml:5:43: site.protected.0.rolle: unknown field',
    ],
    [
      'an allow list that leaves half of the world reachable',
      `site:\n  own: []\n  reachable:\n    - { prefix: 128.0.0.0/1, name: mirrors }\n${DEVICES}`,
      'cordon.yaml:5:17: site.reachable.0.prefix: a blocked department would still reach all of 128.0.0.0/1; name what it needs, nothing wider than /8',
    ],
    [
      'a bad prefix',
      `site:\n  own:\n    - 192.0.2.0/24\n    - 192.0.2.7/24\n${DEVICES}`,
      /^cordon\.yaml:5:7: site\.own\.1: '192\.0\.2\.7\/24' has host bits set; write 192\.0\.2\.0\/24/,
    ],
    [
      'a listener that would send tokens in clear',
      `${SITE}${DEVICES}listen: { host: 0.0.0.0 }\n`,
      /listen\.host: listening on 0\.0\.0\.0 would send tokens over the network in clear: give tls/,
    ],
    [
      'an unknown adapter',
      `${SITE}devices:\n  - name: edge\n    kind: cisco\n`,
      /^cordon\.yaml:6:11: devices\.0\.kind: there is no adapter 'cisco'; known are .*memory/,
    ],
    [
      'a wrong field of an adapter',
      `${SITE}devices:\n  - name: edge\n    kind: memory\n    config: { maxEntries: 0 }\n`,
      /^cordon\.yaml:7:27: devices\.0\.config\.maxEntries: must be >= 1/,
    ],
    [
      'an unknown witness',
      `${SITE}devices:\n  - name: edge\n    kind: memory\n    enforcers:\n      - { name: r1, witness: { kind: eye } }\n`,
      /^cordon\.yaml:8:38: devices\.0\.enforcers\.0\.witness\.kind: there is no witness 'eye'/,
    ],
    [
      'a device twice',
      `${SITE}devices:\n  - { name: edge, kind: memory }\n  - { name: edge, kind: memory }\n`,
      "cordon.yaml:6:13: devices.1.name: 'edge' is there twice",
    ],
    [
      'a time that is none for an enforcer',
      `${SITE}devices:\n  - name: edge\n    kind: memory\n    enforcers: [{ name: r1, seenWithin: soon }]\n`,
      /devices\.0\.enforcers\.0\.seenWithin: 'soon' is not a duration/,
    ],
    [
      'an enforcer twice',
      `${SITE}devices:\n  - name: edge\n    kind: memory\n    enforcers: [{ name: r1 }, { name: r1 }]\n`,
      /devices\.0\.enforcers\.1\.name: 'r1' is there twice$/,
    ],
    [
      'a department twice',
      `site:\n  own: []\n  departments:\n    - { name: d, prefixes: [10.0.0.0/24] }\n    - { name: d, prefixes: [10.0.1.0/24] }\n${DEVICES}`,
      /site\.departments\.1\.name: 'd' is there twice$/,
    ],
    [
      'a prefix in two departments',
      `site:\n  own: []\n  departments:\n    - { name: d, prefixes: [10.0.0.0/24] }\n    - { name: e, prefixes: [10.0.0.0/24] }\n${DEVICES}`,
      /site\.departments\.1\.prefixes: 10\.0\.0\.0\/24 belongs to department d already$/,
    ],
    [
      'what only the adapter knows to be wrong',
      `${SITE}devices:
  - { name: edge, kind: memory }
  - name: speaker
    kind: exabgp
    config:
      routerId: 192.0.2.1
      marking: "65010:911"
      neighbours: [{ name: r1, address: 192.0.2.2, localAddress: 192.0.2.1, localAs: 1, peerAs: 1, ttl: 2, gtsm: true }]
      scopes: { local: { communities: [blackhole], nextHop4: 192.0.2.3, nextHop6: "100::1" } }
`,
      /devices\.1\.config: neighbours r1: ttl is for a neighbour far away and gtsm for one that is not; give one$/,
    ],
    [
      'a witness that could prove nothing',
      `${SITE}devices:
  - name: edge
    kind: memory
    enforcers: [{ name: r1, witness: { kind: bmp, config: { listen: { address: 127.0.0.1, port: 11019 } } } }]
`,
      /witness\.config: name speakers or marking/,
    ],
    [
      'a router to which a speaker does not speak',
      `site:\n  own: []\n  ingress:\n    - { name: up, coveredBy: [edge/r1] }\n${DEVICES}`,
      /coveredBy\.0: edge speaks to no router 'r1'; known: none$/,
    ],
    [
      'an ingress at an unknown device',
      `site:\n  own: []\n  ingress:\n    - { name: up, coveredBy: [edge, core] }\n${DEVICES}`,
      "cordon.yaml:5:37: site.ingress.0.coveredBy.1: there is no device 'core'",
    ],
    [
      'a duration that is none',
      `${SITE}${DEVICES}ledger: { retainEnded: soon }\n`,
      /^cordon\.yaml:6:24: ledger\.retainEnded: 'soon' is not a duration/,
    ],
    [
      'a port that is none',
      `${SITE}${DEVICES}listen: { port: 70000 }\n`,
      /^cordon\.yaml:6:17: listen\.port: must be <= 65535/,
    ],
    [
      'tls by half',
      `${SITE}${DEVICES}listen: { tls: { certFile: a } }\n`,
      /listen\.tls: must have required property/,
    ],
    ['a missing part', SITE, /^cordon\.yaml:1:1: must have required property 'devices'/],
    ['text that is no YAML', 'site: [\n', /^cordon\.yaml:\d+:\d+: /],
    ['a key twice', `${SITE}${SITE}${DEVICES}`, /^cordon\.yaml:4:1: Map keys must be unique/],
    [
      'an alias without its anchor',
      `${SITE}${DEVICES}ledger: *nothing\n`,
      /^cordon\.yaml:\d+:\d+: Unresolved alias/,
    ],
  ]
  for (const [what, config, problem] of wrong)
    it(`names the place of ${what}`, async () => {
      const found = await problems(config)
      const matches = (line: string): boolean =>
        typeof problem === 'string' ? line === problem : problem.test(line)
      assert.ok(found.some(matches), found.join('\n'))
      for (const line of found) assert.match(line, /^cordon\.yaml:\d+:\d+: /)
    })

  it('tells every problem at once, and none that only follows from another', async () => {
    const found = await problems(
      `site:\n  own: [nonsense, 10.0.0.1/8]\n  ingress: [{ name: up, coveredBy: [edge] }]\ndevices:\n  - { name: edge, kind: cisco }\n`,
    )
    assert.equal(found.length, 3, found.join('\n'))
  })

  const wrongPlacements: readonly [what: string, placements: string, problem: RegExp][] = [
    [
      'a device that is not there',
      'placements:\n  - name: all\n    when: {}\n    use:\n      - { device: core, as: acl }\n',
      /^placement\.yaml:5:19: placements\.0\.use\.0\.device: there is no device 'core'; known are edge$/,
    ],
    [
      'an unknown condition',
      PLACEMENTS.replace('{}', '{ colour: red }'),
      /^placement\.yaml:3:21: placements\.0\.when\.colour: unknown field$/,
    ],
    [
      'a kind that the device does not have',
      PLACEMENTS.replace('acl', 'interface-down'),
      /^placement\.yaml:4:\d+: placements\.0\.use\.0\.as: edge takes no interface-down rules; it takes flow, acl, d-rtbh, s-rtbh$/,
    ],
    [
      'an unknown kind',
      PLACEMENTS.replace('acl', 'wall'),
      /^placement\.yaml:4:\d+: placements\.0\.use\.0\.as: may be "d-rtbh"$/,
    ],
    [
      'an empty table',
      'placements: []\n',
      /^placement\.yaml:1:\d+: placements: must NOT have fewer than 1 items$/,
    ],
    ['an empty file', '', /^placement\.yaml:1:1: must be object$/],
  ]
  for (const [what, placements, problem] of wrongPlacements)
    it(`names the place of ${what} in the placement table`, async () => {
      const found = await problems(SITE + DEVICES, placements)
      assert.ok(
        found.some((line) => problem.test(line)),
        found.join('\n'),
      )
    })

  it('says which file is missing', async () => {
    await rm(join(folder, 'placement.yaml'), { force: true })
    await writeFile(join(folder, 'cordon.yaml'), `placements: nowhere.yaml\n${SITE}${DEVICES}`)
    await assert.rejects(
      loadConfig(join(folder, 'cordon.yaml'), REGISTRY),
      /nowhere\.yaml:1:1: cannot be read/,
    )
    await assert.rejects(loadConfig(join(folder, 'none.yaml'), REGISTRY), /none\.yaml:1:1: cannot be read/)
  })

  it('the example site of the repository loads', async () => {
    const example = new URL('../../simulator/sites/memory.yaml', import.meta.url).pathname
    const placements = new URL('../../policies/placement.yaml', import.meta.url).pathname
    const { readFile } = await import('node:fs/promises')
    const text = (await readFile(example, 'utf8')).replace('policies/placement.yaml', placements)
    await writeFile(join(folder, 'example.yaml'), text)
    const config = await loadConfig(join(folder, 'example.yaml'), REGISTRY)
    assert.ok(config.inventory.devices.size > 0)
    assert.ok(config.placements.length > 0)
  })
})
