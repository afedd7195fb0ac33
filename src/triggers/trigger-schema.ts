import { type Static, Type } from 'typebox'
import { CATEGORIES } from '../domain/category.ts'
import { TLP, TRIGGER_KINDS, TRIGGER_ROLES, type TriggerInput } from '../domain/trigger.ts'

const strict = { additionalProperties: false } as const
const text = (maxLength: number, description?: string) =>
  Type.String({ minLength: 1, maxLength, ...(description === undefined ? {} : { description }) })
const TIME = Type.String({ maxLength: 40, description: 'RFC 3339 with a zone.' })
const SPAN = Type.String({ minLength: 2, maxLength: 40, description: 'Such as 90s, 15m, 24h, 7d.' })

/** The fields of a trigger, for the API and for examples of policies. */
export const TRIGGER_FIELDS = {
  id: text(200, "The source's own name of the incident, the same for all that it says of it."),
  revision: Type.Integer({ minimum: 0, description: 'Grows; what is older than the last one is ignored.' }),
  kind: Type.Enum([...TRIGGER_KINDS]),
  target: text(400, 'An address, a prefix, account:user@realm, department:NAME or connection:NAME.'),
  role: Type.Enum([...TRIGGER_ROLES], { description: 'What the target is in the incident.' }),
  category: Type.Enum([...CATEGORIES]),
  match: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'Components that the traffic has, as of a block; prefixes are of the other end.',
    }),
  ),
  peers: Type.Optional(Type.Array(text(64), { description: 'Addresses and prefixes at the other end.' })),
  packetsPerSecond: Type.Optional(Type.Number({ minimum: 0 })),
  bitsPerSecond: Type.Optional(Type.Number({ minimum: 0 })),
  confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  detectedAt: TIME,
  clockError: Type.Optional(SPAN),
  detectedPort: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
  ceasedAt: Type.Optional(TIME),
  lifetime: Type.Optional(SPAN),
  evidence: Type.Optional(
    Type.Enum(['spoofable', 'established'], { description: 'What the address of an offender rests on.' }),
  ),
  attack: Type.Optional(text(200, 'One name for many victims of one attack.')),
  reference: Type.Optional(text(500)),
  summary: Type.Optional(text(500)),
  tlp: Type.Optional(Type.Enum([...TLP])),
  simulated: Type.Optional(Type.Boolean({ description: 'Recorded, and never enforced.' })),
  labels: Type.Optional(
    Type.Record(Type.String({ pattern: '^.{1,60}$' }), Type.String({ maxLength: 500 }), {
      maxProperties: 40,
    }),
  ),
} as const

export const TRIGGER = Type.Object(TRIGGER_FIELDS, strict)

/** The schema and the type that the rest of Cordon knows say the same. */
export function asTriggerInput(read: Static<typeof TRIGGER>): TriggerInput {
  return read as TriggerInput
}
