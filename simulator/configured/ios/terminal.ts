import type { Random } from '../random.ts'
import { Delivery, type Line } from './delivery.ts'
import { Echo } from './echo.ts'
import { LineBuffer, type TypedLine } from './line-buffer.ts'
import type { Answer, Session } from './session.ts'

export interface TerminalEnv {
  readonly line: Line
  readonly random: Random
  /** before each answer: slow, or never */
  beforeAnswer(hasChanged: boolean): Promise<'answer' | 'cut'>
  /** resolves when the changes so far are in the hardware */
  settle(): Promise<void>
  /** ms without a key before the session ends; left out: never */
  readonly idleMs?: number
  /** whether the prompt is shown again behind a line of the log */
  readonly isSynchronous: boolean
}

const MORE = ' --More-- '
/** Back behind the blank, over the words, and back again. */
const MORE_ERASED = `${'\b'.repeat(9)}${' '.repeat(8)}${'\b'.repeat(9)}`
const SPACE = 0x20
const ENTERS = new Set([0x0d, 0x0a])

/**
 * The keyboard and screen of one session. Keys are echoed when they come; lines are worked through one after the other,
 * in the same way however the keys were cut into packets.
 */
export class Terminal {
  readonly #session: Session
  readonly #env: TerminalEnv
  readonly #delivery: Delivery
  readonly #echo = new Echo()
  readonly #buffer = new LineBuffer()
  readonly #typed: number[] = []
  readonly #log: string[] = []
  #wake: (() => void) | undefined
  #waitsFor: 'nothing' | 'line' | 'key' = 'nothing'
  #settling: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(session: Session, env: TerminalEnv) {
    this.#session = session
    this.#env = env
    this.#delivery = new Delivery(env.line, env.random)
  }

  /** Works until the session ends. */
  async run(): Promise<void> {
    this.#prompt()
    while (!this.#isClosed && !this.#session.isOver) {
      const typed = await this.#nextLine()
      if (typed) await this.#obey(typed)
    }
    await this.#settling
    if (!this.#isClosed) this.#delivery.end()
  }

  /** Keys of the user, as they arrive. */
  receive(bytes: Uint8Array): void {
    const { isHidden, terminal } = this.#session
    const shown =
      this.#waitsFor === 'key'
        ? []
        : [...bytes].map((byte) => this.#echo.show(byte, terminal.columns, isHidden))
    this.#send(shown.join(''))
    this.#typed.push(...bytes)
    this.#wake?.()
  }

  /** A line of the router's log, for whoever watches it. */
  tell(line: string): void {
    if (!this.#session.terminal.monitor) return
    this.#log.push(line)
    if (this.#waitsFor === 'line') this.#showLog()
  }

  /** Nobody is there any more. */
  close(): void {
    this.#isClosed = true
    this.#wake?.()
  }

  async #obey({ text, end }: TypedLine): Promise<void> {
    const before = this.#session.changes
    const answer: Answer = end === 'ctrl-c' ? { lines: [] } : await this.#session.enter(text)
    if (end !== 'enter') this.#session.leaveConfiguration()
    // who has typed ahead is answered before the hardware has it all
    this.#settling = Promise.all([this.#settling, this.#env.settle()])
    if (this.#hasLine()) this.#settling.catch(() => undefined)
    else await this.#settling
    const then = await this.#env.beforeAnswer(this.#session.changes > before)
    if (then === 'cut') {
      this.close()
      this.#delivery.cut()
      return
    }
    await this.#show(answer.lines)
    if (!this.#session.isOver) this.#prompt()
  }

  async #show(lines: readonly string[]): Promise<void> {
    const rows = this.#session.terminal.rows
    const page = rows === 0 ? Number.POSITIVE_INFINITY : Math.max(1, rows - 1)
    let room = page
    let text = ''
    for (const line of lines) {
      if (this.#isClosed) return
      if (room === 0) {
        this.#send(text + MORE)
        text = MORE_ERASED
        const key = await this.#nextKey()
        if (key !== SPACE && !ENTERS.has(key ?? 0)) break
        room = key === SPACE ? page : 1
      }
      text += `${this.#logAmid()}${line}\r\n`
      room -= 1
    }
    this.#send(text)
  }

  /** Sometimes the log comes between two lines of something else. */
  #logAmid(): string {
    if (this.#log.length === 0 || this.#env.random() < 0.5) return ''
    return this.#log
      .splice(0)
      .map((line) => `${line}\r\n`)
      .join('')
  }

  #prompt(): void {
    this.#send(this.#logAmid())
    this.#showPrompt()
    if (this.#log.length > 0) this.#showLog()
  }

  #showPrompt(): void {
    this.#send(this.#session.prompt)
    this.#echo.promptShown(this.#session.prompt.length)
  }

  /** Into the line of the prompt, which most routers then do not show again. */
  #showLog(): void {
    this.#send(
      `${this.#log
        .splice(0)
        .map((line) => `\r\n${line}`)
        .join('')}\r\n`,
    )
    this.#echo.promptShown(0)
    if (this.#env.isSynchronous) this.#showPrompt()
  }

  #hasLine(): boolean {
    return this.#typed.some((byte) => ENTERS.has(byte))
  }

  async #nextLine(): Promise<TypedLine | undefined> {
    for (;;) {
      const key = await this.#next('line')
      if (key === undefined) return undefined
      const line = this.#buffer.key(key)
      if (line) return line
    }
  }

  async #nextKey(): Promise<number | undefined> {
    return await this.#next('key')
  }

  /** @returns undefined when there will be none */
  async #next(what: 'line' | 'key'): Promise<number | undefined> {
    const { idleMs } = this.#env
    while (this.#typed.length === 0 && !this.#isClosed) {
      this.#waitsFor = what
      const timer = idleMs === undefined ? undefined : setTimeout(() => this.#logOut(), idleMs)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      clearTimeout(timer)
    }
    this.#waitsFor = 'nothing'
    this.#wake = undefined
    return this.#isClosed ? undefined : this.#typed.shift()
  }

  #logOut(): void {
    this.close()
    this.#delivery.end()
  }

  #send(text: string): void {
    if (text !== '') this.#delivery.send(text)
  }
}
