import { type Ground, OutOfSpace } from '../device.ts'
import { emptyConfig, type IosConfig } from './config.ts'
import { Refused } from './refused.ts'
import { configLines } from './show-config.ts'
import { counterName, modelOf } from './to-model.ts'

export interface LastChange {
  readonly at: number
  readonly user: string
}

/** Who holds the configuration mode: a person, or a process such as NETCONF's. */
export interface ConfigLock {
  readonly user: string
  readonly process: number
  readonly terminal: number
  readonly isProcess: boolean
}

/** What the router itself knows, whoever is logged in: its configuration, what is kept for a start, its log. */
export class IosSystem {
  readonly #ground: Ground
  readonly #interfaces: readonly string[]
  readonly #listeners = new Set<(line: string) => void>()
  config: IosConfig
  startup: readonly string[] = []
  lastChange: LastChange | undefined
  lockedBy: ConfigLock | undefined
  /** the last that was given to the hardware, whether it had room for it or not */
  #offered: IosConfig | undefined
  #enforcing: Promise<void> = Promise.resolve()
  #countedBefore: ReadonlyMap<string, number> = new Map()

  /** @param interfaces by their long names */
  constructor(ground: Ground, interfaces: readonly string[]) {
    this.#ground = ground
    this.#interfaces = interfaces
    this.config = emptyConfig(ground.name, interfaces)
  }

  now(): number {
    return this.#ground.now()
  }

  get uptimeMs(): number {
    return this.#ground.now() - this.#ground.bootedAt()
  }

  /**
   * @param isFaulty whether the faults for changes are about this one: those of people at the router succeed
   * @returns whether there was anything to change
   * @throws Refused when the router does not do it; then nothing of it was done
   */
  change(edit: (config: IosConfig) => IosConfig, isFaulty: boolean): boolean {
    const wanted = edit(this.config)
    if (wanted === this.config) return false
    if (isFaulty && this.#ground.faults.take('false-ok')) return true
    if (isFaulty) this.#checkRoom(wanted)
    this.config = wanted
    return true
  }

  /** Resolves once packets meet the configuration of now, as far as there is room; what lacks it is told to the log. */
  async settle(): Promise<void> {
    this.#enforcing = this.#enforcing.catch(() => undefined).then(() => this.#enforce())
    await this.#enforcing
  }

  /** Packets that met a line of a list, since the router started. */
  async matches(): Promise<(family: 4 | 6, list: string, sequence: number) => number> {
    const counters = await this.#ground.counters()
    return (...line) => {
      const name = counterName(...line)
      return (counters.get(name) ?? 0) - (this.#countedBefore.get(name) ?? 0)
    }
  }

  save(): void {
    this.startup = configLines(this.config)
    this.#ground.keep(`${this.startup.join('\n')}\n`)
  }

  /** All that was not saved is gone; who calls types a configuration. */
  async reset(): Promise<void> {
    this.config = emptyConfig(this.#ground.name, this.#interfaces)
    this.lastChange = undefined
    this.lockedBy = undefined
    this.#countedBefore = await this.#ground.counters()
  }

  log(message: string): void {
    const line = `*${logTime(new Date(this.#ground.now()))}: ${message}`
    for (const listener of this.#listeners) listener(line)
  }

  /** @returns what ends it */
  onLog(listener: (line: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #checkRoom(wanted: IosConfig): void {
    try {
      this.#ground.checkEdit(modelOf(wanted))
    } catch (error) {
      if (error instanceof OutOfSpace) throw new Refused(`% Resource limit of ${error.most} entries exceeded`)
      throw error
    }
  }

  async #enforce(): Promise<void> {
    const wanted = this.config
    if (wanted === this.#offered) return
    this.#offered = wanted
    try {
      await this.#ground.enforce(modelOf(wanted))
    } catch (error) {
      if (!(error instanceof OutOfSpace)) throw error
      this.log(`%ACL_ERRMSG-4-UNLOADED: access lists are not programmed in hardware: ${error.message}`)
    }
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const

/** `Nov 22 14:38:53.123`, in UTC, as in the log. */
function logTime(date: Date): string {
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${date.toISOString().slice(11, 23)}`
}

/** `14:38:53.123 UTC Sun Nov 22 2026`, as `show clock` has it. */
export function clockTime(date: Date): string {
  const [day, month] = [DAYS[date.getUTCDay()], MONTHS[date.getUTCMonth()]]
  const time = date.toISOString().slice(11, 23)
  return `${time} UTC ${day} ${month} ${date.getUTCDate()} ${date.getUTCFullYear()}`
}
