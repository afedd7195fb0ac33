import type { Clock } from '../../../src/domain/clock.ts'
import { AdapterError } from '../../adapter.ts'
import type { SshChannel, SshConnection } from '../ssh.ts'
import { Unanswered } from '../unanswered.ts'
import { within } from '../within.ts'
import { logIn } from './log-in.ts'
import type { Platform } from './platform.ts'
import { Screen } from './screen.ts'
import { type Answer, answersTo, answerTo, promptsOf, type Token } from './transcript.ts'

export interface ShellLimits {
  /** Until everything is answered, counted from when the first of it was typed. */
  readonly withinMs: number
  readonly signal: AbortSignal
}

export interface ShellOptions {
  readonly platform: Platform
  readonly clock: Clock
  /** The secret that `enable` asks for. */
  readonly enable?: string
}

/** What is typed ahead at the most: devices drop what their buffers do not hold. */
const AHEAD = 2_000

/**
 * An interactive shell in a channel of SSH. One thing is asked at a time. What is late, or does not fit what was typed,
 * ends the shell: nobody could tell any more which answer is whose.
 */
export class Shell {
  readonly #connection: SshConnection
  readonly #channel: SshChannel
  readonly #options: ShellOptions
  readonly #screen: Screen
  readonly #listeners = new Set<(error: AdapterError) => void>()
  #tokens: Token[] = []
  #prompts: RegExp | undefined
  #mode = ''
  #answeredMore = false
  #check: () => void = () => {}
  #notice: (line: string) => void = () => {}
  #over: AdapterError | undefined

