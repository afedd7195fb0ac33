import { familyOf, isPrefix } from '../../configured/prefixes.ts'
import {
  type Children,
  container,
  EMPTY,
  integer,
  type LeafType,
  leaf,
  leafList,
  list,
  matching,
  oneOf,
  type Schema,
  STRING,
} from '../schema.ts'

const XNM = 'http://xml.juniper.net/xnm/1.1/xnm'

const NAME = matching('a name of 1 to 64 characters', (text) => text.length > 0 && text.length <= 64)
const PREFIX = matching('a prefix', isPrefix)
const prefixOf = (family: 4 | 6): LeafType =>
  matching(`an IPv${family} prefix`, (text) => isPrefix(text) && familyOf(text) === family)

export const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  icmp6: 58,
  icmpv6: 58,
  ospf: 89,
}
export const PORTS: Readonly<Record<string, number>> = {
  ssh: 22,
  domain: 53,
  http: 80,
  ntp: 123,
  bgp: 179,
  https: 443,
}

const known = (names: Readonly<Record<string, number>>, most: number, what: string): LeafType =>
  matching(what, (text) =>
    text
      .split('-')
      .every((word) => Object.hasOwn(names, word) || (/^\d+$/.test(word) && Number(word) <= most)),
  )
const PROTOCOL = known(PROTOCOLS, 255, 'a protocol')
const PORT = known(PORTS, 65_535, 'a port or a range of ports')
const REF = list('name', NAME, {}, { isOrderedByUser: true })

const fromOf = (family: 4 | 6): Children => ({
  'source-prefix-list': REF,
  'destination-prefix-list': REF,
  'source-address': list('name', prefixOf(family), {}, { isOrderedByUser: true }),
  'destination-address': list('name', prefixOf(family), {}, { isOrderedByUser: true }),
  [family === 4 ? 'protocol' : 'next-header']: leafList(PROTOCOL),
  ...(family === 6 ? { 'payload-protocol': leafList(PROTOCOL) } : {}),
  'source-port': leafList(PORT),
  'destination-port': leafList(PORT),
  'icmp-type': leafList(integer(0, 255)),
})

const then = container({
  discard: leaf(EMPTY),
  reject: leaf(EMPTY),
  accept: leaf(EMPTY),
  next: leaf(oneOf('term')),
  count: leaf(NAME),
  log: leaf(EMPTY),
})

const filters = (family: 4 | 6): Schema =>
  container({
    filter: list('name', NAME, {
      term: list('name', NAME, { from: container(fromOf(family)), then }, { isOrderedByUser: true }),
    }),
  })

const familyOfUnit = (family: 4 | 6): Schema =>
  container(
    {
      filter: container({
        input: container({ 'filter-name': leaf(NAME, { isImplied: true }) }),
        output: container({ 'filter-name': leaf(NAME, { isImplied: true }) }),
        'input-list': leafList(NAME),
        'output-list': leafList(NAME),
      }),
      address: list('name', prefixOf(family), {}),
    },
    { isPresence: true },
  )

const interfaces = container({
  interface: list(
    'name',
    NAME,
    {
      description: leaf(STRING),
      disable: leaf(EMPTY),
      unit: list('name', integer(0, 16_385), {
        description: leaf(STRING),
        disable: leaf(EMPTY),
        family: container({ inet: familyOfUnit(4), inet6: familyOfUnit(6) }),
      }),
    },
    { isImplied: true },
  ),
})

const bgp = container({
  group: list('name', NAME, {
    type: leaf(oneOf('internal', 'external')),
    'peer-as': leaf(integer(1, 4_294_967_295)),
    neighbor: list(
      'name',
      matching('an address', (text) => isPrefix(text) && !text.includes('/')),
      {
        description: leaf(STRING),
        'peer-as': leaf(integer(1, 4_294_967_295)),
      },
    ),
  }),
})

const configuration = container(
  {
    system: container({
      'host-name': leaf(NAME),
      services: container({
        ssh: container({}, { isPresence: true }),
        netconf: container({ ssh: container({}, { isPresence: true }), 'rfc-compliant': leaf(EMPTY) }),
      }),
    }),
    'policy-options': container({
      'prefix-list': list('name', NAME, {
        'prefix-list-item': list('name', PREFIX, {}, { isImplied: true }),
      }),
    }),
    firewall: container({ family: container({ inet: filters(4), inet6: filters(6) }) }),
    interfaces,
    protocols: container({ bgp }),
  },
  { namespace: XNM },
)

/** What Junos has of its configuration here; elements of any namespace, or none, are taken for it. */
export const SCHEMA = container({ configuration })
