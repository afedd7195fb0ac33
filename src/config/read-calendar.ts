import { buildCalendar, type Calendar } from '../calendar/calendar.ts'
import { zoneNamed } from '../calendar/local-time.ts'
import { plainCalendar } from '../calendar/plain-calendar.ts'
import { publicHolidays } from '../calendar/public-holidays.ts'
import type { Closure, HolidaysOf, Opening } from '../calendar/service-days.ts'
import {
  DEFAULT_TARGETS,
  parseTarget,
  parseTimeTarget,
  type ServiceTargets,
} from '../calendar/service-target.ts'
import { InputError } from '../domain/input-error.ts'
import type { CalendarFile } from './calendar-schema.ts'
import type { Path, Problems } from './problems.ts'
import { readDayHours, readWeek } from './read-hours.ts'
import { readSpellOfDays } from './read-spells.ts'

/** When the service of a site is there, and what it promises. */
export interface ReadCalendar {
  readonly calendar: Calendar
  readonly targets: ServiceTargets
}

const HERE: Path = ['site', 'calendar']

/** The calendar of a site, `site.calendar`; the plain one where it has none, or what it says has a problem. */
export async function readCalendar(file: CalendarFile | undefined, found: Problems): Promise<ReadCalendar> {
  if (file === undefined) return { calendar: plainCalendar(), targets: DEFAULT_TARGETS }
  const before = found.list.length
  const targets = readTargets(file.targets, found)
  const service = {
    zone: found.take([...HERE, 'zone'], () => zoneNamed(file.zone)) ?? '',
    hours: {
      full: readWeek('full', file.hours.full, [...HERE, 'hours', 'full'], found),
      'on-call': readWeek('on-call', file.hours['on-call'] ?? {}, [...HERE, 'hours', 'on-call'], found),
    },
    holidaysOf: await readHolidays(file.holidays, found),
    closures: readClosures(file.closures ?? [], found),
    openings: readOpenings(file.openings ?? [], found),
  }
  const whole = found.list.length === before
  const calendar = whole ? takeAt(HERE, found, () => buildCalendar(service)) : undefined
  return { calendar: calendar ?? plainCalendar(), targets }
}

/** What is read; a problem stands where the error says. */
function takeAt<T>(path: Path, found: Problems, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    return problemAt(path, found, error)
  }
}

function problemAt(path: Path, found: Problems, error: unknown): undefined {
  if (!(error instanceof InputError)) throw error
  const inner = error.path === '' ? [] : error.path.split('.')
  found.add([...path, ...inner.map((part) => (/^\d+$/.test(part) ? Number(part) : part))], error.message)
  return undefined
}

async function readHolidays(file: CalendarFile['holidays'], found: Problems): Promise<HolidaysOf> {
  if (file === undefined) return () => []
  const { country, state, region, types } = file
  const place = {
    country,
    ...(state === undefined ? {} : { state }),
    ...(region === undefined ? {} : { region }),
    ...(types === undefined ? {} : { types }),
  }
  const holidays = await publicHolidays(place).catch((error: unknown) =>
    problemAt([...HERE, 'holidays'], found, error),
  )
  return holidays ?? (() => [])
}

function readClosures(files: NonNullable<CalendarFile['closures']>, found: Problems): Closure[] {
  let before: Closure | undefined
  return files.flatMap((file, index) => {
    const path = [...HERE, 'closures', index]
    const spell = readSpellOfDays(file, path, found)
    if (spell === undefined) return []
    if (before !== undefined && spell.from <= before.to)
      found.add(path, `it begins before '${before.name}' is over; closures stand in order, and apart`)
    before = { ...spell, name: file.name }
    return [before]
  })
}

function readOpenings(files: NonNullable<CalendarFile['openings']>, found: Problems): Opening[] {
  let before: Opening | undefined
  return files.flatMap(({ day, name, full, 'on-call': onCall }, index) => {
    const path = [...HERE, 'openings', index]
    const spell = readSpellOfDays({ day }, path, found)
    if (spell === undefined) return []
    if (before !== undefined && day <= before.day)
      found.add(path, `it is not after '${before.name}'; openings stand in order, one a day`)
    if (full === undefined && onCall === undefined)
      found.add(path, 'say which hours it has: full, or on-call')
    const hours = {
      ...(full === undefined ? {} : { full: readDayHours('full', full, [...path, 'full'], found) }),
      ...(onCall === undefined
        ? {}
        : { 'on-call': readDayHours('on-call', onCall, [...path, 'on-call'], found) }),
    }
    before = { day, name, hours }
    return [before]
  })
}

function readTargets(file: CalendarFile['targets'], found: Problems): ServiceTargets {
  const { acknowledge: own, ...rest } = DEFAULT_TARGETS
  const read = <T>(path: Path, text: string | undefined, otherwise: T, parse: (text: string) => T): T =>
    text === undefined
      ? otherwise
      : (found.take([...HERE, 'targets', ...path], () => parse(text)) ?? otherwise)
  const words = file?.acknowledge
  const urgency = (name: keyof typeof own) =>
    read(['acknowledge', name], words?.[name], own[name], parseTarget)
  return {
    unblock: read(['unblock'], file?.unblock, rest.unblock, parseTarget),
    logs: read(['logs'], file?.logs, rest.logs, parseTarget),
    acknowledge: {
      urgent: urgency('urgent'),
      important: urgency('important'),
      other: urgency('other'),
    },
    soon: read(['soon'], file?.soon, rest.soon, parseTimeTarget),
  }
}
