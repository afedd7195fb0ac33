/**
 * Framing of NETCONF over SSH (RFC 6242): the end-of-message sequence of base:1.0 (§4.3), and chunks of base:1.1
 * (§4.2). Both hand a message over in pieces as it arrives, so that it can be read before it is whole.
 */
export interface Deframer {
  /** @throws FramingError when the sender does not keep to the framing: nothing after it can be read */
  take(bytes: Buffer): void
}

export interface FrameEvents {
  piece(bytes: Buffer): void
  /** The message is whole. */
  end(): void
}

export class FramingError extends Error {
  constructor(words: string) {
    super(words)
    this.name = 'FramingError'
  }
}

const END = Buffer.from(']]>]]>', 'latin1')
/** RFC 6242 §4.2: a chunk has 1 to 4294967295 bytes. */
const LARGEST_CHUNK = 4_294_967_295

export function frameWithEnd(message: string): Buffer {
  return Buffer.concat([Buffer.from(message, 'utf8'), END])
}

export function frameInChunks(message: string): Buffer {
  const bytes = Buffer.from(message, 'utf8')
  return Buffer.concat([
    Buffer.from(`\n#${bytes.length}\n`, 'latin1'),
    bytes,
    Buffer.from('\n##\n', 'latin1'),
  ])
}

/** base:1.0: a message ends with `]]>]]>`, which may itself be cut anywhere. */
export class EndDeframer implements Deframer {
  readonly #events: FrameEvents
  /** The last bytes, which may be the beginning of an end. */
  #held: Buffer = Buffer.alloc(0)

  constructor(events: FrameEvents) {
    this.#events = events
  }

  take(bytes: Buffer): void {
    const rest = this.upToEnd(bytes)
    if (rest !== undefined) this.take(rest)
  }

  /** Takes bytes up to the end of one message. @returns what comes behind it, or undefined when it has not ended */
  upToEnd(bytes: Buffer): Buffer | undefined {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    const end = all.indexOf(END)
    if (end >= 0) {
      this.#held = Buffer.alloc(0)
      this.#give(all.subarray(0, end))
      this.#events.end()
      return all.subarray(end + END.length)
    }
    const keep = Math.min(all.length, END.length - 1)
    this.#held = Buffer.from(all.subarray(all.length - keep))
    this.#give(all.subarray(0, all.length - keep))
    return undefined
  }

  #give(piece: Buffer): void {
    if (piece.length > 0) this.#events.piece(piece)
  }
}

/** base:1.1: `LF # length LF`, so many bytes, and `LF ## LF` at the end. */
export class ChunkDeframer implements Deframer {
  readonly #events: FrameEvents
  #header = ''
  #left = 0
  #begun = false

  constructor(events: FrameEvents) {
    this.#events = events
  }

  take(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#left > 0) {
        const piece = bytes.subarray(at, at + this.#left)
        this.#left -= piece.length
        at += piece.length
        this.#events.piece(piece)
      } else {
        this.#header += String.fromCharCode(bytes[at] ?? 0)
        at += 1
        this.#readHeader()
      }
    }
  }

  #readHeader(): void {
    const header = this.#header
    if (header === '\n##\n') {
      if (!this.#begun) throw new FramingError('a message without a chunk has ended')
      this.#header = ''
      this.#begun = false
      return this.#events.end()
    }
    const [, length] = /^\n#([1-9][0-9]{0,9})\n$/.exec(header) ?? []
    if (length !== undefined && Number(length) <= LARGEST_CHUNK) {
      this.#header = ''
      this.#begun = true
      this.#left = Number(length)
    } else if (!/^\n?$|^\n#$|^\n##$|^\n#[1-9][0-9]{0,9}$/.test(header))
      throw new FramingError(`${JSON.stringify(header)} is not the header of a chunk (RFC 6242 §4.2)`)
  }
}
