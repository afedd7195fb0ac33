const BACKSPACES = new Set([0x08, 0x7f])
const CTRL_U = 0x15
const CR = 0x0d
const LF = 0x0a

/** A line that was typed to its end, and how it was ended. */
export interface TypedLine {
  readonly text: string
  readonly end: 'enter' | 'ctrl-c' | 'ctrl-z'
}

const ENDS: Readonly<Record<number, TypedLine['end']>> = {
  [CR]: 'enter',
  [LF]: 'enter',
  3: 'ctrl-c',
  26: 'ctrl-z',
}

/** Puts keys together to lines. A line feed right behind a carriage return belongs to it. */
export class LineBuffer {
  #text = ''
  #wasReturn = false

  get length(): number {
    return this.#text.length
  }

  /** @returns the line when this key ends it */
  key(byte: number): TypedLine | undefined {
    const isSecondHalf = byte === LF && this.#wasReturn
    this.#wasReturn = byte === CR
    if (isSecondHalf) return undefined
    const end = ENDS[byte]
    if (end !== undefined) {
      const text = this.#text
      this.#text = ''
      return { text, end }
    }
    if (BACKSPACES.has(byte)) this.#text = this.#text.slice(0, -1)
    else if (byte === CTRL_U) this.#text = ''
    else if (byte >= 0x20) this.#text += String.fromCharCode(byte)
    return undefined
  }
}
