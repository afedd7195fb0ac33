import { Type } from 'typebox'
import { TRIGGER } from '../triggers/trigger-schema.ts'
import { EVENTS } from './schemas-events.ts'

/** Everything that is said of one incident. */
export const incidentHistory = Type.Object({
  trigger: Type.Integer({ description: 'Its number.' }),
  source: Type.String({ description: 'Id of the token that handed it over.' }),
  format: Type.String({ description: 'Form in which it came.' }),
  record: TRIGGER,
  words: Type.Array(EVENTS['trigger.taken'], {
    description: 'Every trigger of the incident and what was decided about it, oldest first; the last 1,000.',
  }),
  earlier: Type.Integer({ description: 'How many others there were before these.' }),
})
