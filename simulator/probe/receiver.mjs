// Receives a probe's flows on one host and streams what came, packed into runs of consecutive numbers:
//   node receiver.mjs '{"flows":[{"id":0,"family":4,"port":9001}]}'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { endWithParent, now, readPacket } from './packet.mjs'

const REPORT_EVERY_MS = 5
const COUNT_DROPS_EVERY_MS = 100
/** libuv reads at most this many packets of a socket in one turn of the loop. */
const READS_A_TURN = 32

const { flows } = JSON.parse(process.argv[2])
const runs = new Map()
const newest = new Map()
let late = []
let receivedThisTurn = 0
let watermark = 0
let drops = 0
let countDropsAt = 0

function onPacket(bytes) {
  const at = now()
  const packet = readPacket(bytes)
  if (!packet) return
  receivedThisTurn += 1
  const { flow, seq, sentAt } = packet
  const last = newest.get(flow)
  if (last && seq <= last.seq) {
    late.push([flow, seq])
    return
  }
  newest.set(flow, { seq, at })
  const open = runs.get(flow)?.at(-1)
  if (open && seq === open.lastSeq + 1) {
    open.silenceMs = Math.max(open.silenceMs, at - open.lastAt)
    Object.assign(open, { lastSeq: seq, lastSent: sentAt, lastAt: at })
    return
  }
  const silenceMs = last && seq === last.seq + 1 ? at - last.at : 0
  const run = {
    firstSeq: seq,
    lastSeq: seq,
    firstSent: sentAt,
    firstAt: at,
    lastSent: sentAt,
    lastAt: at,
    silenceMs,
  }
  runs.set(flow, [...(runs.get(flow) ?? []), run])
}

/** What the kernel threw away because this process was too slow: loss that no router caused. */
function countDrops() {
  const ports = new Set(flows.map((flow) => flow.port.toString(16).toUpperCase().padStart(4, '0')))
  return ['/proc/self/net/udp', '/proc/self/net/udp6']
    .flatMap((path) => readFileSync(path, 'utf8').trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => ports.has(fields[1].split(':').at(-1)))
    .reduce((sum, fields) => sum + Number(fields.at(-1)), 0)
}

function report() {
  if (now() >= countDropsAt) {
    drops = countDrops()
    countDropsAt = now() + COUNT_DROPS_EVERY_MS
  }
  const packed = [...runs].flatMap(([flow, list]) => list.map((run) => ({ flow, ...run })))
  process.stdout.write(`${JSON.stringify({ watermark, runs: packed, late, drops })}\n`)
  runs.clear()
  late = []
}

/**
 * The watermark promises that everything which had arrived by then is reported. It advances only when the poll
 * between a timer and its setImmediate came back with less than it may read: then nothing was left queued.
 */
function beat() {
  const before = now()
  receivedThisTurn = 0
  setImmediate(() => {
    if (receivedThisTurn < READS_A_TURN) watermark = before
    report()
    setTimeout(beat, REPORT_EVERY_MS)
  })
}

async function listen(flow) {
  const socket = createSocket({ type: flow.family === 6 ? 'udp6' : 'udp4', ipv6Only: flow.family === 6 })
  socket.on('message', onPacket)
  await new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(flow.port, resolve)
  })
}

await Promise.all(flows.map(listen))
endWithParent(() => {
  countDropsAt = 0
  report()
})
process.stdout.write(`${JSON.stringify({ ready: true })}\n`)
beat()
