// Sends numbered UDP on several flows at an even pace. Plain Node, started inside the attacker's namespace:
//   node sender.mjs '{"flows":[{"id":0,"family":4,"address":"203.0.113.10","port":9001,"hz":2000}]}'
import { createSocket } from 'node:dgram'
import { endWithParent, now, PACKET_BYTES, writePacket } from './packet.mjs'

const REPORT_EVERY_MS = 5
/** A sender that was held up skips what it missed: a burst would overflow the receiver and look like loss. */
const MAX_LAG_MS = 20
/** Streams that fall due this close together go out in one turn of the loop. */
const TOGETHER_MS = 0.1

const { flows } = JSON.parse(process.argv[2])
const sleeper = new Int32Array(new SharedArrayBuffer(4))
const streams = flows.map(openStream)
let reportAt = now()

function openStream(flow) {
  const socket = createSocket({
    type: flow.family === 6 ? 'udp6' : 'udp4',
    // several flows, of several senders too, may come from one port
    reuseAddr: true,
    // an address needs no resolver, and Node's own takes a turn of the event loop for it
    lookup: (host, _options, done) => done(null, host, flow.family),
  })
  // a refused or unroutable packet is a lost packet: the receiver is the judge
  socket.on('error', () => undefined)
  if (flow.sourcePort !== undefined) socket.bind(flow.sourcePort)
  return { ...flow, socket, everyMs: 1000 / flow.hz, dueAt: now(), seq: 0, sentAt: 0, pauseMs: 0 }
}

function send(stream) {
  const sentAt = now()
  const bytes = Buffer.allocUnsafe(PACKET_BYTES)
  stream.seq += 1
  writePacket(bytes, stream.id, stream.seq, sentAt)
  if (stream.sentAt > 0) stream.pauseMs = Math.max(stream.pauseMs, sentAt - stream.sentAt)
  stream.sentAt = sentAt
  stream.socket.send(bytes, stream.port, stream.address, () => undefined)
}

function report() {
  const sent = streams.map((stream) => [stream.id, stream.seq, stream.sentAt, stream.pauseMs])
  process.stdout.write(`${JSON.stringify({ sent })}\n`)
}

function turn() {
  let next = Number.POSITIVE_INFINITY
  for (const stream of streams) {
    const at = now()
    if (at - stream.dueAt > MAX_LAG_MS) stream.dueAt = at
    while (stream.dueAt <= at + TOGETHER_MS) {
      send(stream)
      stream.dueAt += stream.everyMs
    }
    next = Math.min(next, stream.dueAt)
  }
  if (now() >= reportAt) {
    report()
    reportAt = now() + REPORT_EVERY_MS
  }
  // Node's timers count whole milliseconds; this sleeps for parts of one
  const rest = next - now()
  if (rest > 0.02) Atomics.wait(sleeper, 0, 0, rest)
  setImmediate(turn)
}

endWithParent(report)
turn()
