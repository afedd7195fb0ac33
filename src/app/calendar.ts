import { type Calendar, dayAt, nextChange, type ServiceTier, tierAt } from '../calendar/calendar.ts'
import { dueOf, reminderOf } from '../calendar/due.ts'
import { parseDay, parseMoment } from '../calendar/local-time.ts'
import type { ServiceDay } from '../calendar/service-days.ts'
import { parseTarget, type ServiceTarget, type ServiceTargets } from '../calendar/service-target.ts'
import { InputError, within } from '../domain/input-error.ts'
import type { App } from './context.ts'
import { asInvalid } from './prepare.ts'
import type { Caller } from './rights.ts'
import { requireRight } from './use-cases.ts'

/** So many days are told at once. */
const MOST_DAYS = 400
/** So many are, where nobody says to which. */
const SOME_DAYS = 14

/** When the service is there. */
export interface CalendarView {
  readonly calendar: Calendar
  readonly targets: ServiceTargets
  readonly now: {
    readonly at: number
    readonly tier: ServiceTier
    /** When another tier begins; not there where none does within two years. */
    readonly changes: number | undefined
  }
  readonly days: readonly ServiceDay[]
}

/** A time that was worked out by hand. */
export interface DueView {
  readonly calendar: Calendar
  readonly target: ServiceTarget
  readonly from: number
  readonly tier: ServiceTier
  readonly due: number
  /** Milliseconds of time that counts from `from` to then. */
  readonly time: number
  readonly remind: number
}

/** First and last day, `2026-06-15`; today and two weeks from the first on when left out. */
interface WhichDays {
  readonly from?: string
  readonly to?: string
}

/** @throws AppError `calendar-day`, `calendar-range` */
export function showCalendar(app: App, caller: Caller, which: WhichDays): CalendarView {
  requireRight(caller, 'showCalendar')
  return answered(() => viewOf(app, which))
}

function viewOf(app: App, { from, to }: WhichDays): CalendarView {
  const { calendar, targets } = app.site
  const at = app.clock.now()
  const first = from === undefined ? dayAt(calendar, at).number : within('from', () => parseDay(from))
  const last = to === undefined ? first + SOME_DAYS - 1 : within('to', () => parseDay(to))
  if (last < first) throw new InputError('calendar-range', `${to} is before the first day`, 'to')
  const count = last - first + 1
  if (count > MOST_DAYS)
    throw new InputError('calendar-range', `that is ${count} days; ask for ${MOST_DAYS} at the most`, 'to')
  return {
    calendar,
    targets,
    now: { at, tier: tierAt(calendar, at), changes: nextChange(calendar, at) },
    days: Array.from({ length: count }, (_, index) => calendar.day(first + index)),
  }
}

/** What is promised from when on; `from` is now when left out. */
interface Promised {
  readonly from?: string
  readonly target: string
}

/** Works out when something is due. @throws AppError `time`, `service-target`, `calendar-range`, `calendar-closed` */
export function workOutDue(app: App, caller: Caller, promised: Promised): DueView {
  requireRight(caller, 'workOutDue')
  return answered(() => dueView(app, promised))
}

/** What is wrong with the question is told. */
function answered<T>(answer: () => T): T {
  try {
    return answer()
  } catch (error) {
    throw asInvalid(error)
  }
}

function dueView(app: App, { from: text, target: words }: Promised): DueView {
  const { calendar, targets } = app.site
  const from = text === undefined ? app.clock.now() : within('from', () => parseMoment(calendar.zone, text))
  const target = within('target', () => parseTarget(words))
  return within('from', () => {
    const { due = from, left: time } = dueOf(calendar, from, target, [])
    const remind = Math.max(from, reminderOf(calendar, due, targets.soon))
    return { calendar, target, from, tier: tierAt(calendar, from), due, time, remind }
  })
}
