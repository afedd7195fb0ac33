import { join } from 'node:path'
import { matchesOf } from '../../simulator/flow-agent/render.ts'
import type { Component } from '../../simulator/flow-agent/rule.ts'
import type { Netns } from './netns.ts'
import type { Packet } from './packet-matcher.ts'

const CRAFT = join(import.meta.dirname, '../../simulator/probe/craft.py')
/** A packet's number travels as its time to live, which no rule is about; 0 would not be taken. */
export const MOST_PACKETS = 254

/** A rule as a router receives it. */
interface WireRule {
  readonly family: 4 | 6
  readonly components: readonly Component[]
}

/**
 * Asks the kernel which of the packets each rule matches, in the words of nft that the flow agent finds for it. Every
 * packet meets every rule.
 */
export function matchedByKernel(
  netns: Netns,
  rules: readonly WireRule[],
  packets: readonly Packet[],
): Set<number>[] {
  netns.feed(tableOf(rules), 'nft', '-f', '-')
  const lines = packets.map((packet, at) => JSON.stringify({ ...craftedFrom(packet), ttl: at + 1, token: 0 }))
  netns.feed(`${lines.join('\n')}\n\n`, 'python3', CRAFT, 'put', 'lo')
  const numbersIn = elementsOf(netns.run('nft', '-j', 'list', 'table', 'inet', 'asked'))
  const seen = numbersIn('seen4').size + numbersIn('seen6').size
  if (seen !== packets.length) throw new Error(`${seen} of ${packets.length} packets met the rules`)
  return rules.map((_, at) => numbersIn(`matched${at}`))
}

/** Where the kernel finds a packet's number. */
const NUMBER = { 4: 'ip ttl', 6: 'ip6 hoplimit' } as const

function tableOf(rules: readonly WireRule[]): string {
  const set = (name: string, family: 4 | 6): string =>
    `  set ${name} { typeof ${NUMBER[family]}; flags dynamic; size 512; }\n`
  const chains = rules.map((rule, at) => {
    const note = `add @matched${at} { ${NUMBER[rule.family]} }`
    const lines = matchesOf(rule).map((match) => `    ${match} ${note}\n`)
    return `${set(`matched${at}`, rule.family)}  chain rule${at} {\n${lines.join('')}  }\n`
  })
  const jumps = rules.map(({ family }, at) => `    meta nfproto ipv${family} jump rule${at}\n`)
  return `add table inet asked
delete table inet asked
table inet asked {
${set('seen4', 4)}${set('seen6', 6)}${chains.join('')}  chain ingress {
    type filter hook prerouting priority -450; policy drop;
    meta nfproto ipv4 add @seen4 { ${NUMBER[4]} }
    meta nfproto ipv6 add @seen6 { ${NUMBER[6]} }
${jumps.join('')}  }
}
`
}

function elementsOf(listed: string): (name: string) => Set<number> {
  const { nftables } = JSON.parse(listed) as { nftables: { set?: { name: string; elem?: number[] } }[] }
  const sets = new Map(nftables.flatMap(({ set }) => (set ? [[set.name, new Set(set.elem)]] : [])))
  return (name) => sets.get(name) ?? new Set()
}

/** What rules ask for often, where there is no header to ask. */
const NO_HEADER = { sport: 0, dport: 0, icmpType: 0, icmpCode: 0, tcpFlags: 0 }

/** In the words of craft.py; any place in the datagram serves for a later fragment. */
function craftedFrom(packet: Packet) {
  const { fragment, src, dst, ...rest } = packet
  const more = fragment.ff || (fragment.isf && !fragment.lf)
  const write = packet.family === 4 ? writeIPv4 : writeIPv6
  const later = fragment.isf ? { offset: 10, ...NO_HEADER } : {}
  return { ...rest, src: write(src), dst: write(dst), df: fragment.df, more, ...later }
}

function writeIPv4(address: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.')
}

function writeIPv6(address: bigint): string {
  return Array.from({ length: 8 }, (_, at) =>
    ((address >> BigInt(112 - 16 * at)) & 0xffffn).toString(16),
  ).join(':')
}
