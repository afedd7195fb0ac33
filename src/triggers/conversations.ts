import { InputError } from '../domain/input-error.ts'
import { parsePrefix } from '../domain/prefix.ts'
import type { TriggerInput } from '../domain/trigger.ts'
import { AMPLIFIERS } from './traffic.ts'

/** The protocols that detectors tell apart. */
export type Protocol = 'tcp' | 'udp' | 'icmp'

/** Packets from one end to another; a port is 0 where there is none, as in later fragments. */
export interface Conversation {
  readonly protocol: Protocol
  readonly from: string
  readonly fromPort: number
  readonly to: string
  readonly toPort: number
  readonly packets: number
}

/** As much of the packets as what is said of an attack has to hold for. */
const MOST = 0.8
/** Below that a port is not part of the attack. */
const LEAST = 0.05
/** The busiest addresses at the other end; sources that are forged are as many as there are packets. */
const PEERS = 20

/** What is told of an attack from what was seen of it. */
export type Shape = Pick<TriggerInput, 'category' | 'match' | 'peers' | 'labels'>

/**
 * What the packets to or from `address` have in common. Amplification is most packets being UDP from ports of known
 * amplifiers: answers to a victim, or those of a host of ours that others misuse.
 */
export function shapeOf(
  address: string,
  protocol: Protocol | undefined,
  conversations: readonly Conversation[],
): Shape {
  const peers = busiest(conversations, ({ from, to }) => (from === address ? to : from))
    .map(({ value }) => value)
    .filter((peer) => peer !== address && isAddress(peer))
  const rest = {
    ...(peers.length === 0 ? {} : { peers: peers.slice(0, PEERS) }),
    labels: portLabels(conversations),
  }
  const amplifiers = amplifierPorts(conversations)
  if (amplifiers.length > 0)
    return {
      category: 'dos.amplification',
      match: { protocol: 'udp', sourcePort: amplifiers.join(',') },
      ...rest,
    }
  return { category: 'dos.volumetric', ...matchOf(address, protocol), ...rest }
}

/** What cannot be read is left out: the news of an attack must not fail by one of its packets. */
function isAddress(text: string): boolean {
  try {
    return parsePrefix(text) !== undefined
  } catch (error) {
    if (error instanceof InputError) return false
    throw error
  }
}

function matchOf(address: string, protocol: Protocol | undefined): Pick<Shape, 'match'> {
  if (protocol === undefined) return {}
  return { match: { protocol: protocol === 'icmp' && address.includes(':') ? 'icmpv6' : protocol } }
}

function amplifierPorts(conversations: readonly Conversation[]): number[] {
  const withPorts = conversations.filter(({ fromPort }) => fromPort !== 0)
  const ports = busiest(withPorts, ({ protocol, fromPort }) => (protocol === 'udp' ? fromPort : 0))
  const theirs = ports.filter(({ value, share }) => AMPLIFIERS.has(value) && share >= LEAST)
  const share = theirs.reduce((sum, one) => sum + one.share, 0)
  return share >= MOST ? theirs.map(({ value }) => value).sort((a, b) => a - b) : []
}

/** Ports that nearly all packets have, for policies that ask for them. */
function portLabels(conversations: readonly Conversation[]): Record<string, string> {
  const withPorts = conversations.filter(({ toPort }) => toPort !== 0)
  const [source] = busiest(withPorts, ({ fromPort }) => fromPort)
  const [destination] = busiest(withPorts, ({ toPort }) => toPort)
  return {
    ...(source !== undefined && source.share >= MOST ? { sourcePort: `${source.value}` } : {}),
    ...(destination !== undefined && destination.share >= MOST
      ? { destinationPort: `${destination.value}` }
      : {}),
  }
}

/** The values that packets have, with their share of all, those of the most packets first. */
function busiest<T>(
  conversations: readonly Conversation[],
  keyOf: (one: Conversation) => T,
): { value: T; share: number }[] {
  const counts = new Map<T, number>()
  let all = 0
  for (const one of conversations) {
    counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + one.packets)
    all += one.packets
  }
  return [...counts]
    .map(([value, packets]) => ({ value, share: all === 0 ? 0 : packets / all }))
    .sort((a, b) => b.share - a.share)
}
