import type { SwitchRule } from '../../../src/domain/rule.ts'
import { AdapterError } from '../../adapter.ts'
import type { CliSwitches } from '../driver.ts'
import { neighboursIn } from './bgp-neighbours.ts'
import { type ConfigSection, sectionsOf, turning } from './running-config.ts'

/**
 * Interfaces and neighbours as the running configuration has them: `shutdown` is a line of it, or is not. All of its
 * sections of that kind are asked for, as only an answer that has some tells that one is not among them: a command that we
 * may not type, and an interface that is not there, are refused in the same words.
 */
export const iosSwitches: CliSwitches = {
  looks: () => ['show running-config | section ^interface|^router bgp'],

  read(_rules, [lines = []]) {
    const sections = sectionsOf(lines)
    if (!sections.some(({ head }) => head.startsWith('interface ')))
      throw new AdapterError(
        'rejected',
        'what it shows of its running configuration has no interface',
        'not-understood',
      )
    const neighbours = neighboursIn(sections)
    return {
      sight(rule) {
        if (rule.kind === 'neighbour-down') return neighbours.sight(rule)
        const found = interfaceIn(sections, rule)
        if (found === undefined) return { absent: absence(rule) }
        return found.inside.includes(' shutdown') ? 'down' : 'up'
      },
      turn(rule, to) {
        if (rule.kind === 'neighbour-down') return neighbours.turn(rule, to)
        // One that is not there would be made, if it is of a kind that needs no port.
        if (interfaceIn(sections, rule) === undefined) throw new AdapterError('rejected', absence(rule))
        const mode = rule.name.includes('.') ? '(config-subif)#' : '(config-if)#'
        return turning(rule, { line: `interface ${rule.name}`, mode }, 'shutdown', to)
      },
    }
  },
}

function interfaceIn(sections: readonly ConfigSection[], { name }: SwitchRule): ConfigSection | undefined {
  return sections.find(({ head }) => head === `interface ${name}`)
}

function absence({ name }: SwitchRule): string {
  return `there is no interface ${name} in its configuration, where every name is written out`
}
