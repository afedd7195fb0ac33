import { type Static, Type } from 'typebox'

const day = (description: string) => Type.Optional(Type.String({ maxLength: 40, description }))
const time = (description: string) => Type.String({ format: 'date-time', description })
const TIER = Type.Enum(['full', 'on-call', 'closed'])
const TARGET = 'Such as 1 working day, 4 working hours, 1 on-call hour or 30m.'
const target = Type.String({ description: TARGET })
const version = Type.String({
  description: 'Of all that decides. Two calendars of one version answer alike.',
})
const zone = Type.String({ description: 'Of the IANA database.' })

export const calendarQuery = Type.Object(
  { from: day('First day, 2026-06-15; today when left out.'), to: day('Last day; at most 400 days in all.') },
  { additionalProperties: false },
)

export const calendarAnswer = Type.Object({
  version,
  zone,
  now: Type.Object({
    at: time('Now.'),
    tier: TIER,
    changes: Type.Optional(time('When another tier begins. Not there where none does within two years.')),
  }),
  targets: Type.Object(
    {
      unblock: target,
      logs: target,
      acknowledge: Type.Object({ urgent: target, important: target, other: target }),
      soon: target,
    },
    { description: 'What the service promises; soon, how long before something is due people are reminded.' },
  ),
  days: Type.Array(
    Type.Object({
      day: Type.String(),
      hours: Type.Array(
        Type.Object({
          tier: Type.Enum(['full', 'on-call']),
          from: time('With the offset of the zone.'),
          to: time('Not included.'),
        }),
        { description: 'In order. Whatever is not in them is closed.' },
      ),
      holiday: Type.Optional(Type.String()),
      closure: Type.Optional(Type.String()),
      opening: Type.Optional(Type.String({ description: 'Its hours count, whatever else the day is.' })),
    }),
  ),
})

export const dueQuery = Type.Object(
  {
    from: Type.Optional(
      Type.String({
        maxLength: 40,
        description: "RFC 3339, or without an offset and then by the calendar's clock; now when left out.",
      }),
    ),
    target: Type.String({ maxLength: 60, description: TARGET }),
  },
  { additionalProperties: false },
)

export const dueAnswer = Type.Object({
  version,
  zone,
  target,
  from: time('With the offset of the zone, as all times here.'),
  tier: TIER,
  due: time('When it is due.'),
  timeMs: Type.Integer({ description: 'Time that counts from then to when it is due; of days, full hours.' }),
  remind: time('When people are reminded.'),
})

export type CalendarAnswerJson = Static<typeof calendarAnswer>
export type DueAnswerJson = Static<typeof dueAnswer>
