import { Type } from 'typebox'

const time = Type.String({ format: 'date-time' })
const texts = (description: string) => Type.Array(Type.String(), { description })

export const inventoryText = Type.Unsafe<{ text?: string } | null>({
  type: ['object', 'null'],
  properties: { text: { type: 'string', description: 'Stands for the configuration file, cordon.yaml.' } },
  additionalProperties: false,
})

export const inventoryReload = Type.Unsafe<{ agree?: string } | null>({
  type: ['object', 'null'],
  properties: { agree: { type: 'string', maxLength: 100, description: 'Digest of the plan that was seen.' } },
  additionalProperties: false,
})

const NEEDS_RESTART = texts('Fields that are different and count only after a restart.')

export const inventory = Type.Object({
  digest: Type.String({ description: 'Of all that was read.' }),
  loadedAt: time,
  departments: Type.Integer(),
  connections: Type.Integer(),
  protected: Type.Integer(),
  hosts: Type.Integer({ description: 'Known by name.' }),
  devices: Type.Integer(),
  needsRestart: NEEDS_RESTART,
  reviews: Type.Array(
    Type.Object({
      name: Type.String(),
      prefix: Type.String(),
      review: Type.String(),
      owner: Type.Optional(Type.String()),
    }),
    { description: 'Protected entries whose review date has passed.' },
  ),
  failed: Type.Optional(
    Type.Object(
      { at: time, problems: texts('By file and line.') },
      { description: 'Why what was read last could not be used: the inventory stayed as it was.' },
    ),
  ),
  asks: Type.Optional(
    Type.Object(
      { at: time, digest: Type.String(), why: Type.String() },
      { description: 'Why what was read last waits for a person.' },
    ),
  ),
})

const PREFIXES = Type.Array(Type.String())

export const inventoryPlan = Type.Object({
  digest: Type.String({ description: 'Of all that was read.' }),
  changes: Type.Array(
    Type.Object({
      kind: Type.String(),
      name: Type.String(),
      what: Type.Enum(['added', 'removed', 'changed']),
      gained: PREFIXES,
      lost: PREFIXES,
      fields: texts('Other fields that say something else.'),
    }),
  ),
  hosts: Type.Object({
    before: Type.Integer(),
    after: Type.Integer(),
    added: Type.Integer(),
    removed: Type.Integer(),
    changed: Type.Integer(),
  }),
  effects: Type.Array(
    Type.Object({
      block: Type.Integer(),
      name: Type.String(),
      target: Type.String(),
      kind: Type.Enum(['covers', 'ends', 'grows'], {
        description: 'covers less, or what it had lost; ends; grows, which people are asked about.',
      }),
      before: PREFIXES,
      after: PREFIXES,
      why: Type.String(),
    }),
    { description: 'What it makes of blocks that are on.' },
  ),
  needsRestart: NEEDS_RESTART,
  calendar: Type.Optional(
    Type.Object(
      { before: Type.String(), after: Type.String() },
      { description: 'Versions of the calendar, where it becomes another.' },
    ),
  ),
  asks: Type.Optional(Type.String({ description: 'Why a person has to agree first.' })),
})

/** Whom a block concerns, as far as the inventory knows. */
export const AFFECTED = Type.Object({
  knownHosts: Type.Integer({ description: 'Addresses in it that have a name.' }),
  hosts: Type.Array(Type.Object({ name: Type.String(), address: Type.String() }), {
    description: 'The first of them.',
  }),
  contacts: Type.Array(
    Type.Object({
      of: Type.String(),
      why: Type.String(),
      people: Type.Array(
        Type.Object({ name: Type.String(), mail: Type.String(), phone: Type.Optional(Type.String()) }),
      ),
    }),
    { description: 'Who answers for what is blocked.' },
  ),
})
