import { Type } from 'typebox'

const strict = { additionalProperties: false } as const
const time = Type.String({ format: 'date-time' })

export const FEED_TYPES = ['text/plain', 'text/csv', 'application/x-ndjson'] as const

/** What a request for a block says of what led to it. */
export const DETECTION = {
  detectedAt: Type.Optional(
    Type.String({
      maxLength: 40,
      description:
        'When what led to it was seen: RFC 3339, or seconds since 1970. Of an address that changes hands, who had it then is meant; without it, who has it now.',
    }),
  ),
  clockError: Type.Optional(
    Type.String({ maxLength: 20, description: 'How wrong the clock may be that says so, such as 5s.' }),
  ),
  detectedPort: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 65_535, description: 'The port, where users share an address.' }),
  ),
}

/** What is told of a block of an address that changes hands. */
export const LEASED = {
  lease: Type.Optional(
    Type.Object(
      { address: Type.String(), at: Type.String({ format: 'date-time', description: 'When they had it.' }) },
      { description: 'It is about whoever had this address then, wherever they are now.' },
    ),
  ),
  flag: Type.Optional(Type.String({ description: 'What a person should look at.' })),
}

export const feedQuery = Type.Object(
  {
    format: Type.Enum(['csv', 'jsonl', 'kea', 'radius'], { description: 'What the body is.' }),
    source: Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'Where it is from, where its lines do not say so: the name of a server.',
    }),
    takeRest: Type.Optional(
      Type.Boolean({ description: 'Takes the lines that can be read although others cannot.' }),
    ),
  },
  strict,
)

export const taken = Type.Object({
  taken: Type.Boolean({ description: 'false: lines have problems, and nothing of it counts.' }),
  bindings: Type.Integer({ description: 'Bindings in it.' }),
  passedOver: Type.Integer({ description: 'Lines that say nothing of who had an address.' }),
  problems: Type.Array(Type.Object({ line: Type.Integer(), message: Type.String() })),
})

export const bindingQuery = Type.Object(
  {
    address: Type.Optional(Type.String({ description: 'Who had this; with at, error and port.' })),
    at: Type.Optional(
      Type.String({ description: 'When: RFC 3339, or seconds since 1970; now if left out.' }),
    ),
    error: Type.Optional(Type.String({ description: 'Give or take, such as 5s.' })),
    port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535, description: 'Behind a NAT.' })),
    mac: Type.Optional(Type.String({ description: 'All that is known of this device.' })),
    user: Type.Optional(Type.String({ description: 'All that is known of this person.' })),
  },
  strict,
)

export const bindingList = Type.Object({
  bindings: Type.Array(
    Type.Object({
      address: Type.String(),
      mac: Type.Optional(Type.String()),
      user: Type.Optional(Type.String()),
      port: Type.Optional(Type.String({ description: 'Where it was attached.' })),
      fromPort: Type.Optional(Type.Integer()),
      toPort: Type.Optional(Type.Integer()),
      from: time,
      until: Type.Union([time, Type.Null()], { description: 'null: it still holds.' }),
      source: Type.String(),
    }),
  ),
})

export const SEEN = Type.Optional(
  Type.Array(
    Type.Object({
      address: Type.String(),
      mac: Type.Optional(Type.String()),
      port: Type.Optional(Type.String()),
      from: Type.String({ format: 'date-time' }),
      until: Type.Unsafe<string | null>({
        type: ['string', 'null'],
        format: 'date-time',
        description: 'When it was held no more; null, it still is.',
      }),
    }),
    { description: 'Where an account was last, for who may see bindings; that it was shown is recorded.' },
  ),
)
