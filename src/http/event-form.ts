import { type TProperties, Type } from 'typebox'

/**
 * What is told of each kind of event: by `GET /v1/events`, and wherever else events are handed on. Fields may be
 * added under this number; one that changes its meaning or goes makes a new number.
 */
export const EVENT_SCHEMA = 1

export const time = Type.String({ format: 'date-time' })
export const timeOrNever = Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time' })
export const by = Type.String({ description: 'Id of the token.' })
export const personal = (description: string) =>
  Type.Optional(Type.String({ description: `${description} Absent when it was erased.` }))

/** The schema of one kind of event, with what all of them have. */
export function event<T extends string, P extends TProperties>(type: T, description: string, properties: P) {
  const common = {
    schema: Type.Unsafe<typeof EVENT_SCHEMA>({ type: 'integer', const: EVENT_SCHEMA }),
    seq: Type.Integer({
      description: 'Number of the event in the ledger; none is left out, none comes twice.',
    }),
    at: time,
    type: Type.Unsafe<T>({ type: 'string', const: type }),
    redacted: Type.Boolean({ description: 'Whether its personal data was erased.' }),
  }
  return Type.Object({ ...common, ...properties }, { description })
}
