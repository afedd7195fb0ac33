import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { type Crafter, startCrafter } from '../../simulator/probe/crafted.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { whyNoLab } from '../../simulator/requirements.ts'
import { type Family, parsePrefix } from '../../src/domain/prefix.ts'
import { type BlackholeRule, blackholeRule } from '../../src/domain/rule.ts'
import { kernelBlackholes } from '../../test/lab/backbone.ts'
import type { ProvisionSite, Session } from '../adapter.ts'
import { findExecutable } from '../transport/child.ts'
import type { ExabgpConfig } from './config.ts'
import { provision } from './provision/provision.ts'
import { LINUX_URPF6 } from './provision/words.ts'
import { NEVER, type Testbed, testbed } from './testbed.ts'

const AS = 65010
const MARKED = `${AS}:911`
const EDGE = 'edge'
const ATTACKER: Readonly<Record<Family, string>> = { 4: '198.51.100.10', 6: '2001:db8:f00:1::10' }
/** Of the same network, sent by the same machine. */
const OTHER: Readonly<Record<Family, string>> = { 4: '198.51.100.11', 6: '2001:db8:f00:1::11' }
const OWN = ['203.0.113.0/26', '2001:db8:101::/48']

const SITE: ProvisionSite = {
  device: 'rtbh',
  own: OWN.map((prefix) => parsePrefix(prefix)),
  protected: [],
  urpf: true,
}

const TOPOLOGY = {
  name: 'urpf',
  nodes: {
    attacker: { kind: 'host', routes: { default: EDGE } },
    [EDGE]: {
      kind: 'bird-router',
      bgp: {
        asn: AS,
        speakers: { speaker: { node: 'mgmt', asn: AS } },
        marking: MARKED,
        blackhole: '65535:666',
        own: OWN,
      },
    },
    sw: { kind: 'switch' },
    victim: { kind: 'host', routes: { default: EDGE } },
    beside: { kind: 'host', routes: { default: EDGE } },
    mgmt: { kind: 'mgmt' },
  },
  links: [
    {
      attacker: ['198.51.100.10/25', '2001:db8:f00:1::10/64'],
      [EDGE]: ['198.51.100.1/25', '2001:db8:f00:1::1/64'],
    },
    { [EDGE]: ['203.0.113.1/26', '2001:db8:101::1/64'], sw: [] },
    { victim: ['203.0.113.10/26', '2001:db8:101::10/64'], sw: [] },
    { beside: ['203.0.113.11/26', '2001:db8:101::11/64'], sw: [] },
    { [EDGE]: ['192.0.2.1/30'], mgmt: ['192.0.2.2/30'] },
  ],
}

const CONFIG: ExabgpConfig = {
  routerId: '192.0.2.2',
  marking: MARKED,
  neighbours: [
    {
      ...{ name: EDGE, address: '192.0.2.1', localAddress: '192.0.2.2', localAs: AS, peerAs: AS },
      ...{ platform: 'bird', session: 'speaker' },
    },
  ],
  scopes: {
    local: { communities: ['blackhole', 'no-export'], nextHop4: '192.0.2.66', nextHop6: '100::66' },
    external: {
      communities: ['no-export', '65010:1'],
      sourceCommunities: ['no-export', '65010:5635'],
      nextHop4: '192.0.2.66',
      nextHop6: '100::66',
    },
  },
}

/** Loose uRPF on a Linux router, on and off (RFC 3704 §2.4). IPv6 has no switch for it, but a look-up in nft. */
const URPF: Readonly<Record<Family, Readonly<Record<'on' | 'off', readonly string[]>>>> = {
  4: {
    on: ['sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=2'],
    off: ['sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=0'],
  },
  6: {
    on: [
      'nft',
      `table ip6 urpf { chain pre { type filter hook prerouting priority raw; ${LINUX_URPF6}; }; }`,
    ],
    off: ['nft', 'delete table ip6 urpf'],
  },
}

const missing = ['exabgp', 'nft'].find((name) => findExecutable(name) === undefined)
const skip = whyNoLab(['bird-router']) ?? (missing === undefined ? false : `${missing} is not installed`)

describe('a blackhole by source', { skip }, () => {
  let folder: string
  let lab: Lab
  let bed: Testbed
  let session: Session
  let crafter: Crafter

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-urpf-'))
    const topology = join(folder, 'urpf.yaml')
    await writeFile(topology, JSON.stringify(TOPOLOGY))
    const [router] = provision(CONFIG, SITE)
    const imports = { [EDGE]: router?.texts.get('bird')?.() ?? '' }
    lab = await raiseLab({ topology, name: `urpf-${process.pid}`, engine: 'netns', tied: true, imports })
    bed = testbed()
    session = await bed.open({ ...CONFIG, namespace: lab.namespaceOf('mgmt') })
    crafter = await startCrafter(lab, { from: 'attacker', to: 'victim', beside: 'beside' })
  })
  after(async () => {
    await crafter?.stop()
    await bed?.dispose()
    await lab?.down()
    await rm(folder, { recursive: true, force: true })
  })

  const setUrpf = async (family: Family, how: 'on' | 'off'): Promise<void> => {
    const { code, stderr } = await lab.exec(EDGE, URPF[family][how])
    assert.equal(code, 0, stderr)
  }
  /** Of the attacker, and of somebody beside it. */
  const through = (family: Family, expected: boolean[]): Promise<boolean[]> =>
    crafter.through(
      [ATTACKER, OTHER].map((from) => ({ family, proto: 17, src: from[family] })),
      expected,
    )
  const holds = (family: Family, hosts: readonly string[]): Promise<unknown> =>
    eventually('the kernel to hold it', 10_000, async () => {
      const held = await kernelBlackholes(lab, EDGE, family)
      return held.join() === hosts.join()
    })

  for (const family of [4, 6] as const)
    test(`IPv${family}: stops what is from the source where uRPF looks at the route, and nothing without`, async () => {
      const rule: BlackholeRule = blackholeRule('s-rtbh', parsePrefix(ATTACKER[family]), 'external')
      assert.deepEqual(await through(family, [true, true]), [true, true])
      const receipt = await session.apply({ put: [rule], remove: [] }, NEVER)
      assert.equal(receipt.get(rule.key)?.result, 'done')
      await holds(family, [ATTACKER[family]])
      assert.deepEqual(await through(family, [true, true]), [true, true], 'without uRPF')
      await setUrpf(family, 'on')
      assert.deepEqual(await through(family, [false, true]), [false, true], 'with uRPF')
      await session.apply({ put: [], remove: [rule] }, NEVER)
      await holds(family, [])
      assert.deepEqual(await through(family, [true, true]), [true, true], 'withdrawn')
      await setUrpf(family, 'off')
    })
})
