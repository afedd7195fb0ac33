/** What a disk writes as a whole, in bytes. */
export const PAGE = 4096

const ZEROS = Buffer.alloc(PAGE)

/** What most reads find. It is handed out, so nobody may write into what was read. */
const MANY_ZEROS = Buffer.alloc(8 << 20)

/**
 * The bytes of a file, in pages; one that is all zeros takes no memory. A page is never changed but replaced, so
 * that a copy of the whole costs next to nothing.
 */
export class SparseBytes {
  #pages: Map<number, Buffer>
  #length: number

  private constructor(pages: Map<number, Buffer>, length: number) {
    this.#pages = pages
    this.#length = length
  }

  static from(data: Uint8Array): SparseBytes {
    const bytes = new SparseBytes(new Map(), 0)
    bytes.write(data, 0)
    return bytes
  }

  get length(): number {
    return this.#length
  }

  copy(): SparseBytes {
    return new SparseBytes(new Map(this.#pages), this.#length)
  }

  read(position: number, length: number): Buffer {
    const end = Math.min(position + length, this.#length)
    const wanted = Math.max(0, end - position)
    if (wanted <= MANY_ZEROS.length && this.#isZero(position, end)) return MANY_ZEROS.subarray(0, wanted)
    const data = Buffer.alloc(wanted)
    for (let at = position; at < end; at = nextPage(at)) {
      this.#pages.get(Math.floor(at / PAGE))?.copy(data, at - position, at % PAGE, (at % PAGE) + end - at)
    }
    return data
  }

  /** The bytes up to the last page that is not all zeros. */
  written(): Buffer {
    const last = [...this.#pages.keys()].reduce((high, number) => Math.max(high, number), -1)
    return this.read(0, (last + 1) * PAGE)
  }

  #isZero(position: number, end: number): boolean {
    for (const number of this.#pages.keys())
      if (number * PAGE < end && (number + 1) * PAGE > position) return false
    return true
  }

  write(data: Uint8Array, position: number): void {
    const end = position + data.length
    for (let at = position; at < end; at = nextPage(at)) {
      this.#writePage(Math.floor(at / PAGE), data.subarray(at - position, nextPage(at) - position), at % PAGE)
    }
    this.#length = Math.max(this.#length, end)
  }

  #writePage(number: number, data: Uint8Array, offset: number): void {
    const old = this.#pages.get(number)
    if (old === undefined && ZEROS.compare(data, 0, data.length, 0, data.length) === 0) return
    const page = old === undefined ? Buffer.alloc(PAGE) : Buffer.from(old)
    page.set(data, offset)
    this.#pages.set(number, page)
  }

  /** Cuts or lengthens; what is lengthened reads as zeros. */
  resize(length: number): void {
    for (const number of [...this.#pages.keys()]) if (number * PAGE >= length) this.#pages.delete(number)
    const last = this.#pages.get(Math.floor(length / PAGE))
    if (last !== undefined)
      this.#pages.set(Math.floor(length / PAGE), Buffer.concat([last.subarray(0, length % PAGE)], PAGE))
    this.#length = length
  }
}

function nextPage(at: number): number {
  return (Math.floor(at / PAGE) + 1) * PAGE
}
