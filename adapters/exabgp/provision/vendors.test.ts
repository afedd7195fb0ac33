import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parsePrefix } from '../../../src/domain/prefix.ts'
import { noBird } from '../../../test/helpers/bird.ts'
import { noFrr } from '../../../test/helpers/frr.ts'
import type { ProvisionSite } from '../../adapter.ts'
import { type ExabgpConfig, type NeighbourConfig, PLATFORMS, type Platform } from '../config.ts'
import { provision } from './provision.ts'

const HOPS = { nextHop4: '192.0.2.66', nextHop6: '100::66' }

function config(more: Partial<NeighbourConfig> = {}): ExabgpConfig {
  const isInternal = (more.localAs ?? 65010) === 65010
  return {
    routerId: '203.0.113.2',
    marking: '65010:911',
    neighbours: [
      {
        ...{ name: 'r1', address: '203.0.113.1', localAddress: '203.0.113.2', localAs: 65010, peerAs: 65010 },
        families: ['ipv4 unicast', 'ipv6 unicast', 'ipv4 flow', 'ipv6 flow'],
        md5: 'env:THE_KEY',
        maxFlows: 321,
        ...more,
      },
    ],
    scopes: {
      local: { communities: ['blackhole', 'no-export'], ...HOPS },
      ...(isInternal ? { external: { communities: ['no-export', '64496:1:2'], ...HOPS } } : {}),
      'upstream:geant': { communities: ['20965:666'], ...HOPS },
    },
    maxRoutes: 4_321,
    places: { scrubber: { routeTarget: '65010:100' } },
  }
}

const SITE: ProvisionSite = {
  device: 'rtbh',
  own: ['203.0.113.0/24', '2001:db8:100::/40'].map(parsePrefix),
  protected: [{ prefix: parsePrefix('203.0.113.240/28'), role: 'any' }],
  urpf: false,
}

function textOf(
  platform: Platform,
  more: Partial<NeighbourConfig> = {},
  site: Partial<ProvisionSite> = {},
): string {
  const [router] = provision(config(more), { ...SITE, ...site })
  return router?.texts.get(platform)?.() ?? ''
}

/** What has to stand in a text, each in the platform's words. */
interface Words {
  readonly passive: RegExp
  readonly marking: RegExp
  readonly own: RegExp
  readonly never: RegExp
  readonly noBlackholeOutside: RegExp
  readonly discard: RegExp
  readonly limit: RegExp
  readonly nothingOut: RegExp
  readonly gtsm: RegExp
  readonly urpf: RegExp
  readonly unvalidated: RegExp
}

