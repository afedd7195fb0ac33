import {
  type Cli,
  CONFIG,
  type Mode,
  PRIVILEGED,
  type Question,
  type Reply,
  type Run,
  type TerminalSettings,
  USER_EXEC,
  type User,
} from './cli.ts'
import type { IosConfig } from './config.ts'
import { filtered, readFilter } from './filter.ts'
import { isConfiguring, MODES, promptOf } from './modes.ts'
import { type Parsed, parseLine } from './parse-line.ts'
import { Refused } from './refused.ts'
import type { IosSystem } from './system.ts'

/** What a line led to; `isWrong` for one that the router did not understand or do. */
export interface Answer {
  readonly lines: readonly string[]
  readonly isWrong?: boolean
}

export interface SessionSettings {
  readonly user: User
  readonly terminal: TerminalSettings
  readonly enablePassword?: string
  /** in the log's words: `vty0 (127.0.0.1)` */
  readonly where: string
  /** a person at the router itself, whom no fault is meant for */
  readonly isTrusted?: boolean
}

/** What is typed and what comes back, line by line, without the terminal: nothing here knows of bytes or time. */
export class Session implements Cli {
  readonly system: IosSystem
  readonly user: User
  readonly terminal: TerminalSettings
  readonly enablePassword: string | undefined
  readonly #settings: SessionSettings
  mode: Mode
  #question: Question | undefined
  #isOver = false
  #changes = 0

  constructor(system: IosSystem, settings: SessionSettings) {
    this.system = system
    this.user = settings.user
    this.terminal = settings.terminal
    this.enablePassword = settings.enablePassword
    this.#settings = settings
    this.mode = settings.user.privilege === 15 ? PRIVILEGED : USER_EXEC
  }

  get prompt(): string {
    return this.#question?.prompt ?? promptOf(this.system.config.hostname, this.mode)
  }

  /** Whether what is typed now is not shown. */
  get isHidden(): boolean {
    return this.#question?.isHidden ?? false
  }

  get isPrivileged(): boolean {
    return this.mode.kind !== 'exec'
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** How many of its lines have changed something, or were to. */
  get changes(): number {
    return this.#changes
  }

  readonly change = (edit: (config: IosConfig) => IosConfig): void => {
    if (this.system.change(edit, this.#settings.isTrusted !== true)) this.#changes += 1
  }

  /** One line, or the answer to a question. */
  async enter(line: string): Promise<Answer> {
    const question = this.#question
    this.#question = undefined
    if (question) return this.#follow(await question.answer(line.trim()))
    if (line.trim() === '' || line.trimStart().startsWith('!')) return { lines: [] }
    return await this.#run(line, this.mode)
  }

  /** As Ctrl-Z and Ctrl-C do it: also out of a question. */
  leaveConfiguration(): void {
    this.#question = undefined
    if (isConfiguring(this.mode)) this.#enterMode(PRIVILEGED)
  }

  /** @param before characters of the typed line in front of this one */
  async #run(line: string, mode: Mode, before = 0): Promise<Answer> {
    const parsed = parseIn(mode, line)
    if (parsed.is !== 'command') return { lines: this.#complaint(parsed, line, before), isWrong: true }
    if (this.#isDenied(parsed.words)) return { lines: ['Command authorization failed.', ''], isWrong: true }
    try {
      const filter = readFilter(parsed.values['filter'])
      const reply = await parsed.run(mode === this.mode ? this : { ...this.#view(), mode }, parsed.values)
      const answer = mode === this.mode ? await this.#followAll(reply, line) : this.#followBelow(reply)
      return { ...answer, lines: filtered(answer.lines, filter) }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return { lines: [error.message, ''], isWrong: true }
    }
  }

  #view(): Cli {
    const { system, user, mode, terminal, isPrivileged, enablePassword, change } = this
    return { system, user, mode, terminal, isPrivileged, enablePassword, change }
  }

  async #followAll(reply: Reply, line: string): Promise<Answer> {
    const { privileged } = reply
    if (privileged === undefined) return this.#follow(reply)
    return await this.#run(privileged, PRIVILEGED, line.trimEnd().length - privileged.length)
  }

  /** What is typed behind `do` stays where it is. */
  #followBelow({ mode: _, logsOut: __, ...reply }: Reply): Answer {
    return this.#follow(reply)
  }

  #follow({ lines = [], mode, ask, logsOut }: Reply): Answer {
    this.#question = ask
    if (mode) this.#enterMode(mode)
    if (logsOut) this.#isOver = true
    return { lines }
  }

  #enterMode(mode: Mode): void {
    const wasConfiguring = isConfiguring(this.mode)
    this.mode = mode
    if (!wasConfiguring || isConfiguring(mode)) return
    const { user, system } = this
    system.lastChange = { at: system.now(), user: user.name }
    system.log(`%SYS-5-CONFIG_I: Configured from console by ${user.name} on ${this.#settings.where}`)
  }

  #isDenied(words: readonly string[]): boolean {
    const command = `${words.join(' ')} `
    return this.user.denied?.some((beginning) => command.startsWith(`${beginning} `)) ?? false
  }

  #complaint(parsed: Exclude<Parsed<Run>, { is: 'command' }>, line: string, before: number): string[] {
    if (parsed.is === 'incomplete') return ['% Incomplete command.', '']
    if (parsed.is === 'ambiguous') return [`% Ambiguous command:  "${line.trim()}"`]
    // a single word might have been the name of a host
    if (!isConfiguring(this.mode) && parsed.word === 0 && !/\S\s+\S/.test(line)) {
      return ['% Unknown command or computer name, or unable to find computer address', '']
    }
    return [
      `${' '.repeat(this.prompt.length + before + parsed.at)}^`,
      "% Invalid input detected at '^' marker.",
      '',
    ]
  }
}

/**
 * A mode below the configuration's own knows its commands too; where neither fits, who came further complains. What
 * the mode begins to understand is not read as a longer word of above: `host` is no `hostname`.
 */
function parseIn(mode: Mode, line: string): Parsed<Run> {
  const own = parseLine(MODES[mode.kind].commands, line)
  if (own.is === 'command' || !isConfiguring(mode) || mode.kind === 'config') return own
  const above = parseLine(MODES[CONFIG.kind].commands, line)
  if (above.is !== 'command') return above.word > own.word ? above : own
  const [first] = line.trim().toLowerCase().split(/\s/)
  return own.word === 0 || above.words[0] === first ? above : own
}
