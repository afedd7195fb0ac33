import { LineBuffer } from './line-buffer.ts'

const MARKS = { enter: '', 'ctrl-c': '^C', 'ctrl-z': '^Z' } as const

/** What a terminal shows of keys as they come, whether or not anybody works through them already. */
export class Echo {
  readonly #buffer = new LineBuffer()
  #column = 0

  /** Tells how long the line is that the cursor stands in: the prompt's. */
  promptShown(length: number): void {
    this.#column = length + this.#buffer.length
  }

  /** @param columns the width at which it wraps; 0: never @param isHidden shows nothing but the end of a line */
  show(byte: number, columns: number, isHidden: boolean): string {
    const before = this.#buffer.length
    const line = this.#buffer.key(byte)
    if (line) {
      this.#column = 0
      return `${MARKS[line.end]}\r\n`
    }
    const added = this.#buffer.length - before
    if (isHidden || added === 0) return ''
    this.#column += added
    if (added < 0) return '\b \b'.repeat(-added)
    if (columns === 0 || this.#column <= columns) return String.fromCharCode(byte)
    this.#column = 1
    return `\r\n${String.fromCharCode(byte)}`
  }
}
