import { type Cidr, contains, type Family, isDocumentation, parseCidr } from './addresses.ts'
import {
  type BgpSettings,
  type SshSettings,
  TopologyError,
  type TopologyFile,
  type TopologyNode,
} from './topology-file.ts'

export interface Interface {
  readonly name: string
  readonly addresses: readonly Cidr[]
}

export interface Route {
  readonly destination: string
  readonly via: string
}

export interface Node {
  readonly name: string
  readonly kind: TopologyNode['kind']
  readonly interfaces: readonly Interface[]
  readonly routes: readonly Route[]
  readonly bgp: BgpSettings | undefined
  readonly ssh: SshSettings | undefined
}

export interface Link {
  readonly ends: readonly [string, string]
}

/** A topology whose every name and address has been followed to its end. */
export interface Topology {
  readonly name: string
  readonly nodes: ReadonlyMap<string, Node>
  readonly links: readonly Link[]
}

/** @throws TopologyError when a name leads nowhere or an address is not one that a lab may use */
export function resolveTopology(file: TopologyFile): Topology {
  const links = file.links.map(linkOf)
  const interfaces = interfacesByNode(file, links)
  const nodes = new Map<string, Node>()
  for (const [name, node] of Object.entries(file.nodes)) {
    checkDaemons(name, node)
    const routes = Object.entries(node.routes ?? {}).flatMap(([to, via]) =>
      routesTo(name, to, via, interfaces),
    )
    nodes.set(name, {
      name,
      kind: node.kind,
      interfaces: interfaces.get(name) ?? [],
      routes,
      bgp: node.bgp,
      ssh: node.ssh,
    })
  }
  const topology = { name: file.name, nodes, links }
  for (const node of nodes.values())
    for (const speaker of Object.values(node.bgp?.speakers ?? {}))
      sharedSubnet(topology, node.name, speaker.node, 4)
  return topology
}

/** Routers that somebody logs in to. */
export const CONFIGURED_KINDS: ReadonlySet<string> = new Set(['ios-router', 'junos-router', 'ietf-router'])

/** Routers that may have an OpenSSH server beside what else they run. */
const SSHD_KINDS = new Set(['linux-router', 'frr-router'])

/** Whether an OpenSSH server runs there. */
export function hasSshd({ kind, ssh }: Pick<Node, 'kind' | 'ssh'>): boolean {
  return SSHD_KINDS.has(kind) && ssh !== undefined
}

const BGP_KINDS = new Set(['bird-router', 'frr-router', 'gobgp-router'])

function checkDaemons(name: string, { kind, bgp, ssh }: TopologyNode): void {
  const mayHaveSshd = SSHD_KINDS.has(kind)
  if (mayHaveSshd && (ssh?.interfaces ?? ssh?.options) !== undefined)
    throw new TopologyError(`${name}: the server of a ${kind} has no interfaces and options`)
  if (!mayHaveSshd && CONFIGURED_KINDS.has(kind) !== (ssh !== undefined))
    throw new TopologyError(`${name}: a router that is configured and the settings ssh go together`)
  if (kind === 'ios-router' && (ssh?.interfaces ?? ssh?.options?.['interfaces']) !== undefined)
    throw new TopologyError(`${name}: the interfaces of an ios-router are numbered by its links`)
  if (BGP_KINDS.has(kind) !== (bgp !== undefined)) {
    throw new TopologyError(`${name}: a router with a BGP daemon and the settings bgp go together`)
  }
  if (kind === 'bird-router' && bgp?.bmp) throw new TopologyError(`${name}: this BIRD has no BMP`)
  if (kind !== 'bird-router' && (bgp?.flow ?? bgp?.clients))
    throw new TopologyError(`${name}: flow and clients are settings of a bird-router`)
}

/** @throws TopologyError when there is no such node */
export function nodeOf(topology: Topology, name: string): Node {
  const node = topology.nodes.get(name)
  if (node) return node
  throw new TopologyError(`no node "${name}" (there are ${[...topology.nodes.keys()].join(', ')})`)
}

/** A node's first address of a family: what others know it by. */
export function addressOf(topology: Topology, name: string, family: Family): string {
  const found = allAddresses(nodeOf(topology, name).interfaces).find((own) => own.family === family)
  if (found) return found.address
  throw new TopologyError(`${name} has no IPv${family} address`)
}

/** The two nodes' addresses in the subnet that they share. */
export function sharedSubnet(topology: Topology, a: string, b: string, family: Family): [string, string] {
  const mine = nodeOf(topology, a).interfaces
  const theirs = nodeOf(topology, b).interfaces
  const pair = pairInOneSubnet(mine, theirs, family)
  if (pair) return pair
  throw new TopologyError(`${a} and ${b} share no IPv${family} subnet`)
}

function linkOf(link: TopologyFile['links'][number]): Link {
  const [a, b] = Object.keys(link)
  if (a === undefined || b === undefined) throw new TopologyError('a link has two ends')
  return { ends: [a, b] }
}

function interfacesByNode(file: TopologyFile, links: readonly Link[]): Map<string, Interface[]> {
  const byNode = new Map<string, Interface[]>(Object.keys(file.nodes).map((name) => [name, []]))
  for (const [at, { ends }] of links.entries()) {
    for (const [own, other] of [ends, [ends[1], ends[0]] as const]) {
      const interfaces = byNode.get(own)
      if (!interfaces) throw new TopologyError(`link ${at}: no node "${own}"`)
      const name = `to-${other}`
      if (interfaces.some((known) => known.name === name)) {
        throw new TopologyError(`${own} and ${other} have two links, their interfaces would share a name`)
      }
      interfaces.push({ name, addresses: (file.links[at]?.[own] ?? []).map(labAddress) })
    }
  }
  return byNode
}

function labAddress(text: string): Cidr {
  const cidr = parseCidr(text)
  if (isDocumentation(cidr)) return cidr
  throw new TopologyError(`${text} is not from the documentation prefixes`)
}

function routesTo(
  node: string,
  to: string,
  via: string,
  interfaces: ReadonlyMap<string, readonly Interface[]>,
): Route[] {
  const destination = to === 'default' ? undefined : labAddress(to)
  const families: readonly Family[] = destination ? [destination.family] : [4, 6]
  return families.map((family) => {
    const pair = pairInOneSubnet(interfaces.get(node) ?? [], interfaces.get(via) ?? [], family)
    if (!pair)
      throw new TopologyError(`${node}: "${via}" is no IPv${family} neighbour to route ${to} through`)
    return { destination: destination ? to : family === 4 ? '0.0.0.0/0' : '::/0', via: pair[1] }
  })
}

function pairInOneSubnet(
  mine: readonly Interface[],
  theirs: readonly Interface[],
  family: Family,
): [string, string] | undefined {
  for (const own of allAddresses(mine)) {
    if (own.family !== family) continue
    const peer = allAddresses(theirs).find((other) => contains(own, other))
    if (peer) return [own.address, peer.address]
  }
  return undefined
}

function allAddresses(interfaces: readonly Interface[]): Cidr[] {
  return interfaces.flatMap((one) => one.addresses)
}

/** A session between a router and a speaker: the router's own address, and the speaker's. */
export interface Session {
  readonly name: string
  readonly own: string
  readonly peer: string
  readonly peerAsn: number
}

export function sessionsOf(topology: Topology, router: string): Session[] {
  return Object.entries(nodeOf(topology, router).bgp?.speakers ?? {}).map(([name, speaker]) => {
    const [own, peer] = sharedSubnet(topology, router, speaker.node, 4)
    return { name, own, peer: speaker.address ?? peer, peerAsn: speaker.asn }
  })
}
