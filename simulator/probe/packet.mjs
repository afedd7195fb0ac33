/** Both ends of the probe share this: magic, flow, sequence number, time of sending in ms on CLOCK_MONOTONIC. */
const MAGIC = 0xc04d
export const PACKET_BYTES = 16

/** The clock of this machine's every process and namespace, in milliseconds. */
export function now() {
  return Number(process.hrtime.bigint()) / 1e6
}

export function writePacket(bytes, flow, seq, sentAt) {
  bytes.writeUInt16BE(MAGIC, 0)
  bytes.writeUInt16BE(flow, 2)
  bytes.writeUInt32BE(seq, 4)
  bytes.writeDoubleBE(sentAt, 8)
}

/** undefined for what is not ours. */
export function readPacket(bytes) {
  if (bytes.length !== PACKET_BYTES || bytes.readUInt16BE(0) !== MAGIC) return undefined
  return { flow: bytes.readUInt16BE(2), seq: bytes.readUInt32BE(4), sentAt: bytes.readDoubleBE(8) }
}

/** Whoever started us holds our standard input: when it dies, however, we end too. */
export function endWithParent(before = () => undefined) {
  process.stdin.on('end', () => {
    before()
    process.exit(0)
  })
  process.stdin.on('error', () => process.exit(0))
  process.stdin.resume()
}
