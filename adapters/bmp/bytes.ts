/** What a router sent that is not what the RFCs say. The words are for people. */
export class BmpError extends Error {
  constructor(words: string) {
    super(words)
    this.name = 'BmpError'
  }
}

/** Reads bytes in order; never beyond their end. */
export class Bytes {
  readonly #bytes: Buffer
  readonly #what: string
  #at = 0

  /** @param what is read, for the words of an error */
  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes
    this.#what = what
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#advance(1))
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2))
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4))
  }

  float(): number {
    return this.#bytes.readFloatBE(this.#advance(4))
  }

  /** An unsigned number of 1, 2, 4 or 8 bytes, the last as far as a double holds it. */
  number(length: number): number {
    if (length === 8) return this.u32() * 2 ** 32 + this.u32()
    return this.#bytes.readUIntBE(this.#advance(length), length)
  }

  take(length: number): Buffer {
    const from = this.#advance(length)
    return this.#bytes.subarray(from, from + length)
  }

  /** The next part, to be read by itself. */
  part(length: number, what = this.#what): Bytes {
    return new Bytes(this.take(length), what)
  }

  skip(length: number): void {
    this.#advance(length)
  }

  #advance(length: number): number {
    if (length > this.left) throw new BmpError(`${this.#what} ends in the middle`)
    const from = this.#at
    this.#at += length
    return from
  }
}
