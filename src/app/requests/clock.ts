import type { Calendar } from '../../calendar/calendar.ts'
import { dueOf } from '../../calendar/due.ts'
import type { ServiceTargets } from '../../calendar/service-target.ts'
import { pausesAfter, type Request, type RequestKind, type Side, type Urgency } from '../../domain/request.ts'

/** By which calendar, and by what promises, something is due. */
export interface Service {
  readonly calendar: Calendar
  readonly targets: ServiceTargets
}

/** When something is due, and by which calendar. `due` is `null` while the clock stands still. */
export interface DueBy {
  readonly due: number | null
  readonly calendar: string
}

/** When an answer is due, and when somebody must have looked at it, of what begins now. */
export function clockFrom(
  { calendar, targets }: Service,
  kind: RequestKind,
  urgency: Urgency,
  at: number,
): DueBy & { readonly acknowledgeBy: number } {
  return {
    due: dueOf(calendar, at, targets[kind], []).due ?? null,
    acknowledgeBy: dueOf(calendar, at, targets.acknowledge[urgency], []).due ?? at,
    calendar: calendar.version,
  }
}

/** When the answer is due once the turn has gone to `turn`. */
export function dueAfter({ calendar, targets }: Service, request: Request, turn: Side, at: number): DueBy {
  const { due } = dueOf(calendar, request.clock.from, targets[request.kind], pausesAfter(request, turn, at))
  return { due: due ?? null, calendar: calendar.version }
}

/** The times of an open request, worked out anew. */
export function dueNow(
  { calendar, targets }: Service,
  { kind, urgency, clock }: Request,
): DueBy & { readonly acknowledgeBy?: number } {
  const { due } = dueOf(calendar, clock.from, targets[kind], clock.pauses)
  const seenBy = dueOf(calendar, clock.from, targets.acknowledge[urgency], []).due
  return {
    due: due ?? null,
    calendar: calendar.version,
    ...(clock.acknowledgeBy === undefined || seenBy === undefined ? {} : { acknowledgeBy: seenBy }),
  }
}
