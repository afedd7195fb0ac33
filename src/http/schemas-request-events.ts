import { type TProperties, Type } from 'typebox'
import { REMINDERS, REQUEST_KINDS, SETTLEMENTS, SIDES, URGENCIES } from '../domain/request.ts'
import { by, event, personal, time, timeOrNever } from './event-form.ts'

const OF_REQUEST = {
  request: Type.Integer({ description: 'Its number, one of those of blocks.' }),
  name: Type.String({ description: 'Such as Cordon#1043.' }),
  block: Type.Optional(Type.Integer({ description: 'The block that it is about.' })),
}
const SIDE = Type.Enum([...SIDES], {
  description: 'For whom it was: the security team of the site, or the department.',
})
const DUE = {
  due: Type.Unsafe<string | null>({
    ...timeOrNever,
    description: 'When the answer is due; null while the clock stands still.',
  }),
  calendar: Type.String({ description: 'Version of the calendar that says so.' }),
}
const SPOKEN = { ...OF_REQUEST, by, as: SIDE, mail: personal('The address that it came from.') }
const ACTIONS = Type.Optional(
  Type.Array(Type.String(), { description: 'What is still to be done. Absent when it was erased.' }),
)

export const REQUEST_EVENTS = {
  'request.filed': event('request.filed', 'Somebody asks for a block to be lifted, or for logs.', {
    ...SPOKEN,
    ...DUE,
    kind: Type.Enum([...REQUEST_KINDS]),
    departments: Type.Array(Type.String()),
    urgency: Type.Enum([...URGENCIES]),
    acknowledgeBy: time,
    text: personal('What was said.'),
  }),
  'request.taken': event('request.taken', 'Somebody sees to a request.', SPOKEN),
  'request.said': event('request.said', 'Something was said about a request.', {
    ...SPOKEN,
    ...DUE,
    turn: SIDE,
    text: personal('What was said.'),
    actions: ACTIONS,
  }),
  'request.settled': event('request.settled', 'A request has ended.', {
    ...SPOKEN,
    how: Type.Enum([...SETTLEMENTS]),
    text: personal('What was said.'),
    actions: ACTIONS,
  }),
  'request.reopened': event('request.reopened', 'A request is open again.', {
    ...SPOKEN,
    ...DUE,
    acknowledgeBy: time,
    text: personal('What was said.'),
  }),
  'request.due': event('request.due', 'A request is due at another time, by another calendar.', {
    ...OF_REQUEST,
    ...DUE,
    before: timeOrNever,
    acknowledgeBy: Type.Optional(time),
    by,
  }),
  'request.reminded': event('request.reminded', 'The time of a request is nearly over, or over.', {
    ...OF_REQUEST,
    stage: Type.Enum([...REMINDERS]),
  }),
} as const satisfies Readonly<Record<string, { readonly properties: TProperties }>>
