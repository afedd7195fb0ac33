import type { Conversation, Protocol } from './conversations.ts'

/** What the text says that FastNetMon 1.2.4 gives to its notify script. Its rates are rounded down. */
export interface Report {
  readonly attackType?: string
  readonly protocol?: Protocol
  /** Of the direction that was asked for. */
  readonly bitsPerSecond?: number
  readonly conversations: readonly Conversation[]
}

const MBIT = 1_000_000

/**
 * Reads a report as far as it is understood: its words are FastNetMon's, and a field that changes in a later version
 * must not keep the news of an attack from arriving.
 */
export function readReport(text: string, direction: 'incoming' | 'outgoing'): Report {
  const lines = text.split('\n')
  const facts = new Map(lines.map(readFact).filter((fact) => fact !== undefined))
  const attackType = facts.get('attack type')
  const protocol = readProtocol(facts.get('attack protocol'))
  const megabits = Number(/^(\d{1,9}) mbps$/.exec(facts.get(`total ${direction} traffic`) ?? '')?.[1] ?? 0)
  return {
    ...(attackType === undefined ? {} : { attackType }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(megabits === 0 ? {} : { bitsPerSecond: megabits * MBIT }),
    conversations: readConversations(lines),
  }
}

/** `Attack type: udp_flood`. */
function readFact(line: string): [string, string] | undefined {
  const [, name, value] = /^([A-Z][a-z ]{1,40}): ([\w .]{1,60})$/.exec(line) ?? []
  return name === undefined || value === undefined ? undefined : [name.toLowerCase(), value]
}

export function readProtocol(word: string | undefined): Protocol | undefined {
  return word === 'tcp' || word === 'udp' || word === 'icmp' ? word : undefined
}

/** Packets that were sampled, or else flows that were tracked: one packet is in both. */
function readConversations(lines: readonly string[]): Conversation[] {
  const packets = lines.map((line) => readPacket(line)).filter((one) => one !== undefined)
  return packets.length > 0 ? packets : readFlows(lines)
}

const END = String.raw`([\dA-Fa-f.:]{2,45}):(\d{1,5})`
/** A time, then `198.51.100.1:53 > 192.0.2.7:40000 protocol: udp frag: 0  packets: 1 size: 442 bytes …`. */
const PACKET = new RegExp(`${END} > ${END} protocol: ([a-z]{1,10}) (?:.{0,80} )?packets: (\\d{1,12}) `)
/** `192.0.2.7:40000 < 198.51.100.1:53 553384 bytes 1252 packets`: our end first, the arrow as packets go. */
const FLOW = new RegExp(`^${END} ([<>]) ${END} \\d{1,15} bytes (\\d{1,12}) packets$`)

/** One packet of the sample, as the community edition lists it in text and the Advanced edition in its JSON. */
export function readPacket(line: string): Conversation | undefined {
  const [, from = '', fromPort, to = '', toPort, protocol, packets] = PACKET.exec(line) ?? []
  const known = readProtocol(protocol)
  if (known === undefined) return undefined
  return {
    protocol: known,
    from,
    fromPort: Number(fromPort),
    to,
    toPort: Number(toPort),
    packets: Number(packets),
  }
}

/** Lines under `UDP flows: 3`. */
function readFlows(lines: readonly string[]): Conversation[] {
  const flows: Conversation[] = []
  let protocol: Protocol | undefined
  for (const line of lines) {
    protocol = readProtocol(/^([A-Z]{3,4}) flows: \d+$/.exec(line)?.[1]?.toLowerCase()) ?? protocol
    const [, ours = '', ourPort, arrow, theirs = '', theirPort, packets] = FLOW.exec(line) ?? []
    if (protocol === undefined || arrow === undefined) continue
    const [near, far] = [
      { address: ours, port: Number(ourPort) },
      { address: theirs, port: Number(theirPort) },
    ]
    const [from, to] = arrow === '<' ? [far, near] : [near, far]
    flows.push({
      protocol,
      ...{ from: from.address, fromPort: from.port, to: to.address, toPort: to.port },
      packets: Number(packets),
    })
  }
  return flows
}
