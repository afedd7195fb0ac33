/** What a disk writes as a whole, in bytes. */
export const PAGE = 4096

const ZEROS = Buffer.alloc(PAGE)

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
    const data = Buffer.alloc(Math.max(0, end - position))
    for (let at = position; at < end; at = nextPage(at)) {
      this.#pages.get(Math.floor(at / PAGE))?.copy(data, at - position, at % PAGE, (at % PAGE) + end - at)
    }
    return data
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
