import assert from 'node:assert/strict'
import type { Rule } from '../../../src/domain/rule.ts'
import type { Device } from '../../../test/contract/suite.ts'
import type { Netns } from '../../../test/helpers/netns.ts'
import type { Packet } from '../../../test/helpers/packet-matcher.ts'
import type { AdapterEnv } from '../../adapter.ts'
import type { NftConfig } from '../config.ts'
import { encodePacket, SENDER } from '../wire.ts'

/** Entries of a person, beside ours in our own table and in tables of theirs. */
const FOREIGN = `
add table inet cordon
add set inet cordon bogons { type ipv4_addr ; flags interval ; }
add element inet cordon bogons { 192.0.2.0/24 }
add chain inet cordon ingress { type filter hook prerouting priority -450 ; policy accept ; }
add rule inet cordon ingress ip saddr @bogons drop comment "by hand"
add chain inet cordon other
add rule inet cordon other tcp dport 1 drop
add set inet cordon acl4_drop_d24 { type ipv4_addr ; counter ; }
add element inet cordon acl4_drop_d24 { 10.1.2.3 }
add table ip cordon
add set ip cordon s { type ipv4_addr ; }
add element ip cordon s { 10.0.0.1 }
`
const STANDING = [/192\.0\.2\.0\/24/, /by hand/, /dport 1 drop/, /10\.0\.0\.1/, /10\.1\.2\.3/]

const PACKET: Packet = {
  family: 4,
  src: 0n,
  dst: 0xc6120001n,
  proto: 17,
  sport: 123,
  dport: 123,
  length: 100,
  dscp: 0,
  fragment: { df: false, isf: false, ff: false, lf: false },
}

/** Of the rules of the counting laws: one IPv4 host. */
function sourceOf(rule: Rule): bigint {
  const octets = /source=([\d.]+)\/32/.exec(rule.key)?.[1]?.split('.') ?? []
  return octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)
}

/** Nftables in a namespace, as the contract's suite needs it. `cut` ends what is between us and nft, or nft itself. */
export function nftDevice(
  netns: Netns,
  { config, env, cut }: { config: NftConfig; env: AdapterEnv; cut: () => void },
): Device<NftConfig> {
  return {
    config,
    env,
    plantForeign: async () => void netns.feed(FOREIGN, 'nft', '-f', '-'),
    foreignIntact: async () => {
      const ruleset = netns.run('nft', 'list', 'ruleset')
      return STANDING.every((pattern) => pattern.test(ruleset))
    },
    hit: async (rule, packets) => {
      const packet = encodePacket({ ...PACKET, src: sourceOf(rule) })
      assert.ok(packet)
      netns.feed(`0800 ${packet.toString('hex')}\n`.repeat(packets), 'perl', '-e', SENDER)
    },
    cut: async () => cut(),
    stall: async () => {
      const stalled = netns.pids()
      for (const pid of stalled) process.kill(pid, 'SIGSTOP')
      return async () => {
        const left = netns.pids()
        for (const pid of stalled) if (left.includes(pid)) process.kill(pid, 'SIGCONT')
      }
    },
    stop: async () => endAll(netns),
  }
}

/** Ends what is left in the namespace, and the namespace. */
export function endAll(netns: Netns): void {
  for (const pid of netns.pids()) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has just ended.
    }
  }
  netns.remove()
}
