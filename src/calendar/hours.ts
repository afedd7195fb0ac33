import { InputError } from '../domain/input-error.ts'
import { DAY, type Span } from './local-time.ts'

/** Hours by the clock: milliseconds from the midnight that a day begins with; they may end on the next day. */
export type ClockSpan = Span

/** Hours of each day of the week, Monday first; of one day in order and apart. */
export type WeekHours = readonly (readonly ClockSpan[])[]

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const WEEK = 7 * DAY

/** Reads `mon`, `mon-fri` or `daily` as days of the week, 0 for Monday. @throws InputError `calendar-weekday` */
export function parseWeekdays(text: string): readonly number[] {
  if (text === 'daily') return WEEKDAYS.map((_, index) => index)
  const [first = '', last = first, ...more] = text.split('-')
  const [from, to] = [WEEKDAYS.indexOf(first), WEEKDAYS.indexOf(last)]
  if (from < 0 || to < 0 || more.length > 0)
    throw new InputError(
      'calendar-weekday',
      `'${text}' is no day of the week; write ${WEEKDAYS.join(', ')}, a range such as mon-fri, or daily`,
    )
  if (to < from)
    throw new InputError('calendar-weekday', `'${text}' ends before it begins; the week begins with mon`)
  return WEEKDAYS.slice(from, to + 1).map((_, index) => from + index)
}

/**
 * Reads hours such as `09:00-12:30`, `00:00-24:00`, or over midnight `22:00-06:00`, which belong to the day that they
 * begin on. @throws InputError `calendar-hours`
 */
export function parseHours(text: string): ClockSpan {
  const parts = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text)
  const wrong = (words: string) => new InputError('calendar-hours', `'${text}' ${words}`)
  if (parts === null) throw wrong('are no hours; write them as 09:00-17:30')
  const [from = 0, to = 0] = [parts.slice(1, 3), parts.slice(3, 5)].map(readClock)
  if (Number.isNaN(from + to) || from === DAY) throw wrong('names a time that no clock shows')
  if (from === to) throw wrong('is no time at all; for the whole day write 00:00-24:00')
  return { from, to: to < from ? to + DAY : to }
}

function readClock([hours, minutes]: readonly string[]): number {
  const time = Number(hours) * 3_600_000 + Number(minutes) * 60_000
  return Number(minutes) > 59 || time > DAY ? Number.NaN : time
}

/** `09:00-12:30`, as `parseHours` reads it. */
export function hoursText({ from, to }: ClockSpan): string {
  return `${clockText(from)}-${clockText(to > DAY ? to - DAY : to)}`
}

function clockText(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')
}

/** Whether hours that begin on two days of the week share time; those of Sunday night reach into Monday. */
export function overlapInWeek(day: number, one: ClockSpan, other: number, two: ClockSpan): boolean {
  const ahead = (other * DAY + two.from - (day * DAY + one.from) + WEEK) % WEEK
  return ahead < one.to - one.from || WEEK - ahead < two.to - two.from
}
