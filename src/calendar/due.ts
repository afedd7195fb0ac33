import { InputError } from '../domain/input-error.ts'
import type { Calendar } from './calendar.ts'
import type { ServiceTarget, TimeTarget } from './service-target.ts'
import {
  addWorkingDays,
  addWorkingTime,
  type Counted,
  nextOpening,
  subtractWorkingTime,
  workingTime,
} from './working-time.ts'

/** While the clock is stopped; `to` left out: it is stopped still. Milliseconds since 1970. */
export interface Pause {
  readonly from: number
  readonly to?: number
}

/** When something is due, and what was left of its time when the clock began, or last stopped. */
export interface Due {
  /** Not there while the clock is stopped. */
  readonly due?: number
  /** Milliseconds of time that counts; of working days, full hours. */
  readonly left: number
}

/**
 * When something is due that came at `from`. What was left when the clock stopped is left when it goes on. A pause that
 * begins when the time is up, or later, changes nothing.
 * @param pauses in order, none before `from`, none into the next
 * @throws InputError `pauses`, `calendar-range`, `calendar-closed`
 */
export function dueOf(
  calendar: Calendar,
  from: number,
  target: ServiceTarget,
  pauses: readonly Pause[],
): Due {
  checkPauses(from, pauses)
  const counted = 'days' in target ? 'full' : target.in
  let due = 'days' in target ? addWorkingDays(calendar, from, target.days) : addAll(calendar, from, target)
  let left = workingTime(calendar, from, due, counted)
  for (const { from: stopped, to: resumed } of joined(pauses)) {
    if (stopped >= due) break
    left = workingTime(calendar, stopped, due, counted)
    if (resumed === undefined) return { left }
    due = goOn(calendar, due, resumed, left, counted)
  }
  return { due, left }
}

function addAll(calendar: Calendar, from: number, { time, in: counted }: TimeTarget): number {
  return addWorkingTime(calendar, from, time, counted)
}

/** When what is left is used up. What was due at an opening is again, and not when the hours before it end. */
function goOn(calendar: Calendar, due: number, resumed: number, left: number, counted: Counted): number {
  const end = addWorkingTime(calendar, resumed, left, counted)
  return opensAt(calendar, due, counted) ? nextOpening(calendar, end) : end
}

/** Whether nothing counted just before. Time alone is never used up then: only days are due at an opening. */
function opensAt(calendar: Calendar, due: number, counted: Counted): boolean {
  return counted === 'full' && workingTime(calendar, due - 1, due, counted) === 0
}

/** Pauses that touch are one. */
function joined(pauses: readonly Pause[]): Pause[] {
  const whole: Pause[] = []
  for (const pause of pauses) {
    const last = whole.at(-1)
    if (last?.to === pause.from) whole[whole.length - 1] = { ...pause, from: last.from }
    else whole.push(pause)
  }
  return whole
}

function checkPauses(from: number, pauses: readonly Pause[]): void {
  let before: number | undefined = from
  for (const pause of pauses) {
    if (before === undefined || pause.from < before || (pause.to ?? pause.from) < pause.from)
      throw new InputError('pauses', 'pauses are in order, none before the time begins, none into the next')
    before = pause.to
  }
}

/** When people are reminded of what is due. @throws InputError `calendar-range` */
export function reminderOf(calendar: Calendar, due: number, soon: TimeTarget): number {
  return subtractWorkingTime(calendar, due, soon.time, soon.in)
}
