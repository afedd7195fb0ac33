import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Family } from '../addresses.ts'
import { eventually } from '../eventually.ts'
import type { Lab } from '../lab-handle.ts'
import { nodeOf } from '../topology.ts'
import type { ProbedNodes } from './probe.ts'

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

/** Where packets are crafted and heard: a lab, or nodes that a test has wired by itself. */
export type CraftedNodes = ProbedNodes &
  (Pick<Lab, 'topology'> | { /** the interface that the node receives on */ portOf(node: string): string })

export interface Crafter {
  /**
   * Sends them in order and says which came through. Those that are expected to are waited for: a busy processor
   * may hold a packet back while others, on another one, overtake it.
   */
  through(packets: readonly CraftedPacket[], expected: readonly boolean[]): Promise<boolean[]>
  stop(): Promise<void>
}

const SCRIPT = join(import.meta.dirname, 'craft.py')
const DEADLINE_MS = 10_000
const LATE_MS = 1_000
const BATCH_MS = 20

/** Sends single packets of any shape to one host; what goes to the host beside must never be stopped. */
export async function startCrafter(
  lab: CraftedNodes,
  { from, to, beside }: { from: string; to: string; beside: string },
): Promise<Crafter> {
  const sender = lab.spawnIn(from, ['python3', SCRIPT, 'send'], { stdio: ['pipe', 'ignore', 'inherit'] })
  const heard = new Set<string>()
  const receivers = [to, beside].map((node) => startReceiver(lab, node, (line) => heard.add(line)))
  const stop = (): Promise<void> => endAll([sender, ...receivers])
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
    async through(packets, expected) {
      const tokens = packets.map(send)
      const hasCome = (): boolean => tokens.every((one, at) => expected[at] !== true || heard.has(one))
      await eventually('what is expected to come through', LATE_MS, hasCome, 1).catch(() => undefined)
      // what should not come is given as long as some others took
      for (const family of [4, 6, 4, 6] as const) {
        const last = send({
          family,
          proto: EXPERIMENT,
          src: STRANGER[family],
          dst: lab.addressOf(beside, family),
        })
        await eventually('a packet that nobody stops', DEADLINE_MS, () => heard.has(last), 1)
      }
      return tokens.map((one) => heard.has(one))
    },
  }
}

/** Sends copies of a packet from one node to another, so many a second, until it is ended. */
export function startCraftedFlood(
  lab: ProbedNodes,
  { from, to, packet, hz }: { from: string; to: string; packet: CraftedPacket; hz: number },
): { stop(): Promise<void> } {
  const sender = lab.spawnIn(from, ['python3', SCRIPT, 'send'], { stdio: ['pipe', 'ignore', 'inherit'] })
  const ends = { src: lab.addressOf(from, packet.family), dst: lab.addressOf(to, packet.family) }
  const line = `${JSON.stringify({ ...ends, ...packet, token: 0 })}\n`
  // One that has ended is found out by who waits for its packets.
  sender.stdin?.on('error', () => undefined)
  const timer = setInterval(() => sender.stdin?.write(line.repeat((hz * BATCH_MS) / 1_000)), BATCH_MS)
  return {
    stop() {
      clearInterval(timer)
      return end(sender)
    },
  }
}

/** Says its node's name once it hears. */
function startReceiver(lab: CraftedNodes, node: string, hear: (line: string) => unknown): ChildProcess {
  const port = 'portOf' in lab ? lab.portOf(node) : (nodeOf(lab.topology, node).interfaces[0]?.name ?? '')
  const receiver = lab.spawnIn(node, ['python3', SCRIPT, 'hear', port], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (receiver.stdout) {
    createInterface({ input: receiver.stdout }).on('line', (line) => hear(line === 'ready' ? node : line))
  }
  return receiver
}

/** A protocol number for experiments (RFC 3692), which no rule of a test is about. */
const EXPERIMENT = 253
const STRANGER = { 4: '198.51.100.99', 6: '2001:db8:f00:1::99' } as const

async function endAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(children.map(end))
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'close')
  child.kill('SIGKILL')
  await ended
}
