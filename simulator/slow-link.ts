import { mustRun } from './command.ts'
import type { Lab } from './lab-handle.ts'

/** Longer than any queue of a test: what waits is late and not lost, as on a thin line. */
const QUEUE_BYTES = 4_000_000
/** The largest packet that a kernel gives to a cable that can cut it up itself; a smaller bucket would drop it. */
const BUCKET_BYTES = 65_536

/** Lets what a node sends to its neighbour through at so many bits a second, by a token bucket of Linux (tc-tbf). */
export async function slowLink(lab: Lab, from: string, to: string, bitsPerSecond: number): Promise<void> {
  const bucket = `rate ${bitsPerSecond}bit burst ${BUCKET_BYTES} limit ${QUEUE_BYTES}`
  await inside(lab, from, `replace dev to-${to} root tbf ${bucket}`)
}

/** What waits in the queue is lost, and TCP sends it again. */
export async function freeLink(lab: Lab, from: string, to: string): Promise<void> {
  await inside(lab, from, `delete dev to-${to} root`)
}

async function inside(lab: Lab, node: string, words: string): Promise<void> {
  await mustRun([...lab.enter(node), 'tc', 'qdisc', ...words.split(' ')])
}

/** For connections that a node opens from now on: what a slow neighbour does not take waits in the program itself. */
export async function smallSendBuffers(lab: Lab, node: string): Promise<void> {
  await mustRun([...lab.enter(node), 'sysctl', '-qw', 'net.ipv4.tcp_wmem=4096 8192 8192'])
}
