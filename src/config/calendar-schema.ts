import { type Static, type TSchema, Type } from 'typebox'
import { HOLIDAY_TYPES } from '../calendar/public-holidays.ts'

function record<T extends Record<string, TSchema>>(properties: T) {
  return Type.Object(properties, { additionalProperties: false })
}

const Day = Type.String({ maxLength: 40 })
const Words = Type.String({ minLength: 1, maxLength: 200 })
const Target = Type.String({ maxLength: 60 })
const Hours = Type.Array(Type.String({ maxLength: 40 }), { minItems: 1 })
/** By days of the week; which texts are days is said by who reads them. */
const Week = Type.Unsafe<Record<string, string[]>>({ type: 'object', additionalProperties: Hours })

/** `site.calendar` in `cordon.yaml`. */
export const CalendarSchema = record({
  zone: Type.String({ maxLength: 100 }),
  hours: record({ full: Week, 'on-call': Type.Optional(Week) }),
  holidays: Type.Optional(
    record({
      country: Type.String(),
      state: Type.Optional(Type.String()),
      region: Type.Optional(Type.String()),
      types: Type.Optional(Type.Array(Type.Enum([...HOLIDAY_TYPES]), { minItems: 1, uniqueItems: true })),
    }),
  ),
  closures: Type.Optional(
    Type.Array(
      record({
        day: Type.Optional(Day),
        from: Type.Optional(Day),
        to: Type.Optional(Day),
        name: Words,
      }),
    ),
  ),
  openings: Type.Optional(
    Type.Array(
      record({ day: Day, name: Words, full: Type.Optional(Hours), 'on-call': Type.Optional(Hours) }),
    ),
  ),
  targets: Type.Optional(
    record({
      unblock: Type.Optional(Target),
      logs: Type.Optional(Target),
      acknowledge: Type.Optional(
        record({
          urgent: Type.Optional(Target),
          important: Type.Optional(Target),
          other: Type.Optional(Target),
        }),
      ),
      soon: Type.Optional(Target),
    }),
  ),
})

export type CalendarFile = Static<typeof CalendarSchema>