const WORDS: Readonly<Record<Platform, Words>> = {
  bird: {
    passive: /passive on;/,
    marking: /\(65010, 911\) ~ bgp_community/,
    own: /net ~ \[ 203\.0\.113\.0\/24\{32,32\} \]/,
    never: /203\.0\.113\.240\/28\{32,32\}.*reject/,
    noBlackholeOutside: /if \(65535, 666\) ~ bgp_community then reject/,
    discard: /dest = RTD_BLACKHOLE/,
    limit: /import limit 4321 action block[\s\S]*import limit 321 action block/,
    nothingOut: /export none/,
    gtsm: /ttl security on/,
    urpf: /rp_filter=2/,
    unvalidated: /validate off/,
  },
  frr: {
    passive: /neighbor 203\.0\.113\.2 passive/,
    marking: /community-list standard cordon-marked permit 65010:911/,
    own: /cordon-own4 seq \d+ permit 203\.0\.113\.0\/24 ge 32/,
    never: /cordon-own4 seq \d+ deny 203\.0\.113\.240\/28 ge 32/,
    noBlackholeOutside: /deny 30\n match ip address prefix-list cordon-other4/,
    discard: /ip route 192\.0\.2\.66\/32 blackhole[\s\S]*set ip next-hop 192\.0\.2\.66/,
    limit: /maximum-prefix 4321/,
    nothingOut: /route-map cordon-none deny 10[\s\S]*route-map cordon-none out/,
    gtsm: /ttl-security hops 1/,
    urpf: /rp_filter=2/,
    unvalidated: /validates no flow route/,
  },
  junos: {
    passive: /^ +passive;$/m,
    marking: /community cordon-marked members \[ 65010:911 \]/,
    own: /prefix-list cordon-own4 \{\s+203\.0\.113\.0\/24;/,
    never:
      /prefix-list cordon-never4 \{[^}]*203\.0\.113\.240\/28;[\s\S]*prefix-list-filter cordon-never4 orlonger;\s+\}\s+then \{\s+reject/,
    noBlackholeOutside: /community cordon-blackhole;\s+\}\s+then \{\s+reject/,
    discard: /next-hop discard;/,
    limit: /maximum 4321;\s+drop-excess[\s\S]*maximum 321;\s+drop-excess/,
    nothingOut: /policy-statement cordon-none \{\s+then reject;[\s\S]*export cordon-none;/,
    gtsm: /ttl 255;/,
    urpf: /rpf-loose-mode-discard[\s\S]*rpf-check mode loose/,
    unvalidated: /no-validate cordon-flow;/,
  },
  iosxr: {
    passive: /session-open-mode passive-only/,
    marking: /community matches-every \([^)]*65010:911/,
    own: /prefix-set cordon-own4\n {2}203\.0\.113\.0\/24 ge 32/,
    never: /203\.0\.113\.240\/28 ge 32[\s\S]*if destination in cordon-never4 then\n {4}drop/,
    noBlackholeOutside: /if community matches-every \(65535:666\) then\n {4}drop/,
    discard: /set next-hop discard/,
    limit: /maximum-prefix 4321 75 discard-extra-paths[\s\S]*maximum-prefix 321 75 discard-extra-paths/,
    nothingOut: /route-policy cordon-none\n {2}drop[\s\S]*route-policy cordon-none out/,
    gtsm: /ttl-security/,
    urpf: /verify unicast source reachable-via any/,
    unvalidated: /validation disable/,
  },
  iosxe: {
    passive: /transport connection-mode passive/,
    marking: /community-list standard cordon-marked permit 65010:911/,
    own: /cordon-own4 seq \d+ permit 203\.0\.113\.0\/24 ge 32/,
    never: /cordon-own4 seq \d+ deny 203\.0\.113\.240\/28 ge 32/,
    noBlackholeOutside: /deny 30\n match ip address prefix-list cordon-other4/,
    discard: /ip route 192\.0\.2\.66 255\.255\.255\.255 Null0[\s\S]*set ip next-hop 192\.0\.2\.66/,
    limit: /maximum-prefix 4321[\s\S]*maximum-prefix 321/,
    nothingOut: /route-map cordon-none deny 10[\s\S]*route-map cordon-none out/,
    gtsm: /ttl-security hops 1/,
    urpf: /verify unicast source reachable-via any/,
    unvalidated: /address-family ipv4 flowspec[\s\S]* neighbor 203\.0\.113\.2 validation off\n/,
  },
  eos: {
    passive: /neighbor 203\.0\.113\.2 passive/,
    marking: /community-list cordon-marked permit 65010:911/,
    own: /prefix-list cordon-own4\n[\s\S]*permit 203\.0\.113\.0\/24 ge 32/,
    never: /prefix-list cordon-own4\n[\s\S]*deny 203\.0\.113\.240\/28 ge 32/,
    noBlackholeOutside: /deny 30\n match ip address prefix-list cordon-other4/,
    discard: /ip route 192\.0\.2\.66\/32 Null0[\s\S]*set ip next-hop 192\.0\.2\.66/,
    limit: /maximum-routes 4321/,
    nothingOut: /route-map cordon-none deny 10[\s\S]*route-map cordon-none out/,
    gtsm: /ttl maximum-hops 1/,
    urpf: /verify unicast source reachable-via any/,
    unvalidated: /no statement that switches this check on or off\. Where .* lists less/,
  },
}

for (const platform of PLATFORMS)
  describe(`what is printed for ${platform}`, () => {
    const words = WORDS[platform]
    const ebgp = { localAs: 65020 }

    it('has every bound, and the kill switch at its top', () => {
      const text = textOf(platform)
      const { gtsm, urpf, unvalidated, ...always } = words
      for (const pattern of Object.values(always)) assert.match(text, pattern)
      assert.match(
        text.split('\n').slice(0, 4).join('\n'),
        /KILL SWITCH, needs no Cordon: .*(shutdown|disable|deactivate)/,
      )
      assert.doesNotMatch(text, urpf)
      assert.doesNotMatch(text, gtsm)
      assert.match(text, unvalidated)
    })

    it('checks the TTL, and uRPF, where the configuration says so', () => {
      assert.match(textOf(platform, { gtsm: true, ...ebgp }), words.gtsm)
      assert.match(textOf(platform, {}, { urpf: true }), words.urpf)
    })

    it('leaves the validation on over iBGP alone', () => {
      const on = textOf(platform, { validates: true })
      if (platform !== 'frr') assert.doesNotMatch(on, words.unvalidated)
      assert.match(textOf(platform, { validates: true, ...ebgp }), words.unvalidated)
    })

    it('names what the neighbour takes and nothing else', () => {
      const text = textOf(platform, { families: ['ipv4 unicast'] })
      const config = text
        .split('\n')
        .filter((line) => !/^\s*[!#]/.test(line))
        .join('\n')
      assert.doesNotMatch(config, /ipv6 \{|inet6|address-family ipv6|flow/)
      assert.match(config, words.own)
      const flowOnly = textOf(platform, { families: ['ipv6 flow'] })
      assert.doesNotMatch(flowOnly, words.own)
    })

    it('has a place for the key, says what is left to the site, and is plain and the same each time', () => {
      const text = textOf(platform)
      assert.match(text, /REPLACE-WITH-MD5-KEY-OF-cordon/)
      assert.doesNotMatch(text, /THE_KEY/)
      assert.match(text, /upstream:geant: .*65010:911 20965:666/)
      assert.match(text, /Place scrubber: .*65010:100/)
      assert.match(text, /^[\n -~]*$/)
      assert.equal(text, textOf(platform))
    })
  })

it('nothing is left to be found out by hand', () => {
  for (const platform of PLATFORMS) assert.doesNotMatch(textOf(platform), /TO DO/)
})

it('IOS XE does not validate in any family, and EOS says what to do instead', () => {
  assert.equal(textOf('iosxe').match(/validation off$/gm)?.length, 2)
  assert.match(textOf('eos'), /lists less than the speaker sends, say "validates: true"/)
  assert.match(textOf('eos', { localAs: 65020 }), /speak iBGP and say "validates: true"/)
  assert.match(textOf('eos', { validates: true }), /do not rely on it as a bound/)
})

it('Junos tries flow rules in the order of the RFC', () => {
  assert.match(textOf('junos'), /term-order standard;/)
})

const CASES: readonly [string, Partial<NeighbourConfig>, Partial<ProvisionSite>][] = [
  ['iBGP', {}, { urpf: true }],
  ['iBGP, validating', { validates: true }, {}],
  ['iBGP with GTSM', { gtsm: true }, {}],
  ['eBGP', { localAs: 4_200_000_000 }, {}],
  ['eBGP, some hops away', { localAs: 65020, ttl: 5 }, {}],
  ['eBGP with GTSM, a session of its own', { localAs: 65020, gtsm: true, session: 'cordon_2' }, {}],
  ['IPv6 alone', { families: ['ipv6 unicast', 'ipv6 flow'] }, {}],
  ['a site that has said nothing', {}, { own: [], protected: [] }],
  ['a host as own space', {}, { own: [parsePrefix('203.0.113.9'), parsePrefix('2001:db8::9')] }],
]

function inFile(text: string, use: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-provision-'))
  try {
    const file = join(folder, 'router.conf')
    writeFileSync(file, text)
    use(file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('the daemons parse it', () => {
  const BASE = `router id 192.0.2.1; protocol device {}
ipv4 table master4 { trie yes; }; ipv6 table master6 { trie yes; }; flow4 table f4; flow6 table f6;
`
  for (const [name, more, site] of CASES) {
    it(`BIRD: ${name}`, { skip: noBird() }, () => {
      inFile(BASE + textOf('bird', more, site), (file) => execFileSync('/usr/sbin/bird', ['-p', '-c', file]))
    })
    it(`FRR: ${name}`, { skip: noFrr() }, () => {
      inFile(textOf('frr', more, site), (file) => {
        const said = execFileSync('/usr/bin/vtysh', ['-C', '-f', file], { encoding: 'utf8' })
        assert.equal(said, '')
      })
    })
  }
})
