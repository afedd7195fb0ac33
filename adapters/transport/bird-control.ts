import { connect, type Socket } from 'node:net'

/** One reply of BIRD's control socket: the code of its last line and the text lines before it, without codes. */
export interface Answer {
  readonly code: number
  readonly lines: readonly string[]
  readonly last: string
}

interface Waiting {
  readonly line: string
  readonly lines: string[]
  readonly end: (answer: Answer | undefined) => void
}

/** A listing of 100,000 routes takes a fraction of this, and every line of it counts as a sign of life. */
const ANSWER_WITHIN_MS = 5_000

/**
 * What may be written before it is answered, in bytes: BIRD 2.0 reads into a buffer of 1 KiB, and takes a full one for
 * the end of the connection (measured).
 */
const AHEAD = 900

/**
 * BIRD's control socket, spoken directly: a command is a line, its reply is lines that begin with four digits,
 * `-` for more to come and a space for the last, or with a space alone for the same code again. Commands may be
 * sent ahead of replies.
 */
export class Control {
  readonly #socket: Socket
  readonly #waiting: Waiting[] = []
  /** Those of {@link #waiting} that are still to be written. */
  readonly #unwritten: Waiting[] = []
  #ahead = 0
  #rest = ''
  #open = true

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /**
   * @param may `look`: from then on BIRD itself refuses everything but `show`; `change`: it takes every command
   * @throws the system's error (`ENOENT`, `EACCES`...), or Error when what answers is no BIRD
   */
  static async open(path: string, may: 'look' | 'change'): Promise<Control> {
    const socket = connect(path)
    const control = new Control(socket)
    let trouble: Error | undefined
    socket.on('error', (error) => {
      trouble = error
    })
    socket.setTimeout(ANSWER_WITHIN_MS, () => {
      if (control.#waiting.length === 0) return
      trouble = new Error('BIRD does not answer')
      socket.destroy()
    })
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => control.#take(chunk))
    socket.on('close', () => control.#closed())
    const answer = await control.#expect()
    if (trouble !== undefined) throw trouble
    if (answer?.code !== 1) {
      socket.destroy()
      throw new Error('what answers on the control socket is not BIRD')
    }
    if (may === 'look') await control.ask('restrict')
    return control
  }

  get isOpen(): boolean {
    return this.#open
  }

  onClose(listener: () => void): void {
    if (this.#open) this.#socket.once('close', listener)
    else listener()
  }

  /** Undefined when the connection ended before the reply did. */
  ask(command: string): Promise<Answer | undefined> {
    if (!this.#open) return Promise.resolve(undefined)
    const answer = this.#expect(`${command}\n`)
    this.#write()
    return answer
  }

  #write(): void {
    for (;;) {
      const [next] = this.#unwritten
      if (next === undefined || (this.#ahead > 0 && this.#ahead + next.line.length > AHEAD)) return
      this.#unwritten.shift()
      this.#ahead += next.line.length
      this.#socket.write(next.line)
    }
  }

  close(): void {
    this.#socket.destroy()
    this.#closed()
  }

  /** @param line what asks for it; nothing for the greeting, which comes unasked */
  #expect(line = ''): Promise<Answer | undefined> {
    return new Promise((end) => {
      const waiting: Waiting = { line, lines: [], end }
      this.#waiting.push(waiting)
      if (line !== '') this.#unwritten.push(waiting)
    })
  }

  #take(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
  }

  #line(line: string): void {
    const [waiting] = this.#waiting
    if (waiting === undefined) return
    if (!/^\d{4} /.test(line)) {
      waiting.lines.push(/^\d{4}-/.test(line) ? line.slice(5) : line.slice(1))
      return
    }
    this.#waiting.shift()
    this.#ahead -= waiting.line.length
    this.#write()
    waiting.end({ code: Number(line.slice(0, 4)), lines: waiting.lines, last: line.slice(5) })
  }

  #closed(): void {
    if (!this.#open) return
    this.#open = false
    for (const { end } of this.#waiting.splice(0)) end(undefined)
  }
}

/** In words for people: why BIRD's control socket could not be opened. */
export function controlTrouble(error: unknown, path: string): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOENT':
      return `BIRD's control socket ${path} does not exist: is BIRD running?`
    case 'EACCES':
    case 'EPERM':
      return `BIRD's control socket ${path} may not be opened: the controller's account needs its group`
    case 'ECONNREFUSED':
      return `nobody listens on BIRD's control socket ${path}: has BIRD ended?`
    default:
      return message
  }
}
