import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { DROP, type Rule, ruleFromKey, withAction } from '../../src/domain/rule.ts'
import { arbitraryRule } from '../../test/contract/arbitraries.ts'
import { makeNetns, type Netns, noNetns } from '../../test/helpers/netns.ts'
import { type Packet, ruleMatches } from '../../test/helpers/packet-matcher.ts'
import { packetsNear } from '../../test/helpers/packets.ts'
import { holds } from '../../test/helpers/property.ts'
import { realClock } from '../../test/helpers/system-clock.ts'
import type { Session } from '../adapter.ts'
import { nftAdapter } from './index.ts'
import { testEnv } from './testbed.ts'
import { encodePacket, SENDER } from './wire.ts'

const skip = noNetns('nft', 'perl')
const RUNS = Number(process.env['CORDON_NFT_RUNS'] ?? 60)
const signal = new AbortController().signal

/** Sends the packets to the kernel; those that cannot exist are left out. */
function send(netns: Netns, packets: readonly Packet[]): Packet[] {
  const lines: string[] = []
  const sent: Packet[] = []
  for (const packet of packets) {
    const bytes = encodePacket(packet)
    if (bytes === undefined) continue
    lines.push(`${packet.family === 4 ? '0800' : '86dd'} ${bytes.toString('hex')}\n`)
    sent.push(packet)
  }
  netns.feed(lines.join(''), 'perl', '-e', SENDER)
  return sent
}

/** Addresses of the device itself, among those that rules are near. */
const LOCAL = ['198.18.1.0/24', '198.18.3.0/24', '2001:2:0:1::/64', '2001:2:0:3::/64']

/** Whether the kernel takes the packet for itself or for a group: what {@link LOCAL} has, loopback, multicast. */
function isToDevice({ family, dst }: Packet): boolean {
  if (family === 6) return [1n, 3n].includes((dst >> 64n) - 0x2001_0002_0000_0000n)
  return [0xc61201n, 0xc61203n].includes(dst >> 8n) || dst >> 24n === 127n || dst >> 28n === 0xen
}

/** The kernel answers some packets, as with ICMP errors, and the answers would be counted as if they had been sent. */
const SILENT = 'table inet silent { chain output { type filter hook output priority 0; policy drop; }; }'

/** How many packets the rule has dropped, as soon as it is `expected`: the loopback delivers a little later. */
async function dropped(session: Session, rule: Rule, expected: number): Promise<number> {
  for (let tries = 0; ; tries++) {
    const packets = (await session.counters?.([rule], signal))?.get(rule.key)?.packets ?? 0
    if (packets === expected || tries === 50) return packets
    await sleep(10)
  }
}

describe('what the kernel drops', { skip }, () => {
  if (skip !== false) return
  test('is what the rule matches by RFC 8955 and 8956, and nothing else', async () => {
    const netns = makeNetns()
    for (const prefix of LOCAL) netns.run('ip', 'route', 'add', 'local', prefix, 'dev', 'lo')
    netns.run('nft', SILENT)
    const session = await nftAdapter.open({ namespace: netns.name }, testEnv(realClock()))
    const what = nftAdapter.capabilities({})
    try {
      const sample = arbitraryRule(what).chain((rule) =>
        fc.tuple(
          fc.constant(withAction(rule, DROP)),
          fc.array(packetsNear([rule.key]), { minLength: 12, maxLength: 24 }),
        ),
      )
      await holds(
        fc.asyncProperty(sample, async ([rule, packets]) => {
          const receipt = await session.apply({ put: [rule], remove: [] }, signal)
          assert.deepEqual(receipt.get(rule.key), { result: 'done', evidence: 'read-back' })
          const sent = send(netns, packets)
          const met = (packet: Packet): boolean =>
            ruleMatches(rule.key, { ...packet, toDevice: isToDevice(packet) })
          const expected = sent.filter(met).length
          assert.equal(await dropped(session, rule, expected), expected, rule.key)
          await session.apply({ put: [], remove: [rule] }, signal)
        }),
        RUNS,
      )
    } finally {
      await session.close()
      netns.remove()
    }
  })

  test('a limit lets its rate pass, once for each packet, and drops what is over', async () => {
    const netns = makeNetns()
    const session = await nftAdapter.open({ namespace: netns.name }, testEnv(realClock()))
    try {
      const rule = ruleFromKey('acl4 destination=198.18.0.1/32 protocol=17 port=123', {
        do: 'rate-limit',
        bytesPerSecond: 1000,
      })
      await session.apply({ put: [rule], remove: [] }, signal)
      const packet: Packet = {
        family: 4,
        src: 0xc6120101n,
        dst: 0xc6120001n,
        proto: 17,
        sport: 123,
        dport: 123,
        length: 1000,
        dscp: 0,
        fragment: { df: false, isf: false, ff: false, lf: false },
      }
      send(
        netns,
        Array.from({ length: 100 }, () => packet),
      )
      send(
        netns,
        Array.from({ length: 100 }, () => ({ ...packet, sport: 5, dport: 5 })),
      )
      await sleep(100)
      const counted = (await session.counters?.('all', signal))?.get(rule.key)
      const over = /burst 64 kbytes counter packets (\d+) /.exec(netns.run('nft', 'list', 'ruleset'))?.[1]
      // A second's bytes and one burst of 65,536 pass: 66 of 100, and one for each second since.
      assert.deepEqual(counted, { packets: Number(over), bytes: Number(over) * 1000 })
      assert.ok(Number(over) >= 25 && Number(over) <= 34, `${over} dropped`)
    } finally {
      await session.close()
      netns.remove()
    }
  })
})
