import { familyOf, isPrefix } from '../../configured/prefixes.ts'
import {
  BOOLEAN,
  type Children,
  container,
  identity,
  integer,
  type LeafType,
  leaf,
  list,
  matching,
  oneOf,
  STRING,
} from '../schema.ts'

export const ACL = 'urn:ietf:params:xml:ns:yang:ietf-access-control-list'
const INTERFACES = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'
const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system'
const IANA_TYPES = 'urn:ietf:params:xml:ns:yang:iana-if-type'

const prefixType = (family: 4 | 6): LeafType =>
  matching(
    `an IPv${family} prefix`,
    (text) => text.includes('/') && isPrefix(text) && familyOf(text) === family,
  )

const PORT = integer(0, 65_535)
const NAME = matching('a name of 1 to 64 characters', (text) => text.length > 0 && text.length <= 64)

const port = container({
  operator: leaf(oneOf('eq', 'neq', 'lte', 'gte')),
  port: leaf(PORT),
  'lower-port': leaf(PORT),
  'upper-port': leaf(PORT),
})
const transport = container({ 'source-port': port, 'destination-port': port })

const addresses = (family: 4 | 6): Children => ({
  protocol: leaf(integer(0, 255)),
  [`source-ipv${family}-network`]: leaf(prefixType(family)),
  [`destination-ipv${family}-network`]: leaf(prefixType(family)),
})

const statistics = container({ 'matched-packets': leaf(STRING), 'matched-octets': leaf(STRING) })

const ace = list(
  'name',
  NAME,
  {
    matches: container({
      ipv4: container(addresses(4)),
      ipv6: container(addresses(6)),
      tcp: container(transport.children, { isPresence: true }),
      udp: container(transport.children, { isPresence: true }),
      icmp: container({ type: leaf(integer(0, 255)) }, { isPresence: true }),
    }),
    actions: container({ forwarding: leaf(identity('acl', ACL, 'accept', 'drop', 'reject')) }),
    statistics,
  },
  { isOrderedByUser: true },
)

const direction = container({
  'acl-sets': container({ 'acl-set': list('name', NAME, {}, { isOrderedByUser: true }) }),
})

/** RFC 8519, with RFC 8343 and the clock of RFC 7317, as far as they are simulated. */
export const SCHEMA = container({
  acls: container(
    {
      acl: list('name', NAME, {
        type: leaf(identity('acl', ACL, 'ipv4-acl-type', 'ipv6-acl-type', 'mixed-eth-ipv4-ipv6-acl-type')),
        aces: container({ ace }),
      }),
      'attachment-points': container({
        interface: list('interface-id', STRING, { ingress: direction, egress: direction }),
      }),
    },
    { namespace: ACL },
  ),
  interfaces: container(
    {
      interface: list('name', STRING, {
        description: leaf(STRING),
        type: leaf(identity('ianaift', IANA_TYPES, 'ethernetCsmacd', 'softwareLoopback')),
        enabled: leaf(BOOLEAN),
      }),
    },
    { namespace: INTERFACES },
  ),
  'system-state': container(
    { clock: container({ 'current-datetime': leaf(STRING), 'boot-datetime': leaf(STRING) }) },
    { namespace: SYSTEM },
  ),
  system: container({ hostname: leaf(STRING) }, { namespace: SYSTEM }),
})
