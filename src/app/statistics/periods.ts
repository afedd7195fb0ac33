import { parseDay, weekdayOf } from '../../calendar/local-time.ts'
import { within } from '../../domain/input-error.ts'
import { AppError } from '../app-error.ts'
import { asInvalid } from '../prepare.ts'
import { beginningOf, dayOf } from './tally.ts'

export const STEPS = ['day', 'week', 'month'] as const
/** Weeks begin on Monday. */
export type Step = (typeof STEPS)[number]

/** First and last day, counted from 1970 in UTC. */
export interface Days {
  readonly first: number
  readonly last: number
}

/** So many days are told at once, day by day; and so many in longer steps, or together. */
const MOST_SINGLE = 400
const MOST = 3_700
/** So many are, where nobody says from which. */
const SOME = 30

/** A day that somebody has written. @throws AppError `calendar-day`, `calendar-range` */
export function dayAt(path: 'from' | 'to', text: string): number {
  try {
    return within(path, () => parseDay(text))
  } catch (error) {
    throw asInvalid(error)
  }
}

/** Those days are not told. */
export function wrongDays(message: string): AppError {
  return new AppError(400, 'calendar-range', `from: ${message}`, { path: 'from' })
}

/**
 * The days that are meant; where nothing is said, the last 30 up to today.
 * @throws AppError `calendar-day`, `calendar-range`
 */
export function readDays(
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  now: number,
  step: Step | undefined,
): Days {
  const last = to === undefined ? dayOf(now) : dayAt('to', to)
  const first = from === undefined ? last - SOME + 1 : dayAt('from', from)
  if (last < first) throw wrongDays('it is after the last day')
  const [count, most] = [last - first + 1, step === 'day' ? MOST_SINGLE : MOST]
  if (count <= most) return { first, last }
  throw wrongDays(
    `that is ${count} days; ask for ${most} at the most${step === 'day' ? ', or for weeks' : ''}`,
  )
}

/** The first day of the period that a day is in, which may be before the days that are meant. */
function periodOf(day: number, step: Step): number {
  if (step === 'day') return day
  if (step === 'week') return day - weekdayOf(day)
  const date = new Date(beginningOf(day))
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1))
}

/** The periods of these days, cut to them, in order. Without a step they are one. */
export function periodsOf({ first, last }: Days, step: Step | undefined): Days[] {
  if (step === undefined) return [{ first, last }]
  const periods: Days[] = []
  for (let day = first; day <= last; ) {
    const end = Math.min(last, nextPeriod(day, step) - 1)
    periods.push({ first: day, last: end })
    day = end + 1
  }
  return periods
}

function nextPeriod(day: number, step: Step): number {
  if (step === 'day') return day + 1
  if (step === 'week') return periodOf(day, step) + 7
  const date = new Date(beginningOf(day))
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1))
}
