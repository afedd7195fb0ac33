/** Escapes of a terminal (ECMA-48): a control sequence, a string such as a title, and those of two characters. */
const SEQUENCES: readonly RegExp[] = [/^\[[0-?]*[ -/]*[@-~]$/, /^[ -/]+[0-~]$/, /^[^[\] -/]$/]
const STRING = ']'
const STRING_ENDS: readonly string[] = ['\u0007', '\u001b\\']
/** One that is longer than this is none. */
const LONGEST_ESCAPE = 256

/** Who looks at a screen. */
export interface Viewer {
  /** A line is complete; without blanks at its end. */
  line(text: string): void
  /** Something was added to the unfinished line. @returns how much of its beginning is taken away */
  printed(unfinished: string): number
}

/**
 * The lines that a terminal without a right margin would show. It works a character at a time, so that it makes no
 * difference in how many pieces they arrive.
 */
export class Screen {
  readonly #decoder = new TextDecoder()
  readonly #viewer: Viewer
  #line = ''
  #column = 0
  #escape: string | undefined

  constructor(viewer: Viewer) {
    this.#viewer = viewer
  }

  /** The line in which the cursor stands, up to it. */
  get unfinished(): string {
    return this.#line.slice(0, this.#column)
  }

  /** Forgets the unfinished line. */
  clear(): void {
    this.#line = ''
    this.#column = 0
  }

  write(bytes: Uint8Array): void {
    for (const character of this.#decoder.decode(bytes, { stream: true })) this.#show(character)
  }

  #show(character: string): void {
    if (this.#escape !== undefined) this.#inEscape(this.#escape + character)
    else if (character === '\u001b') this.#escape = ''
    else if (character === '\n') this.#feed()
    else if (character === '\r') this.#column = 0
    else if (character === '\b') this.#column = Math.max(0, this.#column - 1)
    else if (character === '\t') this.#print(' ')
    else if (character >= ' ' && character !== '\u007f') this.#print(character)
  }

  #inEscape(sequence: string): void {
    const isWhole = sequence.startsWith(STRING)
      ? STRING_ENDS.some((end) => sequence.endsWith(end))
      : SEQUENCES.some((form) => form.test(sequence))
    this.#escape = isWhole || sequence.length > LONGEST_ESCAPE ? undefined : sequence
  }

  #print(character: string): void {
    const isAtEnd = this.#column === this.#line.length
    this.#line = isAtEnd
      ? this.#line + character
      : this.#line.slice(0, this.#column) + character + this.#line.slice(this.#column + 1)
    this.#column += 1
    const taken = this.#viewer.printed(this.unfinished)
    this.#line = this.#line.slice(taken)
    this.#column -= taken
  }

  #feed(): void {
    const line = this.#line.trimEnd()
    this.clear()
    this.#viewer.line(line)
  }
}
