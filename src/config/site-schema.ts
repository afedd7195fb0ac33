import { type Static, type TSchema, Type } from 'typebox'
import { MOST_REACHABLE } from '../inventory/inventory.ts'
import { CalendarSchema } from './calendar-schema.ts'

const strict = { additionalProperties: false } as const

function record<T extends Record<string, TSchema>>(properties: T) {
  return Type.Object(properties, strict)
}

export const Name = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' })
/** A device, or a router to which it speaks. */
const DeviceOrRouter = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,63})?$',
})
const PrefixText = Type.String({ minLength: 2, maxLength: 64 })
const Words = Type.String({ minLength: 1, maxLength: 200 })
const Path = Type.String({ minLength: 1 })
/** An account, or `@realm` for all of a realm. */
const AccountText = Type.String({ minLength: 2, maxLength: 260 })
const Role = Type.Union([Type.Literal('source'), Type.Literal('destination'), Type.Literal('any')])

const Contact = record({
  name: Name,
  // No white space, no comma, no bracket: it stands in the header of a mail as it is.
  mail: Type.String({ maxLength: 254, pattern: '^[^\\s@<>,;:"()]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*$' }),
  phone: Type.Optional(Type.String({ pattern: '^[+]?[0-9 ()/-]{3,40}$' })),
  role: Type.Optional(Words),
})

const Department = record({
  name: Name,
  prefixes: Type.Array(PrefixText, { minItems: 1 }),
  users: Type.Optional(Type.Integer({ minimum: 0 })),
  parent: Type.Optional(Name),
  contacts: Type.Optional(Type.Array(Name)),
  itss: Type.Optional(Type.Array(Name)),
  accounts: Type.Optional(Type.Array(AccountText)),
  accessDevices: Type.Optional(Type.Array(DeviceOrRouter)),
})

const Connection = record({
  name: Name,
  prefixes: Type.Array(PrefixText, { minItems: 1 }),
  attachments: Type.Array(
    record({ router: Type.String(), interface: Type.String(), neighbour: Type.String() }),
    { minItems: 1 },
  ),
  agreement: Type.Optional(Type.Boolean()),
  contact: Type.Optional(Name),
})

const AddressRange = record({
  prefix: PrefixText,
  kind: Type.Union([
    Type.Literal('static'),
    Type.Literal('dhcp'),
    Type.Literal('slaac'),
    Type.Literal('shared'),
  ]),
  users: Type.Optional(Type.Integer({ minimum: 1 })),
  lease: Type.Optional(Type.Union([Type.Literal('follow'), Type.Literal('flag')])),
})

const Protected = record({
  prefix: Type.Optional(PrefixText),
  host: Type.Optional(Words),
  account: Type.Optional(AccountText),
  station: Type.Optional(Type.String({ maxLength: 17 })),
  role: Type.Optional(Role),
  name: Words,
  owner: Type.Optional(Words),
  reason: Type.Optional(Words),
  review: Type.Optional(Type.String()),
})

/** `site` in `cordon.yaml`. */
export const SiteSchema = record({
  own: Type.Array(PrefixText),
  departments: Type.Optional(Type.Array(Department)),
  connections: Type.Optional(Type.Array(Connection)),
  contacts: Type.Optional(Type.Array(Contact)),
  hosts: Type.Optional(Type.Array(Path)),
  accounts: Type.Optional(
    record({
      realms: Type.Optional(Type.Array(AccountText)),
      visitors: Type.Optional(Type.Array(record({ realm: AccountText, contact: Name }))),
    }),
  ),
  addresses: Type.Optional(Type.Array(AddressRange)),
  hostUnits: Type.Optional(
    Type.Array(
      record({
        prefix: PrefixText,
        length: Type.Union([Type.Literal(128), Type.Literal(64), Type.Literal(56)]),
      }),
    ),
  ),
  protected: Type.Optional(Type.Array(Protected)),
  essentials: Type.Optional(Type.Union([Type.Boolean(), Path])),
  reachable: Type.Optional(
    Type.Array(record({ prefix: PrefixText, name: Words }), { maxItems: MOST_REACHABLE }),
  ),
  consent: Type.Optional(
    Type.Array(
      record({
        prefix: PrefixText,
        upstream: Type.Union([Type.Literal('never'), Type.Literal('ask'), Type.Literal('auto')]),
      }),
    ),
  ),
  ingress: Type.Optional(
    Type.Array(record({ name: Name, coveredBy: Type.Array(DeviceOrRouter, { minItems: 1 }) })),
  ),
  calendar: Type.Optional(CalendarSchema),
})

export type SiteFile = Static<typeof SiteSchema>

/** `policies/essentials.yaml`, or a list of the site's own in its place. */
export const EssentialsSchema = record({
  essentials: Type.Array(
    record({
      prefix: PrefixText,
      name: Words,
      role: Type.Optional(Role),
      reason: Words,
      review: Type.String(),
    }),
  ),
})
