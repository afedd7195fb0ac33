import { between, type Random } from '../configured/random.ts'

/** RFC 6242 §4.3, for the hello and base:1.0, and §4.2. */
export type Framing = 'end-of-message' | 'chunked'

const END = Buffer.from(']]>]]>')
/** What a chunk may not exceed (RFC 6242 §4.2). */
const MOST_BYTES = 4_294_967_295

export class BadFraming extends Error {
  override readonly name = 'BadFraming'
}

/** Takes bytes as they come and gives messages; the framing may be changed between two of them. */
export class Deframer {
  framing: Framing = 'end-of-message'
  #held: Buffer = Buffer.alloc(0)
  /** of a message in chunks, so far */
  #chunks: Buffer[] = []

  push(bytes: Buffer): void {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
  }

  /** The next whole message, undefined while there is none. @throws BadFraming */
  next(): string | undefined {
    return this.framing === 'chunked' ? this.#nextOfChunks() : this.#nextToEnd()
  }

  #nextToEnd(): string | undefined {
    const at = this.#held.indexOf(END)
    if (at === -1) return undefined
    const message = this.#held.subarray(0, at).toString()
    this.#held = this.#held.subarray(at + END.length)
    return message
  }

  #nextOfChunks(): string | undefined {
    for (;;) {
      const header = this.#header()
      if (header === undefined) return undefined
      if (header.size === 0) {
        if (this.#chunks.length === 0) throw new BadFraming('the end of chunks without one before')
        const message = Buffer.concat(this.#chunks).toString()
        this.#chunks = []
        this.#held = this.#held.subarray(header.length)
        return message
      }
      if (this.#held.length < header.length + header.size) return undefined
      this.#chunks.push(this.#held.subarray(header.length, header.length + header.size))
      this.#held = this.#held.subarray(header.length + header.size)
    }
  }

  /** A size of 0 is the end of chunks; undefined: more bytes are needed to tell. */
  #header(): { readonly length: number; readonly size: number } | undefined {
    const start = this.#held.subarray(0, 13).toString('latin1')
    const [all, digits] = /^\n#(#|[1-9][0-9]{0,9})\n/.exec(start) ?? []
    if (all !== undefined) {
      const size = digits === '#' ? 0 : Number(digits)
      if (size > MOST_BYTES) throw new BadFraming('a chunk that is too large')
      return { length: all.length, size }
    }
    if (!/^(\n(#(#|[1-9][0-9]{0,9})?)?)?$/.test(start)) throw new BadFraming('no header of a chunk')
    return undefined
  }
}

/** A message in its framing; chunks have random sizes and may divide a character. */
export function frame(message: string, framing: Framing, random: Random): Buffer {
  const bytes = Buffer.from(message)
  if (framing === 'end-of-message') return Buffer.concat([bytes, END])
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const most = random() < 0.3 ? 20 : 4_000
    const piece = bytes.subarray(at, at + between(random, 1, most))
    pieces.push(Buffer.from(`\n#${piece.length}\n`), piece)
    at += piece.length
  }
  return Buffer.concat([...pieces, Buffer.from('\n##\n')])
}
