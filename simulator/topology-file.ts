import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { parse } from 'yaml'

/** A node's interface towards another is called `to-<node>` and a Linux interface name has at most 15 bytes. */
const NODE_NAME = '^[a-z][a-z0-9-]{0,11}$'
const PREFIX = '^[0-9a-f.:]+/[0-9]{1,3}$'
const COMMUNITY = '^[0-9]{1,5}:[0-9]{1,5}$'

const closed = { additionalProperties: false }
const Asn = Type.Integer({ minimum: 1, maximum: 4294967295 })

/** A BGP speaker whose routes a router takes; it connects, the router waits. */
const Speaker = Type.Object(
  {
    node: Type.String({ pattern: NODE_NAME }),
    asn: Asn,
    /** which of the node's addresses, when it is not the first in the subnet that both share */
    address: Type.Optional(Type.String({ pattern: '^[0-9.]+$' })),
  },
  closed,
)

/** How a router that speaks BGP enforces what it hears. */
const BgpSettings = Type.Object(
  {
    asn: Asn,
    /** by the names that the router gives to their sessions */
    speakers: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9]{0,15}$' }), Speaker, { minProperties: 1 }),
    /** only routes that carry both communities are taken; flow specifications need the first alone */
    marking: Type.String({ pattern: COMMUNITY }),
    blackhole: Type.String({ pattern: COMMUNITY }),
    /** host routes are taken inside `own`, never inside `never`: the router bounds what a speaker can break */
    own: Type.Array(Type.String({ pattern: PREFIX }), { minItems: 1 }),
    never: Type.Optional(Type.Array(Type.String({ pattern: PREFIX }))),
    maxRoutes: Type.Optional(Type.Integer({ minimum: 1 })),
    /** TCP-MD5 (RFC 2385) */
    password: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })),
    /** BIRD alone: takes flow specifications into the tables f4 and f6, after the checks of RFC 8955 §6 or all */
    flow: Type.Optional(Type.Union([Type.Literal('validate'), Type.Literal('accept')])),
    /** BIRD alone: the router enforces nothing and reflects what it takes to these nodes (RFC 4456) */
    clients: Type.Optional(Type.Array(Type.String({ pattern: NODE_NAME }))),
    /** FRR and GoBGP alone: where the router reports what it hears and takes (RFC 7854) */
    bmp: Type.Optional(
      Type.Object({ node: Type.String({ pattern: NODE_NAME }), port: Type.Integer({ minimum: 1 }) }, closed),
    ),
  },
  closed,
)

/** A router that is configured, as `configured/settings.ts` takes it; it listens at all of its addresses. */
const SshSettings = Type.Object(
  {
    users: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1 }),
          password: Type.Optional(Type.String()),
          publicKeys: Type.Optional(Type.Array(Type.String())),
        },
        closed,
      ),
      { minItems: 1 },
    ),
    /** left out: 22, or NETCONF's 830 (RFC 6242 §6) */
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /** the router's private key, in OpenSSH's form; left out: a new one at each start */
    hostKey: Type.Optional(Type.String()),
    /** Linux interfaces by the names that the configuration has for them; left out: the same */
    interfaces: Type.Optional(Type.Record(Type.String(), Type.String())),
    /** of its kind: the profile of its server, say */
    options: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  closed,
)

const TopologyNode = Type.Object(
  {
    kind: Type.Union([
      Type.Literal('host'),
      Type.Literal('switch'),
      Type.Literal('linux-router'),
      Type.Literal('bird-router'),
      Type.Literal('frr-router'),
      Type.Literal('gobgp-router'),
      Type.Literal('ios-router'),
      Type.Literal('junos-router'),
      Type.Literal('ietf-router'),
      Type.Literal('mgmt'),
    ]),
    /** destination (a prefix, or `default` for both families) to the neighbour that leads there */
    routes: Type.Optional(Type.Record(Type.String(), Type.String({ pattern: NODE_NAME }))),
    bgp: Type.Optional(BgpSettings),
    ssh: Type.Optional(SshSettings),
  },
  closed,
)

const TopologyFile = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,23}$' }),
    nodes: Type.Record(Type.String({ pattern: NODE_NAME }), TopologyNode, closed),
    /** each link names its two ends and the addresses that each has on it */
    links: Type.Array(
      Type.Record(Type.String({ pattern: NODE_NAME }), Type.Array(Type.String({ pattern: PREFIX })), {
        ...closed,
        minProperties: 2,
        maxProperties: 2,
      }),
    ),
  },
  closed,
)

export type SshSettings = Static<typeof SshSettings>
export type BgpSettings = Static<typeof BgpSettings>
export type TopologyNode = Static<typeof TopologyNode>
export type TopologyFile = Static<typeof TopologyFile>

/** @throws TopologyError naming the first thing that is wrong with the file's shape */
export function readTopologyFile(path: string): TopologyFile {
  return checkTopologyFile(parse(readFileSync(path, 'utf8')), path)
}

export function checkTopologyFile(value: unknown, where: string): TopologyFile {
  const check = new Ajv().compile<TopologyFile>(TopologyFile)
  if (check(value)) return value
  const first = check.errors?.[0]
  throw new TopologyError(`${where}: ${first?.instancePath || '/'} ${first?.message ?? 'does not fit'}`)
}

export class TopologyError extends Error {
  override readonly name = 'TopologyError'
}
