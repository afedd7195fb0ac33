import type { Family } from '../../../src/domain/prefix.ts'
import {
  all,
  at,
  childrenOf,
  element,
  textAt,
  type Xml,
  type XmlElement,
} from '../../transport/netconf/xml.ts'
import type { NetconfProvision, ProvisionPlan } from '../driver.ts'
import { ACL, ACLS, FAMILIES, REST, YANG } from './ietf-names.ts'
import { interfaceNamed, isFirst, placesSelected, setsOn } from './ietf-places.ts'

/** An access list a family that accepts everything, met first by what comes in. */
export const ietfProvision: NetconfProvision = {
  text(device, filterOn) {
    const { edit } = ietfProvision.plan(undefined, filterOn)
    return [
      `<!-- Cordon on ${device}, for RFC 8519: the config of an edit-config, with the default operation merge. -->`,
      ...(filterOn.length === 0
        ? ['<!-- filterOn of the device names no interface yet: nothing meets these lists. -->']
        : []),
      edit?.xml ?? '',
      '<!-- Kill switch, without Cordon: take the lists off the interfaces, by this edit from any NETCONF client: -->',
      `<!-- ${detached(filterOn).xml} -->`,
      '',
    ].join('\n')
  },

  select: (filterOn) =>
    element(
      'acls',
      { xmlns: ACL },
      ...FAMILIES.map((family) =>
        element(
          'acl',
          {},
          element('name', {}, ACLS[family]),
          element('aces', {}, element('ace', {}, element('name', {}, REST))),
        ),
      ),
      ...placesSelected(filterOn),
    ),

  plan(data, filterOn): ProvisionPlan {
    const acls = childrenOf(at(data, 'acls'), 'acl')
    const absent = FAMILIES.filter((family) => !endsWithRest(acls, family))
    const places = filterOn.map((name) => ({ name, sets: setsOn(data, name) }))
    const open = places.filter(({ sets }) => sets.length === 0).map(({ name }) => name)
    const theirs = places.filter(({ sets }) => sets.length > 0 && !isFirst(sets))
    const lacking = [
      ...absent.map((family) => `access list ${ACLS[family]}`),
      ...open.map((name) => `${Object.values(ACLS).join(' and ')} on ${name}`),
    ]
    const points = open.length === 0 ? [] : [element('attachment-points', {}, ...open.map(attached))]
    return {
      edit:
        lacking.length === 0
          ? undefined
          : element('acls', { xmlns: ACL, 'xmlns:yang': YANG }, ...absent.map(listXml), ...points),
      lacking,
      byHand: theirs.map(
        ({ name, sets }) =>
          `${name} has other lists first (${sets.join(', ')}): put ${Object.values(ACLS).join(' and ')} ahead of them`,
      ),
    }
  },
}

function listXml(family: Family): Xml {
  const rest = element(
    'ace',
    { 'yang:insert': 'last' },
    element('name', {}, REST),
    element('actions', {}, element('forwarding', {}, 'accept')),
  )
  return element(
    'acl',
    {},
    element('name', {}, ACLS[family]),
    element('type', {}, `ipv${family}-acl-type`),
    element('aces', {}, rest),
  )
}

function attached(name: string): Xml {
  const sets = FAMILIES.map((family) => element('acl-set', {}, element('name', {}, ACLS[family])))
  return interfaceNamed(name, element('ingress', {}, element('acl-sets', {}, ...sets)))
}

function detached(filterOn: readonly string[]): Xml {
  const sets = FAMILIES.map((family) =>
    element('acl-set', { 'nc:operation': 'delete' }, element('name', {}, ACLS[family])),
  )
  const places = (filterOn.length === 0 ? ['INTERFACE'] : filterOn).map((name) =>
    interfaceNamed(name, element('ingress', {}, element('acl-sets', {}, ...sets))),
  )
  const base = 'urn:ietf:params:xml:ns:netconf:base:1.0'
  return element('acls', { xmlns: ACL, 'xmlns:nc': base }, element('attachment-points', {}, all(places)))
}

/** Whether the list is there and lets everything pass that no entry of ours drops. */
function endsWithRest(acls: readonly XmlElement[], family: Family): boolean {
  const acl = acls.find((one) => textAt(one, 'name') === ACLS[family])
  const rest = childrenOf(at(acl, 'aces'), 'ace').find((one) => textAt(one, 'name') === REST)
  return textAt(rest, 'actions', 'forwarding')?.replace(/^.*:/, '') === 'accept'
}
