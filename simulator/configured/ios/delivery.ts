import { between, type Random } from '../random.ts'

/** Where the bytes for a terminal go. */
export interface Line {
  send(bytes: Buffer): void
  /** politely */
  end(): void
  /** without a word */
  cut(): void
}

/** Most bytes at once: long outputs come in many packets, and none of them ends at a line. */
const LARGEST = 200

/** Sends what a terminal is to show, cut where chance will have it, a piece a turn of the event loop. */
export class Delivery {
  readonly #line: Line
  readonly #random: Random
  #left = Buffer.alloc(0)
  #isEnding = false
  #isSending = false

  constructor(line: Line, random: Random) {
    this.#line = line
    this.#random = random
  }

  send(text: string): void {
    this.#left = Buffer.concat([this.#left, Buffer.from(text, 'latin1')])
    this.#go()
  }

  /** Ends the line behind what is still to be sent. */
  end(): void {
    this.#isEnding = true
    this.#go()
  }

  /** Loses the line, and what is still to be sent. */
  cut(): void {
    this.#left = Buffer.alloc(0)
    this.#line.cut()
  }

  #go(): void {
    if (this.#isSending) return
    this.#isSending = true
    setImmediate(() => {
      this.#isSending = false
      const piece = this.#left.subarray(0, between(this.#random, 1, LARGEST))
      this.#left = this.#left.subarray(piece.length)
      if (piece.length > 0) this.#line.send(piece)
      if (this.#left.length > 0) this.#go()
      else if (this.#isEnding) this.#line.end()
    })
  }
}
