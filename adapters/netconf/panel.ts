import type { SwitchRule } from '../../src/domain/rule.ts'
import type { Panel, Position, Sight } from '../switching/panel.ts'
import type { NetconfSession } from '../transport/netconf/session.ts'
import { type ConfirmedOptions, changeConfirmed } from './confirmed.ts'
import type { NetconfSwitches } from './driver.ts'
import { getConfig } from './reading.ts'
import { editDeadlineMs, Transactions } from './transaction.ts'

interface Options extends Omit<ConfirmedOptions, 'whyNot'> {
  readonly switches: NetconfSwitches
}

/** Interfaces and neighbours as the configuration has them. */
export class NetconfPanel implements Panel {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  async read(rules: readonly SwitchRule[], signal: AbortSignal): Promise<ReadonlyMap<string, Sight>> {
    if (rules.length === 0) return new Map()
    return await this.#sights(this.#options.session, rules, signal)
  }

  /**
   * What is put down is confirmed by a new session, and taken back where none can see it. What is brought up is committed
   * at once and stays: a release waits for no login.
   */
  async turn(rule: SwitchRule, to: Position, signal: AbortSignal): Promise<void> {
    const { session, driver, switches } = this.#options
    const removal = session.hello.base === '1.1' ? 'remove' : 'delete'
    const edit = switches.edit(rule, to, removal)
    if (to === 'up')
      return await new Transactions(session, driver).run(async () => edit, editDeadlineMs(1_000), signal)
    const whyNot: ConfirmedOptions['whyNot'] = async (second, until) => {
      const seen = (await this.#sights(second, [rule], until)).get(rule.key)
      return seen === to ? undefined : `${rule.name} was told to go ${to}, and is not`
    }
    const undo = switches.edit(rule, 'up', removal)
    await changeConfirmed(edit, { ...this.#options, whyNot, undo }, signal)
  }

  async #sights(
    session: NetconfSession,
    rules: readonly SwitchRule[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Sight>> {
    const { driver, switches } = this.#options
    const data = await getConfig(session, driver, switches.select(rules), signal)
    return new Map(rules.map((rule) => [rule.key, switches.read(data, rule)]))
  }
}
