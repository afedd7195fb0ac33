import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Calendar } from '../../src/calendar/calendar.ts'
import { dueOf, type Pause } from '../../src/calendar/due.ts'
import { parseHours } from '../../src/calendar/hours.ts'
import { publicHolidays } from '../../src/calendar/public-holidays.ts'
import { parseTarget } from '../../src/calendar/service-target.ts'
import { calendarOf } from './calendars.ts'

const LUNCH = 'mon-fri 09:00-12:30 13:30-17:30'
const england = await publicHolidays({ country: 'GB', state: 'ENG' })
const scotland = await publicHolidays({ country: 'GB', state: 'SCT' })

/** Eight hours a day, on call over night. */
export const office = calendarOf('Europe/London', 'mon-fri 09:00-17:00', 'daily 22:00-06:00', {
  holidaysOf: england,
})
/** Seven and a half hours a day, with lunch. */
export const edinburgh = calendarOf('Europe/London', LUNCH, 'daily 07:00-22:00', { holidaysOf: scotland })
/** The same when the one-off bank holiday, the winter closure and the exam day had become known. */
export const edinburghLate = calendarOf('Europe/London', LUNCH, 'daily 07:00-22:00', {
  holidaysOf: scotland,
  closures: [
    { from: '2026-06-15', to: '2026-06-15', name: 'one-off bank holiday' },
    { from: '2026-12-24', to: '2027-01-01', name: 'winter closure' },
  ],
  openings: [{ day: '2026-05-25', name: 'exam day', hours: { full: [parseHours('10:00-14:00')] } }],
})
/** Fridays are half days. */
export const sydney = calendarOf(
  'Australia/Sydney',
  'mon-thu 09:00-17:00, fri 09:00-15:00',
  'daily 00:00-24:00',
)
/** Never closed; its clocks are changed at midnight. */
export const santiago = calendarOf('America/Santiago', 'daily 00:00-24:00')
export const round = calendarOf('Europe/London', 'daily 00:00-24:00')

/** A deadline that somebody has worked out, and how. */
export type Row = readonly [
  calendar: Calendar,
  from: string,
  target: string,
  due: string,
  how: string,
  pauses?: readonly (readonly [from: string, to?: string])[],
]

export const DAY = '1 working day'
export const FOUR = '4 working hours'

function pausesOf([, , , , , pauses = []]: Row): Pause[] {
  return pauses.map(([from, to]) => ({
    from: Date.parse(from),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
  }))
}

/** One test for each. */
export function checks(rows: readonly Row[]): void {
  for (const row of rows) {
    const [calendar, from, target, due, how] = row
    it(`${target} from ${from}: ${how}`, () => {
      const found = dueOf(calendar, Date.parse(from), parseTarget(target), pausesOf(row))
      assert.equal(new Date(found.due ?? 0).toISOString(), new Date(due).toISOString())
    })
  }
}
