import type { SwitchRule } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'
import type { Panel, Position, Sight } from '../switching/panel.ts'
import type { Shell } from '../transport/shell/shell.ts'
import { lookDeadlineMs } from './deadlines.ts'
import type { CliDriver, CliSwitches, SwitchLook, Way } from './driver.ts'
import { answersTo } from './looking.ts'
import { type Status, save } from './saving.ts'
import { Typing } from './typing.ts'

export interface CliPanelOptions {
  readonly shell: Shell
  readonly driver: CliDriver
  readonly switches: CliSwitches
  /** Another session on the same device: that it can be opened is part of what is looked at. */
  readonly connect: (signal: AbortSignal) => Promise<Shell>
  /** How a change is kept for a restart at once; undefined when it is not. */
  readonly save: Way['save']
  readonly tell: (status: Status) => void
}

/** Interfaces and neighbours of a router with a command line. */
export class CliPanel implements Panel {
  readonly #options: CliPanelOptions

  constructor(options: CliPanelOptions) {
    this.#options = options
  }

  async read(rules: readonly SwitchRule[], signal: AbortSignal): Promise<ReadonlyMap<string, Sight>> {
    if (rules.length === 0) return new Map()
    const look = await this.#look(this.#options.shell, rules, signal)
    return new Map(rules.map((rule) => [rule.key, look.sight(rule)]))
  }

  /**
   * The line counts at once. What was put down is taken back if no new session can see it: the device would be out of
   * reach with the session of now. What was brought up stays up.
   */
  async turn(rule: SwitchRule, to: Position, signal: AbortSignal): Promise<void> {
    const { shell, save: saving, tell } = this.#options
    await this.#type(rule, to, signal)
    const sight = await this.#lookAnew(rule, signal).catch(async (error: unknown) => {
      const why = `no new session could look: ${error instanceof Error ? error.message : String(error)}`
      if (to === 'up') throw new AdapterError('unreachable', why, 'not-seen')
      await this.#takeBack(rule, why)
      throw new AdapterError('rejected', `${why}; ${rule.name} was brought up again`, 'taken-back')
    })
    if (sight !== to)
      throw new AdapterError(
        'rejected',
        `${rule.name} was told to go ${to}, and a new session sees otherwise`,
      )
    if (saving !== undefined) tell(await save(shell, saving, signal))
  }

  async #type(rule: SwitchRule, to: Position, signal: AbortSignal): Promise<void> {
    const { shell, driver } = this.#options
    const look = await this.#look(shell, [rule], signal)
    const plan = { sections: [look.turn(rule, to)], refusals: new Map() }
    const refused = (await new Typing(shell, driver, 0, signal).run(plan)).get(rule.key)
    if (refused !== undefined) throw refused
  }

  async #lookAnew(rule: SwitchRule, signal: AbortSignal): Promise<Sight> {
    const second = await this.#options.connect(signal)
    try {
      return (await this.#look(second, [rule], signal)).sight(rule)
    } finally {
      await second.close()
    }
  }

  /** Also when the call was given up meanwhile: what is left down may be what we are reached by. */
  async #takeBack(rule: SwitchRule, why: string): Promise<void> {
    try {
      await this.#type(rule, 'up', new AbortController().signal)
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      throw new AdapterError('unreachable', `${why}; ${rule.name} may be down: ${words}`, 'not-taken-back')
    }
  }

  async #look(shell: Shell, rules: readonly SwitchRule[], signal: AbortSignal): Promise<SwitchLook> {
    const { driver, switches } = this.#options
    const limits = { withinMs: lookDeadlineMs(0), signal }
    return switches.read(rules, await answersTo(switches.looks(rules), shell, driver, limits))
  }
}
