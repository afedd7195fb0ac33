import type { SwitchRule } from '../../src/domain/rule.ts'
import type { Panel, Position, Sight } from '../switching/panel.ts'
import type { NetconfSession } from '../transport/netconf/session.ts'
import { type ConfirmedOptions, changeConfirmed } from './confirmed.ts'
import type { NetconfSwitches } from './driver.ts'
import { getConfig } from './reading.ts'

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

  async turn(rule: SwitchRule, to: Position, signal: AbortSignal): Promise<void> {
    const { session, switches } = this.#options
    const removal = session.hello.base === '1.1' ? 'remove' : 'delete'
    const whyNot: ConfirmedOptions['whyNot'] = async (second, until) => {
      const seen = (await this.#sights(second, [rule], until)).get(rule.key)
      return seen === to ? undefined : `${rule.name} was told to go ${to}, and is not`
    }
    await changeConfirmed(switches.edit(rule, to, removal), { ...this.#options, whyNot }, signal)
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
