/** Told about nft's JSON as it comes in: each object whole, except that a set's elements come one by one. */
export interface ListingReader {
  /** `{"set": {...}}` and the like; of a set, what stands before its elements. */
  object(json: unknown): void
  /** One element of the set told last. */
  element(json: unknown): void
}

const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const OPEN = new Set([91, 123])
const CLOSE = new Set([93, 125])

/** Where the objects of `{"nftables": [...]}` and the elements of `{"set": {"elem": [...]}}` stand. */
const OBJECT_DEPTH = 3
const ELEMENT_DEPTH = 5

/**
 * Reads `nft -j list` piece by piece: parsing 100,000 elements at once would hold up everything else for 90 ms.
 * Give it text as it arrives; it keeps only the unfinished object.
 */
export class SliceParser {
  readonly #reader: ListingReader
  #text = ''
  #at = 0
  #start = 0
  #depth = 0
  #inString = false
  #stringStart = 0
  #lastString = ''
  #inElements = false
  #objectTold = false

  constructor(reader: ListingReader) {
    this.#reader = reader
  }

  /** @throws SyntaxError when this is no JSON */
  push(chunk: string): void {
    this.#text += chunk
    while (this.#at < this.#text.length) this.#step(this.#text.charCodeAt(this.#at))
    const keepFrom = this.#inString ? Math.min(this.#start, this.#stringStart) : this.#start
    this.#text = this.#text.slice(keepFrom)
    this.#at -= keepFrom
    this.#start -= keepFrom
    this.#stringStart -= keepFrom
  }

  /** Whether the text was whole: everything opened was closed. */
  get complete(): boolean {
    return this.#depth === 0 && !this.#inString
  }

  #step(code: number): void {
    if (this.#inString) {
      this.#stepInString(code)
      return
    }
    if (code === QUOTE) {
      this.#inString = true
      this.#stringStart = this.#at
    } else if (OPEN.has(code)) this.#open()
    else if (CLOSE.has(code)) this.#close()
    else if (code === COMMA && this.#inElements && this.#depth === ELEMENT_DEPTH) this.#tellElement()
    this.#at++
  }

  #stepInString(code: number): void {
    if (code === BACKSLASH) this.#at++
    else if (code === QUOTE) {
      this.#inString = false
      if (this.#depth === ELEMENT_DEPTH - 1) {
        this.#lastString = this.#text.slice(this.#stringStart + 1, this.#at)
      }
    }
    this.#at++
  }

  #open(): void {
    this.#depth++
    if (this.#depth === OBJECT_DEPTH) {
      this.#start = this.#at
      this.#objectTold = false
    }
    if (this.#depth !== ELEMENT_DEPTH || this.#lastString !== 'elem') return
    this.#inElements = true
    this.#reader.object(JSON.parse(`${this.#text.slice(this.#start, this.#at + 1)}]}}`))
    this.#objectTold = true
    this.#start = this.#at + 1
  }

  #close(): void {
    if (this.#inElements && this.#depth === ELEMENT_DEPTH) {
      this.#tellElement()
      this.#inElements = false
      this.#lastString = ''
    }
    if (this.#depth === OBJECT_DEPTH) {
      if (!this.#objectTold) this.#reader.object(JSON.parse(this.#text.slice(this.#start, this.#at + 1)))
      this.#start = this.#at + 1
    }
    this.#depth--
  }

  #tellElement(): void {
    const text = this.#text.slice(this.#start, this.#at).trim()
    this.#start = this.#at + 1
    if (text !== '') this.#reader.element(JSON.parse(text))
  }
}
