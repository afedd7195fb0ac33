import type { LedgerEvent } from '../app/follow-events.ts'
import { endText, timeText } from './block-json.ts'
import { pick } from './pick.ts'

type Of<T extends LedgerEvent['type']> = Extract<LedgerEvent, { type: T }>
type Spoken = Of<'request.filed' | 'request.taken' | 'request.said' | 'request.settled' | 'request.reopened'>

/** How events of requests are told; whose logs are asked for is told with the request alone. */
export const REQUESTS_TOLD = {
  'request.filed': (event: Of<'request.filed'>) => ({
    type: event.type,
    ...spoken(event),
    ...dueOf(event),
    ...{ kind: event.kind, departments: [...event.departments], urgency: event.urgency },
    acknowledgeBy: timeText(event.acknowledgeBy),
    ...pick(event, 'text'),
  }),
  'request.taken': (event: Of<'request.taken'>) => ({ type: event.type, ...spoken(event) }),
  'request.said': (event: Of<'request.said'>) => ({
    type: event.type,
    ...spoken(event),
    ...dueOf(event),
    turn: event.turn,
    ...pick(event, 'text'),
    ...actionsOf(event),
  }),
  'request.settled': (event: Of<'request.settled'>) => ({
    type: event.type,
    ...spoken(event),
    how: event.how,
    ...pick(event, 'text'),
    ...actionsOf(event),
  }),
  'request.reopened': (event: Of<'request.reopened'>) => ({
    type: event.type,
    ...spoken(event),
    ...dueOf(event),
    acknowledgeBy: timeText(event.acknowledgeBy),
    ...pick(event, 'text'),
  }),
  'request.due': (event: Of<'request.due'>) => ({
    type: event.type,
    ...nameOf(event),
    ...dueOf(event),
    before: endText(event.before),
    ...(event.acknowledgeBy === undefined ? {} : { acknowledgeBy: timeText(event.acknowledgeBy) }),
    by: event.by,
  }),
  'request.reminded': (event: Of<'request.reminded'>) => ({
    type: event.type,
    ...nameOf(event),
    stage: event.stage,
  }),
} as const

function nameOf({ request, block }: { readonly request: number; readonly block?: number }) {
  return { request, name: `Cordon#${request}`, ...(block === undefined ? {} : { block }) }
}

function spoken(event: Spoken) {
  return { ...nameOf(event), by: event.by, as: event.as, ...pick(event, 'mail') }
}

function dueOf({ due, calendar }: { readonly due: number | null; readonly calendar: string }) {
  return { due: endText(due), calendar }
}

function actionsOf({ actions }: { readonly actions?: readonly string[] }) {
  return actions === undefined ? {} : { actions: [...actions] }
}
