import type { SwitchKind, SwitchRule } from '../../../src/domain/rule.ts'
import type { Position, Sight } from '../../switching/panel.ts'
import { at, childrenOf, element, textAt, type Xml, type XmlElement } from '../../transport/netconf/xml.ts'
import type { NetconfSwitches, Removal } from '../driver.ts'
import { configuration } from './junos-lists.ts'

/** A port is put down by `disable`, a neighbour by deactivating it: both are there in every version. */
export const junosSwitches: NetconfSwitches = {
  kinds: ['interface-down', 'neighbour-down'],

  whyNoName: (kind: SwitchKind, name: string) =>
    kind === 'neighbour-down' && neighbourOf(name) === undefined
      ? `${name} is no neighbour: write GROUP/ADDRESS, such as upstream/192.0.2.1`
      : undefined,

  select: (rules) => configuration(...parts(rules, (rule, name) => item(rule, name))),

  read(data: XmlElement | undefined, rule: SwitchRule): Sight {
    const found = at(data, 'configuration')
    if (rule.kind === 'interface-down') {
      const port = named(childrenOf(at(found, 'interfaces'), 'interface'), rule.name)
      if (port === undefined) return { absent: `there is no interface ${rule.name} in the configuration` }
      const disable = at(port, 'disable')
      return disable === undefined || isInactive(disable) ? 'up' : 'down'
    }
    const { group, address } = neighbourOf(rule.name) ?? { group: '', address: '' }
    const groups = childrenOf(at(found, 'protocols', 'bgp'), 'group')
    const neighbour = named(childrenOf(named(groups, group), 'neighbor'), address)
    if (neighbour === undefined)
      return { absent: `there is no neighbour ${address} in the BGP group ${group}` }
    return isInactive(neighbour) ? 'down' : 'up'
  },

  edit(rule: SwitchRule, to: Position, removal: Removal): Xml {
    const disable = to === 'down' ? element('disable') : element('disable', { 'nc:operation': removal })
    const state = to === 'down' ? { inactive: 'inactive' } : { active: 'active' }
    return configuration(
      ...parts([rule], (one, name) =>
        one.kind === 'interface-down' ? item(one, name, {}, disable) : item(one, name, state),
      ),
    )
  },
}

function item(
  rule: SwitchRule,
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  ...content: readonly Xml[]
): Xml {
  const list = rule.kind === 'interface-down' ? 'interface' : 'neighbor'
  return element(list, attributes, element('name', {}, name), ...content)
}

/** The rules in their places: `interfaces`, and `protocols bgp group`. */
function parts(rules: readonly SwitchRule[], make: (rule: SwitchRule, name: string) => Xml): readonly Xml[] {
  const ports = rules.filter(({ kind }) => kind === 'interface-down')
  const neighbours = rules.flatMap((rule) => {
    const found = rule.kind === 'neighbour-down' ? neighbourOf(rule.name) : undefined
    return found === undefined ? [] : [{ rule, ...found }]
  })
  const groups = neighbours.map(({ rule, group, address }) =>
    element('group', {}, element('name', {}, group), make(rule, address)),
  )
  return [
    ...(ports.length === 0 ? [] : [element('interfaces', {}, ...ports.map((rule) => make(rule, rule.name)))]),
    ...(groups.length === 0 ? [] : [element('protocols', {}, element('bgp', {}, ...groups))]),
  ]
}

/** `GROUP/ADDRESS`: an address alone may stand in several groups. */
function neighbourOf(name: string): { readonly group: string; readonly address: string } | undefined {
  const [, group, address] = /^([^/]+)\/([0-9A-Fa-f.:]+)$/.exec(name) ?? []
  return group === undefined || address === undefined ? undefined : { group, address }
}

function named(elements: readonly XmlElement[], name: string): XmlElement | undefined {
  return elements.find((one) => textAt(one, 'name') === name)
}

function isInactive({ attributes }: XmlElement): boolean {
  return attributes.get('inactive') === 'inactive'
}
