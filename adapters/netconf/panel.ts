import type { SwitchRule } from '../../src/domain/rule.ts'
import type { Panel, Position, Sight } from '../switching/panel.ts'
import type { NetconfSession } from '../transport/netconf/session.ts'
import { type ConfirmedOptions, changeConfirmed } from './confirmed.ts'
import type { NetconfDriver } from './driver.ts'
import { getConfig } from './reading.ts'

type Options = Omit<ConfirmedOptions, 'whyNot'>

/** Interfaces and neighbours as the configuration has them. */
export class NetconfPanel implements Panel {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  async read(rules: readonly SwitchRule[], signal: AbortSignal): Promise<ReadonlyMap<string, Sight>> {
    if (rules.length === 0) return new Map()
    const { session, driver } = this.#options
    return await sights(session, driver, rules, signal)
  }

  async turn(rule: SwitchRule, to: Position, signal: AbortSignal): Promise<void> {
    const { session, driver } = this.#options
    const removal = session.hello.base === '1.1' ? 'remove' : 'delete'
    const whyNot: ConfirmedOptions['whyNot'] = async (second, until) => {
      const seen = (await sights(second, driver, [rule], until)).get(rule.key)
      return seen === to ? undefined : `${rule.name} was told to go ${to}, and is not`
    }
    await changeConfirmed(driver.switches.edit(rule, to, removal), { ...this.#options, whyNot }, signal)
  }
}

async function sights(
  session: NetconfSession,
  driver: NetconfDriver,
  rules: readonly SwitchRule[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Sight>> {
  const data = await getConfig(session, driver, driver.switches.select(rules), signal)
  return new Map(rules.map((rule) => [rule.key, driver.switches.read(data, rule)]))
}
