import type { ClockSpan, WeekHours } from './hours.ts'
import { checkDay, DAY, dayText, furthest, reached, type Span, weekdayOf } from './local-time.ts'

/** Hours of service; whatever is in neither is closed. Time that is in both is `full`. */
export type Tier = 'full' | 'on-call'

export interface Holiday {
  /** `2026-06-15`, in the calendar's zone. */
  readonly day: string
  readonly name: string
}

/** Days of a year on which there is no full service. */
export type HolidaysOf = (year: number) => readonly Holiday[]

/** Days without full hours, the last one included; who is on call still is. */
export interface Closure {
  readonly from: string
  readonly to: string
  readonly name: string
}

/** A day with hours of its own. A tier that it does not name has the hours of any such day of the week. */
export interface Opening {
  readonly day: string
  readonly name: string
  readonly hours: Readonly<Partial<Record<Tier, readonly ClockSpan[]>>>
}

/** What decides when there is service. An opening wins over a closure, and both over a holiday. */
export interface ServiceHours {
  readonly zone: string
  readonly hours: Readonly<Record<Tier, WeekHours>>
  readonly holidaysOf: HolidaysOf
  readonly closures: readonly Closure[]
  readonly openings: readonly Opening[]
}

/** One day by the clocks of the zone; 23 or 25 hours where they are changed, and none where the day is left out. */
export interface ServiceDay extends Span {
  readonly number: number
  readonly day: string
  /** In order and apart. */
  readonly full: readonly Span[]
  /** Full and on-call together, the same way. */
  readonly served: readonly Span[]
  readonly holiday?: string
  readonly closure?: string
  readonly opening?: string
}

/** So many days are remembered at most; then it begins anew. */
const MOST_DAYS = 4_096

/** A look-up of days by their numbers, each worked out once. */
export function serviceDays(service: ServiceHours): (day: number) => ServiceDay {
  const days = new Map<number, ServiceDay>()
  const marks = marksOf(service)
  return (number) => {
    const known = days.get(number)
    if (known !== undefined) return known
    if (days.size >= MOST_DAYS) days.clear()
    const made = serviceDay(service, marks, checkDay(number))
    days.set(number, made)
    return made
  }
}

interface Marks {
  readonly openings: ReadonlyMap<string, Opening>
  closure(day: string): string | undefined
  holiday(day: string): string | undefined
}

function marksOf({ holidaysOf, closures, openings }: ServiceHours): Marks {
  const years = new Map<string, ReadonlyMap<string, string>>()
  return {
    openings: new Map(openings.map((one) => [one.day, one])),
    closure: (day) => closures.find(({ from, to }) => from <= day && day <= to)?.name,
    holiday: (day) => {
      const year = day.slice(0, 4)
      const known = years.get(year) ?? new Map(holidaysOf(Number(year)).map((one) => [one.day, one.name]))
      years.set(year, known)
      return known.get(day)
    },
  }
}

function serviceDay(service: ServiceHours, marks: Marks, number: number): ServiceDay {
  const { zone } = service
  const day = dayText(number)
  const [from, to] = [reached(zone, number * DAY), reached(zone, (number + 1) * DAY)]
  const place = (spans: readonly ClockSpan[]): Span[] =>
    spans.flatMap((span) => {
      const placed = {
        from: momentOf(zone, { number, from, to }, Math.max(0, span.from)),
        to: momentOf(zone, { number, from, to }, Math.min(DAY, span.to)),
      }
      return placed.from < placed.to ? [placed] : []
    })
  const full = place(hoursOn(service, marks, number, 'full'))
  const overnight = hoursOn(service, marks, number - 1, 'on-call').map((span) => ({
    from: span.from - DAY,
    to: span.to - DAY,
  }))
  const onCall = place(
    [...overnight, ...hoursOn(service, marks, number, 'on-call')].filter((span) => span.to > 0),
  )
  const [holiday, closure, opening] = [marks.holiday(day), marks.closure(day), marks.openings.get(day)?.name]
  return {
    ...{ number, day, from, to, full, served: merged([...full, ...onCall]) },
    ...(holiday === undefined ? {} : { holiday }),
    ...(closure === undefined ? {} : { closure }),
    ...(opening === undefined ? {} : { opening }),
  }
}

function hoursOn({ hours }: ServiceHours, marks: Marks, number: number, tier: Tier): readonly ClockSpan[] {
  const day = dayText(number)
  const own = marks.openings.get(day)?.hours[tier]
  if (own !== undefined) return own
  const shut = tier === 'full' && (marks.closure(day) ?? marks.holiday(day)) !== undefined
  return shut ? [] : (hours[tier][weekdayOf(number)] ?? [])
}

/** When a clock has reached a time of the day, in milliseconds from midnight. */
export function momentOf(
  zone: string,
  { number, from, to }: Pick<ServiceDay, 'number' | 'from' | 'to'>,
  clock: number,
): number {
  // Where nobody touches the clocks, there is nothing to ask about the zone.
  return to - from === DAY ? from + clock : reached(zone, number * DAY + clock)
}

/** How far the clock has come on that day, in milliseconds from midnight: `momentOf` the other way round. */
export function clockOf(zone: string, { number, from, to }: ServiceDay, at: number): number {
  return to - from === DAY ? at - from : furthest(zone, at) - number * DAY
}

/** The same time in order and apart; what touches is one. */
function merged(spans: readonly Span[]): Span[] {
  const whole: Span[] = []
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = whole.at(-1)
    if (last === undefined || last.to < span.from) whole.push(span)
    else whole[whole.length - 1] = { from: last.from, to: Math.max(last.to, span.to) }
  }
  return whole
}
