import type { Packet } from '../../simulator/configured/filters.ts'
import { askFlowAgent } from '../../simulator/router-state.ts'
import type { RoutersSite } from '../helpers/routers-site.ts'
import { kernelBlackholes } from './backbone.ts'

/** What one block of a storm is about: a host elsewhere that sends, or one of the site's that is sent to. */
export interface Victim {
  readonly direction: 'from' | 'to'
  readonly address: string
}

/** `from 192.0.2.1`, `to 2001:db8::1`: an entry of a router, whatever it calls it. */
export type EntryText = string

export function entryOf({ direction, address }: Victim): EntryText {
  return `${direction} ${address}`
}

/** Those that keep a container from being empty. */
const SENTINELS = new Set(['192.0.2.255', '2001:db8:ffff::1'])

/** A router that is configured, as it is seen from outside of Cordon. */
export interface Configured {
  readonly name: string
  /** What its configuration has in Cordon's containers, written by whomever. */
  entries(running: string): ReadonlySet<EntryText>
  /** The configuration without that. */
  rest(running: string): string
  /** What a person says to add or to take away an entry of IPv4. */
  byHand(verb: 'add' | 'remove', entry: Victim): string
  /** A packet that a block of this kind is to stop. */
  packet(victim: Victim): Packet
}

const INSIDE = { 4: '203.0.113.70', 6: '2001:db8:103::a' } as const
const OUTSIDE = '2001:db8:f00:1::10'
const UDP = 17

function packetBetween(ways: { readonly in: string; readonly out: string }, victim: Victim): Packet {
  const { direction, address } = victim
  const inside = address.includes(':') ? INSIDE[6] : INSIDE[4]
  const ends =
    direction === 'from'
      ? { source: address, destination: inside }
      : { source: OUTSIDE, destination: address }
  return { ...ways, ...ends, protocol: UDP, sourcePort: 40_000, destinationPort: 9 }
}

const JUNOS_LIST =
  /<prefix-list>\s*<name>CORDON-[46]-(FROM|TO)<\/name>((?:\s*<prefix-list-item>\s*<name>[^<]*<\/name>\s*<\/prefix-list-item>)*)\s*<\/prefix-list>/g

const CORE: Configured = {
  name: 'core',
  entries(running) {
    const lists = [...running.matchAll(JUNOS_LIST)]
    return without(
      lists.flatMap(([, end = '', items = '']) =>
        [...items.matchAll(/<name>([^</]*)\//g)].map(([, address]) => `${end.toLowerCase()} ${address}`),
      ),
    )
  },
  rest: (running) => running.replaceAll(JUNOS_LIST, ''),
  byHand: (verb, { direction, address }) =>
    `${verb === 'add' ? 'set' : 'delete'} policy-options prefix-list CORDON-4-${direction.toUpperCase()} ${address}/32`,
  packet: (victim) => packetBetween({ in: 'to-border-flow', out: 'to-site' }, victim),
}

const IOS_GROUP = /^object-group network CORDON-4-(FROM|TO) *\n((?: .*\n)*)/gm
const IOS_LINE = /^ sequence \d+ deny ipv6 (?:host (?<source>\S+)|any) (?:host (?<destination>\S+)|any) *\n/gm

const EDGE: Configured = {
  name: 'edge-ios',
  entries(running) {
    const groups = [...running.matchAll(IOS_GROUP)].flatMap(([, end = '', lines = '']) =>
      [...lines.matchAll(/host (\S+)/g)].map(([, address]) => `${end.toLowerCase()} ${address}`),
    )
    const lines = [...running.matchAll(IOS_LINE)].map(({ groups: found }) =>
      found?.['source'] === undefined
        ? `to ${found?.['destination']?.toLowerCase()}`
        : `from ${found['source'].toLowerCase()}`,
    )
    return without([...groups, ...lines])
  },
  rest: (running) => running.replaceAll(IOS_GROUP, '').replaceAll(IOS_LINE, ''),
  byHand: (verb, { direction, address }) =>
    `object-group network CORDON-4-${direction.toUpperCase()}\n${verb === 'add' ? '' : 'no '}host ${address}`,
  packet: (victim) => packetBetween({ in: 'to-core', out: 'to-sw-edge' }, victim),
}

export const CONFIGURED: readonly Configured[] = [CORE, EDGE]

function without(entries: readonly EntryText[]): ReadonlySet<EntryText> {
  return new Set(entries.filter((entry) => !SENTINELS.has(entry.split(' ')[1] ?? '')))
}

/** The department's Linux, on which nft is run over SSH. */
export const LINUX = 'dept'

const SET = /set acl[46]_drop_([sd])\d+ \{[^{}]*elements = \{([^}]*)\}/g

/** What its kernel drops. */
export async function heldByLinux({ lab }: RoutersSite): Promise<ReadonlySet<EntryText>> {
  const { stdout } = await lab.exec(LINUX, ['nft', 'list', 'table', 'inet', 'cordon'])
  const sets = [...stdout.matchAll(SET)]
  return new Set(
    sets.flatMap(([, end, elements = '']) =>
      elements.split(',').map((element) => `${end === 's' ? 'from' : 'to'} ${element.trim().split(' ')[0]}`),
    ),
  )
}

/** The hosts that the kernels of the routers that speak BGP drop, by router. */
export async function blackholes(site: RoutersSite): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { lab } = site
  const [four, six, flow] = await Promise.all([
    kernelBlackholes(lab, 'border-bird', 4),
    kernelBlackholes(lab, 'border-bird', 6),
    askFlowAgent(lab.runtimeFolder, 'border-flow'),
  ])
  return new Map([
    ['border-bird', new Set([...four, ...six])],
    ['border-flow', new Set(flow.blackholes.map(({ address }) => address))],
  ])
}
