import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false } as const
const Path = Type.String({ minLength: 1, maxLength: 200 })
const Paths = Type.Union([Path, Type.Array(Path, { minItems: 1, maxItems: 10 })])
const Plain = Type.Union([Type.String({ maxLength: 500 }), Type.Number(), Type.Boolean()])
const Name = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' })

/** Where a value comes from, and what becomes of it. */
const Value = Type.Object(
  {
    /** The first of these that the record has. */
    from: Type.Optional(Paths),
    /** Where there is none of those: all of these, with a colon between them. */
    join: Type.Optional(Type.Array(Path, { minItems: 2, maxItems: 10 })),
    /** Of no record at all, but always this. */
    value: Type.Optional(Plain),
    /** Words of the source, and ours. One that is not in the table counts as none. */
    map: Type.Optional(Type.Record(Type.String(), Plain)),
    /** A number is multiplied by it. */
    scale: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    /** Where there is none. */
    default: Type.Optional(Plain),
  },
  strict,
)

/** Paths, and what has to stand there: all of them. Of a list of values, one. */
const Condition = Type.Record(Path, Type.Union([Plain, Type.Array(Plain, { minItems: 1 })]))

const Line = Type.Object(
  {
    /** All of it holds. */
    when: Type.Optional(Condition),
    /** Something of it does not hold. */
    unless: Type.Optional(Condition),
    kind: Type.Union([
      Type.Literal('open'),
      Type.Literal('update'),
      Type.Literal('close'),
      Type.Literal('ignore'),
    ]),
    /** Of what is ignored: a sentence. */
    why: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  strict,
)

const End = Type.Object(
  { addresses: Paths, ports: Type.Optional(Paths), protocols: Type.Optional(Paths) },
  strict,
)

const optional = Type.Optional(Value)

/** How records of one source, JSON objects of whatever form, become triggers. */
export const MappingSchema = Type.Object(
  {
    name: Name,
    /** The first line that holds decides what a record does; where none does, it opens an incident. */
    records: Type.Optional(Type.Array(Line, { maxItems: 100 })),
    /** Who did it, and to whom. */
    source: Type.Optional(End),
    destination: Type.Optional(End),
    /** `offender` or `victim`: what our end of it is, where that does not follow from the direction. */
    own: optional,
    fields: Type.Object(
      {
        id: Value,
        category: Value,
        detectedAt: Value,
        revision: optional,
        confidence: optional,
        clockError: optional,
        ceasedAt: optional,
        lifetime: optional,
        attack: optional,
        reference: optional,
        summary: optional,
        tlp: optional,
        evidence: optional,
        simulated: optional,
        packetsPerSecond: optional,
        bitsPerSecond: optional,
      },
      strict,
    ),
    labels: Type.Optional(Type.Record(Name, Value)),
  },
  strict,
)

export type Mapping = Static<typeof MappingSchema>
export type MappedValue = Static<typeof Value>
export type MappedEnd = Static<typeof End>
export type MappedLine = Static<typeof Line>
export type MappedField = keyof Mapping['fields']
