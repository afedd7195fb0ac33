import type { SwitchRule } from '../../../src/domain/rule.ts'
import { AdapterError } from '../../adapter.ts'
import { isAbsent, type Sight } from '../../switching/panel.ts'
import type { CliSwitches } from '../driver.ts'
import { neighboursIn } from './bgp-neighbours.ts'
import { jsonIn } from './frr-json.ts'
import { sectionsOf, turning } from './running-config.ts'

/**
 * Neighbours as bgpd's configuration has them; interfaces as zebra sees them in the kernel, whose state is not what the
 * configuration says where somebody used `ip link`.
 */
export const frrSwitches: CliSwitches = {
  looks: (rules) => [
    ...interfacesOf(rules).map(({ name }) => `show interface ${name} json`),
    ...(rules.some(({ kind }) => kind === 'neighbour-down') ? ['show running-config bgpd'] : []),
  ],

  read(rules, answers) {
    const ports = interfacesOf(rules)
    const sights = new Map(ports.map((rule, index) => [rule.key, sightOf(rule, answers[index] ?? [])]))
    const neighbours = neighboursIn(sectionsOf(bgpd(answers[ports.length])))
    return {
      sight: (rule) => sights.get(rule.key) ?? neighbours.sight(rule),
      turn(rule, to) {
        const sight = sights.get(rule.key)
        if (sight === undefined) return neighbours.turn(rule, to)
        // vtysh would make one that is not there, in the configuration alone.
        if (isAbsent(sight)) throw new AdapterError('rejected', sight.absent)
        return turning(rule, { line: `interface ${rule.name}`, mode: '(config-if)#' }, 'shutdown', to)
      },
    }
  },
}

function interfacesOf(rules: readonly SwitchRule[]): readonly SwitchRule[] {
  return rules.filter(({ kind }) => kind === 'interface-down')
}

interface Port {
  readonly administrativeStatus?: unknown
  /** That the kernel has none of this name: somebody wrote it into the configuration. */
  readonly pseudoInterface?: unknown
}

/** @throws AdapterError `rejected` when it is something else */
function sightOf({ name }: SwitchRule, lines: readonly string[]): Sight {
  const all = jsonIn(lines, 'its interfaces')
  const port = Object.hasOwn(all, name) ? (all as Readonly<Record<string, Port>>)[name] : undefined
  if (port === undefined || port.pseudoInterface === true)
    return { absent: `there is no interface ${name}, outside of VRFs` }
  const { administrativeStatus: status } = port
  if (status === 'up' || status === 'down') return status
  throw new AdapterError('rejected', `it does not say whether ${name} is up`, 'not-understood')
}

/**
 * The lines of bgpd. Without it vtysh shows a configuration all the same, in which no daemon has its line.
 * @throws AdapterError `unreachable` when it did not answer
 */
function bgpd(lines: readonly string[] | undefined): readonly string[] {
  if (lines === undefined || lines.some((line) => line.startsWith('frr version '))) return lines ?? []
  throw new AdapterError('unreachable', 'its bgpd does not show its configuration: does it run?', 'no-bgpd')
}
