import type { SwitchRule } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'
import type { Panel, Position, Sight } from '../switching/panel.ts'
import type { MemoryDevice } from './device.ts'

/** The switches of a memory device. */
export function memoryPanel(device: MemoryDevice): Panel {
  const absent = ({ name }: SwitchRule): string => `no such interface or neighbour: ${name}`
  return {
    async read(rules) {
      const sight = (rule: SwitchRule): Sight => device.switches.get(rule.key) ?? { absent: absent(rule) }
      return new Map(rules.map((rule) => [rule.key, sight(rule)]))
    },
    async turn(rule: SwitchRule, to: Position) {
      if (!device.switches.has(rule.key)) throw new AdapterError('rejected', absent(rule))
      device.switches.set(rule.key, to)
    },
  }
}
