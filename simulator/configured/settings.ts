import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false }

const User = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    password: Type.Optional(Type.String()),
    publicKeys: Type.Optional(Type.Array(Type.String())),
  },
  closed,
)

/** All that a router is made of; a process is given it as JSON. */
const RouterSettings = Type.Object(
  {
    /** its host name */
    name: Type.String({ minLength: 1 }),
    kind: Type.String(),
    /** listens on; left out: 127.0.0.1 and a port that the system chooses */
    host: Type.Optional(Type.String()),
    port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
    users: Type.Array(User),
    /** private, in OpenSSH's form; left out: a new one */
    hostKey: Type.Optional(Type.String()),
    banner: Type.Optional(Type.String()),
    maxSessions: Type.Optional(Type.Integer({ minimum: 1 })),
    /** what it boots from, in its own words */
    configuration: Type.String(),
    /** `nft`: the network namespace of this process; `model`: nothing, and an oracle that knows */
    plane: Type.Union([Type.Literal('nft'), Type.Literal('model')]),
    /** Linux interfaces by the names of the configuration; left out: the same names */
    interfaces: Type.Optional(Type.Record(Type.String(), Type.String())),
    /** what chance is made of; left out: 1 */
    seed: Type.Optional(Type.Integer()),
    /** what only routers of this kind know */
    options: Type.Optional(Type.Unknown()),
  },
  closed,
)
export type RouterSettings = Static<typeof RouterSettings>

const check = new Ajv().compile<RouterSettings>(RouterSettings)

/** @throws Error naming the first field that does not fit */
export function checkSettings(value: unknown): RouterSettings {
  if (check(value)) return value
  const first = check.errors?.[0]
  throw new Error(`settings: ${first?.instancePath || '/'} ${first?.message ?? 'do not fit'}`)
}
