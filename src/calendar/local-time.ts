import { Temporal } from 'temporal-polyfill'
import { InputError } from '../domain/input-error.ts'

/** Milliseconds of a day that has 24 hours. */
export const DAY = 86_400_000

/** Time from one moment, that one included, to another, that one left out; milliseconds since 1970. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** What a calendar answers for: from 1970 up to, and without, 2200. Days are counted from 1970-01-01, which is 0. */
const DAYS = { first: 1, end: Date.UTC(2200, 0, 1) / DAY } as const

/** A zone as the IANA database writes it. @throws InputError `calendar-zone` */
export function zoneNamed(name: string): string {
  const zone = /^[A-Za-z]/.test(name) ? zoneOrNone(name) : undefined
  if (zone === undefined)
    throw new InputError('calendar-zone', `there is no zone '${name}'; write one such as Europe/London`)
  return zone
}

function zoneOrNone(name: string): string | undefined {
  try {
    return zoned(name, 0).timeZoneId
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Number of the day of a text such as `2026-06-15`. @throws InputError `calendar-day` */
export function parseDay(text: string): number {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  // Days that a month does not have are carried into the next one.
  if (Number.isNaN(time) || dayText(time / DAY) !== text)
    throw new InputError('calendar-day', `'${text}' is no day; write it as 2027-11-30`)
  return checkDay(time / DAY)
}

/** `2026-06-15`. */
export function dayText(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10)
}

/** @throws InputError `calendar-range` */
export function checkDay(day: number): number {
  if (day >= DAYS.first && day < DAYS.end) return day
  throw new InputError(
    'calendar-range',
    'the calendar answers for the years 1970 to 2199; that is outside of them',
  )
}

/** 0 for Monday to 6 for Sunday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7
}

/**
 * The first moment at which a clock in the zone has reached a local time, given in milliseconds as if it were UTC. A
 * time that the clock leaves out is reached when it is put forward, one that it shows twice the first time: so
 * what follows on each other by the clock does so in time, and no moment is lost or counted twice.
 */
export function reached(zone: string, local: number): number {
  const plain = Temporal.Instant.fromEpochMilliseconds(local).toZonedDateTimeISO('UTC').toPlainDateTime()
  const earlier = plain.toZonedDateTime(zone, { disambiguation: 'earlier' })
  if (localOf(earlier) === local) return earlier.epochMilliseconds
  const forward = earlier.getTimeZoneTransition('next')
  if (forward === null) throw new Error(`${zone} leaves out ${plain.toString()} and never changes`)
  return forward.epochMilliseconds
}

/**
 * The latest local time that a clock in the zone has reached: what it shows, and while it shows an hour for the second
 * time the end of that hour. What comes later is never earlier by it.
 */
export function furthest(zone: string, at: number): number {
  const shown = zoned(zone, at)
  const local = localOf(shown)
  if (reached(zone, local) === at) return local
  const back = shown.add({ milliseconds: 1 }).getTimeZoneTransition('previous')
  return back === null ? local : localOf(back.subtract({ milliseconds: 1 })) + 1
}

/** RFC 3339 with the zone's offset: `2026-03-30T09:00:00+01:00`. */
export function zonedText(zone: string, at: number): string {
  return zoned(zone, at).toString({ timeZoneName: 'never', smallestUnit: 'second' })
}

const LOCAL = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)$/
const ZONED = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/

/** Reads a time by RFC 3339, or without an offset and then by a clock in the zone. @throws InputError `time` */
export function parseMoment(zone: string, text: string): number {
  const [, day, clock] = LOCAL.exec(text) ?? []
  const time = Date.parse(day === undefined ? text.replace(' ', 'T') : `${day}T${clock}Z`)
  if (Number.isNaN(time) || (day === undefined && !ZONED.test(text)))
    throw new InputError(
      'time',
      `'${text}' is no time; write 2026-11-20T18:00:00Z, or 2026-11-20T18:00 by a clock in ${zone}`,
    )
  parseDay(text.slice(0, 10))
  return day === undefined ? time : reached(zone, time)
}

function zoned(zone: string, at: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
}

function localOf(time: Temporal.ZonedDateTime): number {
  return time.epochMilliseconds + time.offsetNanoseconds / 1_000_000
}