  private constructor(connection: SshConnection, channel: SshChannel, options: ShellOptions) {
    this.#connection = connection
    this.#channel = channel
    this.#options = options
    this.#screen = new Screen({
      line: (text) => this.#line(text),
      printed: (unfinished) => this.#printed(unfinished),
    })
    channel.onData((bytes) => this.#receive(bytes))
    connection.onOver((error) => this.finish(error))
    channel.onEnd(() => this.finish(new AdapterError('unreachable', 'the shell has ended')))
  }

  /**
   * Opens a shell, gets to the mode in which everything is allowed, and has the device stop paging. The connection
   * belongs to the shell from then on, also when this fails.
   * @throws AdapterError `auth` when `enable` is refused; `timeout`, `unreachable`
   */
  static async open(
    connection: SshConnection,
    options: ShellOptions,
    { withinMs, signal }: ShellLimits,
  ): Promise<Shell> {
    try {
      const shell = new Shell(connection, await connection.shell(), options)
      const late = `no prompt came within ${withinMs / 1_000} s`
      const wait = <T>(check: () => T | undefined): Promise<T> =>
        shell.#until(check, { withinMs, signal }, late)
      const found = await logIn(options.platform, options.enable, {
        lines: () => shell.#tokens.flatMap((token) => ('line' in token ? token.line : [])),
        unfinished: () => shell.#screen.unfinished,
        type: (text) => shell.#type(text),
        wait,
      })
      shell.#prompts = promptsOf(found.name, options.platform)
      shell.#mode = found.mode
      shell.#screen.clear()
      for (const line of options.platform.setup) await shell.ask(line, { withinMs, signal })
      return shell
    } catch (error) {
      connection.close()
      if (error instanceof AdapterError) throw new AdapterError(error.class, error.message, error.code)
      throw error
    }
  }

  /** In which the device is. */
  get mode(): string {
    return this.#mode
  }

  /** Called once, when the shell is over; at once when it is. */
  onOver(listener: (error: AdapterError) => void): void {
    if (this.#over === undefined) this.#listeners.add(listener)
    else listener(this.#over)
  }

  /** Only one, in place of the last: hears of every line of the device's log. */
  onNotice(listener: (line: string) => void): void {
    this.#notice = listener
  }

  /**
   * Types one line and waits for its answer.
   * @throws Unanswered when it was typed and no answer will come; AdapterError when it was not typed
   */
  async ask(line: string, limits: ShellLimits): Promise<Answer> {
    this.#begin(limits)
    this.#type(line)
    const { notice } = this.#options.platform
    return await this.#exchange(() => answerTo(line, this.#tokens, notice), limits)
  }

  /**
   * Types lines at once, the last of which leads to another mode, and waits until all are worked through.
   * @returns the answer to each of them
   * @throws Unanswered when something was typed and not everything was answered; AdapterError when nothing was typed
   */
  async paste(lines: readonly string[], until: string, limits: ShellLimits): Promise<readonly Answer[]> {
    this.#begin(limits)
    const { notice } = this.#options.platform
    let typed = this.#typeAhead(lines, 0, 0)
    const answers = await this.#exchange(() => {
      const answered = this.#tokens.filter((token) => 'prompt' in token).length
      typed = this.#typeAhead(lines, typed, answered)
      return typed < lines.length ? undefined : answersTo(lines, until, this.#tokens, notice)
    }, limits)
    if (answers !== 'garbled') return answers
    const over = new Unanswered('unreachable', 'its prompts do not fit what was typed', 'garbled')
    this.finish(over)
    throw over
  }

  /** Ends the shell, and what waits for it. */
  finish(error: AdapterError): void {
    if (this.#over !== undefined) return
    this.#over = error
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    this.#channel.close()
    this.#connection.close()
    for (const listener of listeners) listener(error)
  }

  async close(): Promise<void> {
    this.finish(new AdapterError('unreachable', 'the session was closed'))
  }

  #begin({ signal }: ShellLimits): void {
    if (this.#over !== undefined) throw new AdapterError(this.#over.class, this.#over.message)
    if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
    this.#tokens = []
  }

  /** @returns how many lines are typed, with these */
  #typeAhead(lines: readonly string[], typed: number, answered: number): number {
    let ahead = lines.slice(answered, typed).reduce((sum, { length }) => sum + length + 1, 0)
    let next = typed
    for (const line of lines.slice(typed)) {
      if (ahead > 0 && ahead + line.length + 1 > AHEAD) break
      ahead += line.length + 1
      next += 1
    }
    if (next > typed) this.#channel.write(`${lines.slice(typed, next).join('\r')}\r`)
    return next
  }

  #type(line: string): void {
    this.#channel.write(`${line}\r`)
  }

  async #exchange<T>(check: () => T | undefined, limits: ShellLimits): Promise<T> {
    const late = `it was not answered within ${Math.round(limits.withinMs / 1_000)} s`
    try {
      return await this.#until(check, limits, late)
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error
      this.finish(error)
      throw new Unanswered(error.class, error.message, error.code)
    }
  }

  #until<T>(check: () => T | undefined, { withinMs, signal }: ShellLimits, late: string): Promise<T> {
    return within<T>({ clock: this.#options.clock, ms: withinMs, late, signal }, (resolve, fail) => {
      this.onOver(fail)
      this.#check = () => {
        const found = check()
        if (found === undefined) return
        this.#check = () => {}
        this.#listeners.delete(fail)
        resolve(found)
      }
      this.#check()
    })
  }

  #receive(bytes: Uint8Array): void {
    this.#screen.write(bytes)
    const isMore = this.#options.platform.more.test(this.#screen.unfinished)
    if (isMore && !this.#answeredMore) this.#channel.write(' ')
    this.#answeredMore = isMore
    this.#check()
  }

  #line(text: string): void {
    this.#tokens.push({ line: text })
    if (this.#options.platform.notice.test(text)) this.#notice(text)
  }

  #printed(unfinished: string): number {
    const mode = this.#prompts?.exec(unfinished)?.groups?.['mode']
    if (mode === undefined) return 0
    this.#mode = mode
    this.#tokens.push({ prompt: mode })
    return unfinished.length
  }
}
