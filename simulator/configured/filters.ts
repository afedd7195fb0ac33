import type { Family } from '../addresses.ts'
import { covers, prefixOf } from './prefixes.ts'

/** The words of an active configuration end here: what the data plane does, whoever made the router. */
export interface FilterModel {
  /** prefixes of both families, by the name that matches call them by */
  readonly lists: ReadonlyMap<string, readonly string[]>
  readonly attachments: readonly Attachment[]
  /** interfaces that the configuration has shut */
  readonly down: readonly string[]
}

/** What packets of one family meet at an interface; another family's pass unless it has an attachment too. */
export interface Attachment {
  readonly interface: string
  /** `in`: what arrives, for the router itself too; `out`: what is forwarded */
  readonly direction: 'in' | 'out'
  readonly family: Family
  /** in the order of evaluation; those of one name and family are the same everywhere */
  readonly filters: readonly Filter[]
  /** for what no term has decided */
  readonly otherwise: 'accept' | 'drop'
}

export interface Filter {
  readonly name: string
  readonly terms: readonly Term[]
}

export interface Term {
  readonly match: Match
  /** `next` counts and goes on */
  readonly verdict: 'accept' | 'drop' | 'next'
  /** packets that it decided or counted are added to the counter of this name */
  readonly counter?: string
}

/** All of them must hold; what is left out holds always. */
export interface Match {
  readonly sources?: Prefixes
  readonly destinations?: Prefixes
  readonly protocols?: readonly number[]
  /** these hold only for TCP and UDP, and never for a later fragment */
  readonly sourcePorts?: readonly PortRange[]
  readonly destinationPorts?: readonly PortRange[]
  /** these hold only for the family's ICMP */
  readonly icmpTypes?: readonly number[]
}

/** An address in any list or prefix; none of both matches nothing. */
export interface Prefixes {
  readonly lists?: readonly string[]
  readonly prefixes?: readonly string[]
}

/** From and to, both included. */
export type PortRange = readonly [number, number]

/** A packet on its way, not a fragment; without ports or type where its protocol has none. */
export interface Packet {
  readonly in: string
  /** left out: it is for the router itself */
  readonly out?: string
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly sourcePort?: number
  readonly destinationPort?: number
  readonly icmpType?: number
}

export interface Judgement {
  readonly dropped: boolean
  /** the names of the counters that it moved, in order */
  readonly counters: readonly string[]
}

export const EMPTY_MODEL: FilterModel = { lists: new Map(), attachments: [], down: [] }

export const TCP = 6
export const UDP = 17
export const ICMP = { 4: 1, 6: 58 } as const

/** What becomes of a packet. */
export function judge(model: FilterModel, packet: Packet): Judgement {
  const places = [
    ['in', packet.in],
    ['out', packet.out],
  ] as const
  if (places.some(([, name]) => name !== undefined && model.down.includes(name)))
    return { dropped: true, counters: [] }
  const counters: string[] = []
  for (const [direction, name] of places) {
    const met = model.attachments.filter(
      (one) => one.interface === name && one.direction === direction && one.family === packetFamily(packet),
    )
    if (met.some((one) => passes(model, one, packet, counters) === 'drop')) return { dropped: true, counters }
  }
  return { dropped: false, counters }
}

/** How many places a model takes in the hardware: its prefixes and its terms. */
export function entriesOf(model: FilterModel): number {
  const filters = new Map(
    model.attachments.flatMap(({ family, filters }) =>
      filters.map((one) => [`${family} ${one.name}`, one] as const),
    ),
  )
  const lists = [...model.lists.values()].reduce((sum, prefixes) => sum + prefixes.length, 0)
  return [...filters.values()].reduce((sum, { terms }) => sum + terms.length, lists)
}

function packetFamily({ destination }: Packet): Family {
  return destination.includes(':') ? 6 : 4
}

function passes(model: FilterModel, at: Attachment, packet: Packet, counters: string[]): 'accept' | 'drop' {
  for (const { match, verdict, counter } of at.filters.flatMap(({ terms }) => terms)) {
    if (!matches(model, match, packet)) continue
    if (counter !== undefined) counters.push(counter)
    if (verdict !== 'next') return verdict
  }
  return at.otherwise
}

function matches(model: FilterModel, match: Match, packet: Packet): boolean {
  const { protocol } = packet
  const hasPorts = protocol === TCP || protocol === UDP
  return (
    isAmong(model, match.sources, packet.source) &&
    isAmong(model, match.destinations, packet.destination) &&
    (match.protocols?.includes(protocol) ?? true) &&
    isIn(match.sourcePorts, hasPorts ? packet.sourcePort : undefined) &&
    isIn(match.destinationPorts, hasPorts ? packet.destinationPort : undefined) &&
    (match.icmpTypes === undefined ||
      (protocol === ICMP[packetFamily(packet)] && match.icmpTypes.includes(packet.icmpType ?? -1)))
  )
}

function isAmong(model: FilterModel, wanted: Prefixes | undefined, address: string): boolean {
  if (wanted === undefined) return true
  const own = prefixOf(address)
  return prefixesOf(model, wanted).some((prefix) => covers(prefixOf(prefix), own))
}

/** All prefixes that are meant, in no order. */
export function prefixesOf(model: FilterModel, { lists = [], prefixes = [] }: Prefixes): string[] {
  return [...lists.flatMap((name) => model.lists.get(name) ?? []), ...prefixes]
}

function isIn(ranges: readonly PortRange[] | undefined, port: number | undefined): boolean {
  if (ranges === undefined) return true
  return port !== undefined && ranges.some(([low, high]) => low <= port && port <= high)
}
