import type { Family } from '../domain/prefix.ts'
import type { TriggerInput, TriggerRole } from '../domain/trigger.ts'

/** What is told of one end of the traffic beside its addresses. */
export interface Traffic {
  /** None where nothing is told of them. */
  readonly ports: readonly number[]
  /** Names as sources write them, also of what runs over a protocol, such as `ssh`. */
  readonly protocols: readonly string[]
}

/** Protocols that a match knows by name, as sources write them. */
const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ...['icmp', 'igmp', 'tcp', 'udp', 'gre', 'esp', 'ah', 'icmpv6', 'sctp'].map(
    (name) => [name, name] as const,
  ),
  ['ipv6-icmp', 'icmpv6'],
  ['icmp6', 'icmpv6'],
])

const WITH_PORTS = ['tcp', 'udp', 'sctp']

/** UDP services that answer more than they are asked, and are asked in the name of others. */
export const AMPLIFIERS: ReadonlySet<number> = new Set([
  17, 19, 53, 69, 111, 123, 137, 161, 389, 427, 520, 1900, 3283, 3702, 5353, 10001, 11211,
])

/** Whether all of it are answers of services that are known to be asked in the name of others. */
export function isAmplified({ ports, protocols }: Traffic): boolean {
  const names = protocolNames(protocols, 4)
  return (
    ports.length > 0 && ports.every((port) => AMPLIFIERS.has(port)) && names.every((name) => name === 'udp')
  )
}

/**
 * What the traffic has from `near`, whom the trigger is about, to `far`, or the other way round: destination ports, the
 * protocols that are known, and source ports where those are a service's, as any other was picked by chance (RFC 6056).
 */
export function matchOf(
  role: TriggerRole,
  family: Family,
  near: Traffic,
  far: Traffic,
): TriggerInput['match'] {
  const [source, destination] = role === 'offender' ? [near, far] : [far, near]
  const named = protocolNames([...near.protocols, ...far.protocols], family)
  const withPorts = named.filter((name) => WITH_PORTS.includes(name))
  const havePorts = named.length === 0 || withPorts.length > 0
  const ports = {
    ...(destination.ports.length > 0 ? { destinationPort: sorted(destination.ports) } : {}),
    ...(source.ports.length > 0 && source.ports.every(isService) ? { sourcePort: sorted(source.ports) } : {}),
  }
  const protocol = havePorts && Object.keys(ports).length > 0 ? withPorts : named
  const match = { ...(protocol.length > 0 ? { protocol } : {}), ...(havePorts ? ports : {}) }
  return Object.keys(match).length === 0 ? undefined : match
}

function isService(port: number): boolean {
  return port < 1024 || AMPLIFIERS.has(port)
}

function protocolNames(protocols: readonly string[], family: Family): string[] {
  const names = protocols.flatMap((name) => PROTOCOLS.get(name.toLowerCase()) ?? [])
  return [...new Set(names.map((name) => (family === 6 && name === 'icmp' ? 'icmpv6' : name)))]
}

/** Traffic of several together; ports only where each of them tells some. */
export function unitedTraffic(all: readonly Traffic[]): Traffic {
  const told = all.every(({ ports }) => ports.length > 0)
  return {
    ports: told ? sorted(all.flatMap(({ ports }) => ports)) : [],
    protocols: [...new Set(all.flatMap(({ protocols }) => protocols))],
  }
}

function sorted(ports: readonly number[]): number[] {
  return [...new Set(ports)].sort((a, b) => a - b)
}
