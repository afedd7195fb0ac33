import type { SwitchRule } from '../../../src/domain/rule.ts'
import type { Position, Sight } from '../../switching/panel.ts'
import { at, childrenOf, element, textAt, type Xml, type XmlElement } from '../../transport/netconf/xml.ts'
import type { NetconfSwitches } from '../driver.ts'

const INTERFACES = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'

/** `enabled` of an interface (RFC 8343). */
export const ietfSwitches: NetconfSwitches = {
  kinds: ['interface-down'],
  whyNoName: () => undefined,
  select: (rules) => interfaces(rules.map(({ name }) => interfaceNamed(name))),

  read(data: XmlElement | undefined, { name }: SwitchRule): Sight {
    const found = childrenOf(at(data, 'interfaces'), 'interface').find((one) => textAt(one, 'name') === name)
    if (found === undefined) return { absent: `there is no interface ${name} in the configuration` }
    // True unless it says otherwise (RFC 8343 §5).
    return textAt(found, 'enabled') === 'false' ? 'down' : 'up'
  },

  edit: ({ name }: SwitchRule, to: Position) =>
    interfaces([interfaceNamed(name, element('enabled', {}, to === 'up' ? 'true' : 'false'))]),
}

function interfaces(content: readonly Xml[]): Xml {
  return element('interfaces', { xmlns: INTERFACES }, ...content)
}

function interfaceNamed(name: string, ...content: readonly Xml[]): Xml {
  return element('interface', {}, element('name', {}, name), ...content)
}
