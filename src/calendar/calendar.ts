import { hash } from 'node:crypto'
import { InputError, within } from '../domain/input-error.ts'
import { DAY, parseDay, type Span, zoneNamed } from './local-time.ts'
import { type ServiceDay, type ServiceHours, serviceDays, type Tier } from './service-days.ts'

/** When the service is there for people. It never changes: another is another calendar. */
export interface Calendar {
  /** Short digest of everything that decides, the same after a restart: two of one version answer alike. */
  readonly version: string
  /** Of the IANA database. */
  readonly zone: string
  /** A day by its number, counted from 1970-01-01. @throws InputError `calendar-range` */
  day(number: number): ServiceDay
}

export type ServiceTier = Tier | 'closed'

/** Full hours that are further away than this, in days, never come. */
const LONGEST_CLOSED = 731

/** Years whose holidays are part of the version: far more than any promise reaches. */
const TOLD_YEARS = { first: 2025, count: 20 } as const

/**
 * Builds the calendar of a site.
 * @throws InputError `calendar-zone`, `calendar-day`, `calendar-closed`; `path` says which field
 */
export function buildCalendar(service: ServiceHours): Calendar {
  const zone = within('zone', () => zoneNamed(service.zone))
  if (service.hours.full.every((spans) => spans.length === 0))
    throw new InputError('calendar-closed', 'no day of the week has full hours', 'hours.full')
  const own = { ...service, zone }
  const calendar = { version: versionOf(own), zone, day: serviceDays(own) }
  for (const [index, { from }] of service.closures.entries())
    if (openDay(calendar, parseDay(from)) === undefined) throw closedFor(`closures.${index}`)
  return calendar
}

function closedFor(path: string): InputError {
  return new InputError('calendar-closed', 'from here on there are no full hours for two years', path)
}

function versionOf({ zone, hours, holidaysOf, closures, openings }: ServiceHours): string {
  const years = Array.from({ length: TOLD_YEARS.count }, (_, index) => TOLD_YEARS.first + index)
  const holidays = years.flatMap((year) => holidaysOf(year).map(({ day }) => day))
  // Names decide nothing.
  const parts = [
    zone,
    [hours.full, hours['on-call']].map((week) => week.map(told)),
    [...new Set(holidays)].sort(),
    closures.map(({ from, to }) => [from, to]),
    openings.map(({ day, hours: own }) => [day, told(own.full), told(own['on-call'])]),
  ]
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 12)
}

function told(spans: readonly Span[] | undefined): unknown {
  return spans?.map(({ from, to }) => [from, to]) ?? null
}

/** The day that a moment is in. @throws InputError `calendar-range` */
export function dayAt({ day }: Calendar, at: number): ServiceDay {
  let found = day(Math.floor(at / DAY))
  while (at < found.from) found = day(found.number - 1)
  while (at >= found.to) found = day(found.number + 1)
  return found
}

/** @throws InputError `calendar-range` */
export function tierAt(calendar: Calendar, at: number): ServiceTier {
  return tierIn(dayAt(calendar, at), at)
}

function tierIn({ full, served }: ServiceDay, at: number): ServiceTier {
  const within = ({ from, to }: Span): boolean => from <= at && at < to
  if (full.some(within)) return 'full'
  return served.some(within) ? 'on-call' : 'closed'
}

/** The hours of a day, in order, each with its tier. */
export function tiersOf(day: ServiceDay): readonly (Span & { readonly tier: Tier })[] {
  const edges = [...new Set([...day.full, ...day.served].flatMap(({ from, to }) => [from, to]))].sort(
    (a, b) => a - b,
  )
  return edges.flatMap((from, index) => {
    const [tier, to] = [tierIn(day, from), edges[index + 1]]
    return tier === 'closed' || to === undefined ? [] : [{ from, to, tier }]
  })
}

/** When another tier begins next; `undefined` where none does within two years. */
export function nextChange(calendar: Calendar, at: number): number | undefined {
  const { number } = dayAt(calendar, at)
  const tier = tierAt(calendar, at)
  for (let ahead = 0; ahead <= LONGEST_CLOSED; ahead += 1) {
    const day = calendar.day(number + ahead)
    const edges = [day.from, ...day.served.flatMap(({ from, to }) => [from, to])]
    edges.push(...day.full.flatMap(({ from, to }) => [from, to]))
    const later = edges.filter((edge) => edge > at && edge < day.to).sort((a, b) => a - b)
    const change = later.find((edge) => tierIn(day, edge) !== tier)
    if (change !== undefined) return change
  }
  return undefined
}

/** The first day from this one on that has full hours; `undefined` where two years have none. */
function openDay({ day }: Pick<Calendar, 'day'>, number: number): ServiceDay | undefined {
  for (let ahead = 0; ahead <= LONGEST_CLOSED; ahead += 1) {
    const found = day(number + ahead)
    if (found.full.length > 0) return found
  }
  return undefined
}

/** The same where there must be one. @throws InputError `calendar-closed`, `calendar-range` */
export function requireOpenDay(calendar: Calendar, number: number): ServiceDay {
  const found = openDay(calendar, number)
  if (found === undefined) throw closedFor('')
  return found
}
