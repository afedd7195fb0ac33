import { BmpError } from './bytes.ts'

/** One message without its common header (RFC 7854 §4.1). */
export interface Frame {
  readonly type: number
  readonly body: Buffer
}

const HEADER = 6
const VERSION = 3
/** A mirrored or monitored message of 65,535 bytes (RFC 8654) beside its headers, and a Peer Up with two of them. */
const LONGEST = 3 * 65_536

/** Cuts what comes from TCP into messages; it never keeps more than the longest message. */
export class Framing {
  #chunks: Buffer[] = []
  #length = 0
  #needed = HEADER

  /** @throws BmpError on what is no BMP */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#length < this.#needed) return []
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#length)
    const frames: Frame[] = []
    for (;;) {
      this.#needed = rest.length < HEADER ? HEADER : messageLength(rest)
      if (rest.length < this.#needed) break
      frames.push({ type: rest.readUInt8(5), body: rest.subarray(HEADER, this.#needed) })
      rest = rest.subarray(this.#needed)
    }
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#length = rest.length
    return frames
  }
}

function messageLength(bytes: Buffer): number {
  const version = bytes.readUInt8(0)
  if (version !== VERSION)
    throw new BmpError(`what it sends is not BMP version 3 (it begins with ${version})`)
  const length = bytes.readUInt32BE(1)
  if (length < HEADER || length > LONGEST)
    throw new BmpError(`it sent a BMP message with a length of ${length} bytes`)
  return length
}
