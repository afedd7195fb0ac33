import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Family } from '../addresses.ts'
import { eventually } from '../eventually.ts'
import type { Lab } from '../lab-handle.ts'
import { nodeOf } from '../topology.ts'

/** A packet as it shall be on the wire; what is left out is zero, and ports those of nobody. */
export interface CraftedPacket {
  readonly family: Family
  readonly proto: number
  readonly sport?: number
  readonly dport?: number
  readonly icmpType?: number
  readonly icmpCode?: number
  readonly tcpFlags?: number
  /** of the whole IP packet; it is never shorter than its headers need */
  readonly length?: number
  readonly dscp?: number
  readonly df?: boolean
  /** in units of 8 octets */
  readonly offset?: number
  readonly more?: boolean
  readonly flowLabel?: number
  /** left out: the sender's own, the receiver's own */
  readonly src?: string
  readonly dst?: string
}

export interface Crafter {
  /** Sends them in order and says which came through. */
  through(packets: readonly CraftedPacket[]): Promise<boolean[]>
  stop(): Promise<void>
}

const DEADLINE_MS = 10_000

/** Sends single packets of any shape to one host; what goes to the host beside must never be stopped. */
export async function startCrafter(
  lab: Lab,
  { from, to, beside }: { from: string; to: string; beside: string },
): Promise<Crafter> {
  const script = join(import.meta.dirname, 'craft.py')
  const sender = lab.spawnIn(from, ['python3', script, 'send'], { stdio: ['pipe', 'ignore', 'inherit'] })
  const heard = new Set<string>()
  const receivers = [to, beside].map((node) => {
    const port = nodeOf(lab.topology, node).interfaces[0]?.name ?? ''
    const argv = ['python3', script, 'hear', port]
    const receiver = lab.spawnIn(node, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    if (receiver.stdout) {
      const hear = (line: string): unknown => heard.add(line === 'ready' ? node : line)
      createInterface({ input: receiver.stdout }).on('line', hear)
    }
    return receiver
  })
  const stop = async (): Promise<void> => {
    await Promise.all([sender, ...receivers].map(end))
  }
  try {
    await eventually('the receivers to hear', DEADLINE_MS, () => heard.has(to) && heard.has(beside), 2)
  } catch (error) {
    await stop()
    throw error
  }
  let token = 0
  const send = (packet: CraftedPacket): string => {
    token += 1
    const ends = { src: lab.addressOf(from, packet.family), dst: lab.addressOf(to, packet.family) }
    sender.stdin?.write(`${JSON.stringify({ ...ends, ...packet, token })}\n`)
    return `${token}`
  }
  return {
    stop,
    async through(packets) {
      const tokens = packets.map(send)
      // the way keeps the order: what was sent before these has arrived or never will
      const unstopped = { family: 4, proto: EXPERIMENT, dst: lab.addressOf(beside, 4) } as const
      for (const last of [send(unstopped), send(unstopped)])
        await eventually('a packet that nobody stops', DEADLINE_MS, () => heard.has(last), 2)
      return tokens.map((one) => heard.has(one))
    },
  }
}

/** A protocol number for experiments (RFC 3692), which no rule of a test is about. */
const EXPERIMENT = 253

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'close')
  child.kill('SIGKILL')
  await ended
}
