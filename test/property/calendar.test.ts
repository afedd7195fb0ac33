import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { buildCalendar, type Calendar, dayAt, tierAt } from '../../src/calendar/calendar.ts'
import { dueOf, type Pause } from '../../src/calendar/due.ts'
import { overlapInWeek, type WeekHours } from '../../src/calendar/hours.ts'
import { DAY, dayText, type Span, weekdayOf } from '../../src/calendar/local-time.ts'
import type { ServiceHours } from '../../src/calendar/service-days.ts'
import type { ServiceTarget } from '../../src/calendar/service-target.ts'
import {
  addWorkingDays,
  addWorkingTime,
  type Counted,
  subtractWorkingTime,
  workingTime,
} from '../../src/calendar/working-time.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 300
const MINUTE = 60_000
const [FIRST, LAST] = [Date.UTC(2024, 0, 1), Date.UTC(2034, 0, 1)]

/** Both hemispheres, half an hour of daylight saving, changes at midnight, none at all. */
const ZONES = [
  'Europe/London',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'America/Santiago',
  'America/New_York',
  'Asia/Kathmandu',
  'Etc/UTC',
]

const quarter = fc.integer({ min: 0, max: 95 }).map((count) => count * 15 * MINUTE)
/** Hours of one day, in order and apart. */
const dayHours = fc
  .uniqueArray(quarter, { minLength: 2, maxLength: 4 })
  .map((edges) => edges.sort((a, b) => a - b))
  .map((edges) =>
    edges.flatMap((from, index) => {
      const to = edges[index + 1]
      return index % 2 === 0 && to !== undefined ? [{ from, to }] : []
    }),
  )
const emptyDay = fc.constant<Span[]>([])
const fullWeek = fc
  .tuple(...Array.from({ length: 7 }, (_, day) => (day < 4 ? dayHours : fc.oneof(dayHours, emptyDay))))
  .map((week): WeekHours => week)
/** Some of them over midnight. */
const onCallWeek = fc
  .array(
    fc.record({
      day: fc.integer({ min: 0, max: 6 }),
      from: quarter,
      length: fc.integer({ min: 1, max: 64 }),
    }),
    { maxLength: 6 },
  )
  .map((parts): WeekHours => {
    const week: Span[][] = Array.from({ length: 7 }, () => [])
    for (const { day, from, length } of parts) {
      const span = { from, to: from + length * 15 * MINUTE }
      if (!week.some((spans, other) => spans.some((one) => overlapInWeek(day, span, other, one))))
        week[day]?.push(span)
    }
    return week.map((spans) => spans.sort((a, b) => a.from - b.from))
  })
const someDay = fc.integer({ min: FIRST / DAY - 10, max: LAST / DAY + 10 })

const services: fc.Arbitrary<ServiceHours> = fc
  .record({
    zone: fc.constantFrom(...ZONES),
    full: fullWeek,
    onCall: onCallWeek,
    holidays: fc.uniqueArray(someDay, { maxLength: 200 }),
    closures: fc.array(fc.tuple(someDay, fc.integer({ min: 0, max: 20 })), { maxLength: 5 }),
    openings: fc.uniqueArray(fc.tuple(someDay, dayHours), { maxLength: 20, selector: ([day]) => day }),
  })
  .map(({ zone, full, onCall, holidays, closures, openings }) => ({
    ...{ zone, hours: { full, 'on-call': onCall } },
    holidaysOf: (year) =>
      holidays
        .map((day) => ({ day: dayText(day), name: 'a holiday' }))
        .filter(({ day }) => day.startsWith(`${year}`)),
    closures: closures.map(([day, more]) => ({
      from: dayText(day),
      to: dayText(day + more),
      name: 'closed',
    })),
    openings: openings.map(([day, hours]) => ({ day: dayText(day), name: 'open', hours: { full: hours } })),
  }))
const calendars = services.map(buildCalendar)
const moments = fc.integer({ min: FIRST / 1_000, max: LAST / 1_000 }).map((seconds) => seconds * 1_000)
const amounts = fc.integer({ min: 1, max: 60 * 60 }).map((count) => count * MINUTE)
const counted = fc.constantFrom<Counted>('full', 'on-call', 'always')
const targets: fc.Arbitrary<ServiceTarget> = fc.oneof(
  fc.record({ days: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ time: amounts, in: counted }),
)

/** Whether a moment is in hours that count, or at their end. */
function isWithin(calendar: Calendar, at: number, what: Counted): boolean {
  if (what === 'always') return true
  return [at, at - 1].some((moment) => {
    const tier = tierAt(calendar, moment)
    return tier === 'full' || (what === 'on-call' && tier === 'on-call')
  })
}

describe('the calendar over ten years', () => {
  it('adds and counts the same time, forward and back', async () => {
    await holds(
      fc.property(calendars, moments, amounts, counted, (calendar, from, ms, what) => {
        const due = addWorkingTime(calendar, from, ms, what)
        assert.equal(workingTime(calendar, from, due, what), ms)
        assert.ok(isWithin(calendar, due, what))
        const begun = subtractWorkingTime(calendar, due, ms, what)
        assert.ok(begun >= from)
        assert.equal(workingTime(calendar, begun, due, what), ms)
      }),
      RUNS,
    )
  })

  it('never is due earlier for what came later, or for more', async () => {
    await holds(
      fc.property(calendars, moments, fc.nat(5 * DAY), targets, (calendar, from, later, target) => {
        const more = 'days' in target ? { days: target.days + 1 } : { ...target, time: target.time + MINUTE }
        const [one, after, longer] = [
          dueOf(calendar, from, target, []),
          dueOf(calendar, from + later, target, []),
          dueOf(calendar, from, more, []),
        ]
        assert.ok((one.due ?? 0) <= (after.due ?? 0))
        assert.ok((one.due ?? 0) < (longer.due ?? 0))
      }),
      RUNS,
    )
  })

  it('counts working days by the days that have full hours, and is due within these', async () => {
    await holds(
      fc.property(calendars, moments, fc.integer({ min: 1, max: 10 }), (calendar, from, days) => {
        const due = addWorkingDays(calendar, from, days)
        const day = dayAt(calendar, due - 1)
        assert.ok(day.full.some((span) => span.from <= due && due <= span.to) || opensAt(calendar, due))
        let open = 0
        const { number } = dayAt(calendar, opening(calendar, from))
        for (let next = number + 1; calendar.day(next).from < due; next += 1)
          if (calendar.day(next).full.length > 0) open += 1
        assert.ok(open === days || (open === days - 1 && opensAt(calendar, due)))
      }),
      RUNS,
    )
  })

  it('is the same for a pause in two parts, and for one out of hours', async () => {
    await holds(
      fc.property(
        calendars,
        moments,
        targets,
        fc.nat(6 * DAY),
        fc.integer({ min: 2, max: 6 * DAY }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (calendar, from, target, wait, length, part) => {
          const pause = { from: from + wait, to: from + wait + length }
          const inside = pause.from + Math.max(1, Math.floor(length * part))
          const parts = [
            { from: pause.from, to: inside },
            { from: inside, to: pause.to },
          ]
          const whole = dueOf(calendar, from, target, [pause])
          assert.deepEqual(dueOf(calendar, from, target, parts).due, whole.due)
          const what = 'days' in target ? 'full' : target.in
          const unpaused = dueOf(calendar, from, target, [])
          if (workingTime(calendar, pause.from, pause.to, what) === 0) assert.equal(whole.due, unpaused.due)
          assert.ok((whole.due ?? 0) >= (unpaused.due ?? 0))
        },
      ),
      RUNS,
    )
  })

  it('takes as much working time with pauses as without, the pauses left out', async () => {
    const stops = fc.array(fc.tuple(fc.nat(2 * DAY), fc.integer({ min: 1, max: 2 * DAY })), { maxLength: 4 })
    await holds(
      fc.property(calendars, moments, amounts, counted, stops, (calendar, from, time, what, lengths) => {
        let at = from
        const pauses: Pause[] = lengths.map(([gap, length]) => {
          const pause = { from: at + gap, to: at + gap + length }
          at = pause.to
          return pause
        })
        const due = dueOf(calendar, from, { time, in: what }, pauses).due ?? 0
        const stopped = pauses.reduce((sum, pause) => {
          const to = Math.min(pause.to ?? due, due)
          return pause.from < to ? sum + workingTime(calendar, pause.from, to, what) : sum
        }, 0)
        assert.equal(workingTime(calendar, from, due, what) - stopped, time)
      }),
      RUNS,
    )
  })

  it('loses no moment and has none twice', async () => {
    await holds(
      fc.property(fc.constantFrom(...ZONES), fc.integer({ min: 7_310, max: 47_450 }), (zone, number) => {
        const calendar = buildCalendar(allDay(zone))
        const [day, next] = [calendar.day(number), calendar.day(number + 1)]
        assert.equal(day.to, next.from)
        assert.deepEqual([day.full, day.served], [[{ from: day.from, to: day.to }], day.full])
        assert.equal(dayAt(calendar, day.from).number, number)
        assert.equal(dayAt(calendar, day.to - 1).number, number)
      }),
      1_000,
    )
  })

  it('says of each minute what a clock on the wall and the hours say', async () => {
    await holds(
      fc.property(services, moments, counted, (service, start, what) => {
        const calendar = buildCalendar(service)
        const from = Math.floor(start / MINUTE) * MINUTE
        const oracle = wallOracle(service, from - DAY)
        let minutes = 0
        for (let at = from; at < from + 15 * DAY; at += MINUTE) {
          const tier = oracle(at)
          assert.equal(tierAt(calendar, at), tier, new Date(at).toISOString())
          if (what === 'always' || tier === 'full' || (tier === 'on-call' && what === 'on-call')) minutes += 1
        }
        assert.equal(workingTime(calendar, from, from + 15 * DAY, what), minutes * MINUTE)
      }),
      15,
    )
  })
})

function allDay(zone: string): ServiceHours {
  const all = Array.from({ length: 7 }, () => [{ from: 0, to: DAY }])
  return { zone, hours: { full: all, 'on-call': all }, holidaysOf: () => [], closures: [], openings: [] }
}

function opensAt(calendar: Calendar, at: number): boolean {
  return dayAt(calendar, at).full.some(({ from }) => from === at)
}

function opening(calendar: Calendar, from: number): number {
  return addWorkingTime(calendar, from, 1, 'full') - 1
}

/**
 * The tier of each minute, told by nothing but a clock on the wall (Intl). The clock is read minute by minute, and what it
 * shows again counts as what it had reached before; hours are then compared with what is on it.
 */
function wallOracle({ zone, hours, holidaysOf, closures, openings }: ServiceHours, begin: number) {
  const wall = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit' },
  })
  const shownAt = (at: number): number => {
    const parts = Object.fromEntries(wall.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute)
  }
  const fullOn = (day: number): readonly Span[] => {
    const text = dayText(day)
    const own = openings.find((one) => one.day === text)?.hours.full
    if (own !== undefined) return own
    const closed = closures.some(({ from, to }) => from <= text && text <= to)
    const holiday = holidaysOf(Number(text.slice(0, 4))).some((one) => one.day === text)
    return closed || holiday ? [] : (hours.full[weekdayOf(day)] ?? [])
  }
  let [read, reached] = [begin, Number.NEGATIVE_INFINITY]
  return (at: number) => {
    let again = false
    for (; read <= at; read += MINUTE) {
      const shown = shownAt(read)
      again = shown <= reached
      reached = Math.max(reached, shown)
    }
    // While an hour is shown again the clock has reached its end, a moment short of what follows.
    const local = again ? reached + MINUTE - 1 : reached
    const day = Math.floor(local / DAY)
    const within = (spans: readonly Span[], number: number): boolean =>
      spans.some(({ from, to }) => number * DAY + from <= local && local < number * DAY + to)
    if (within(fullOn(day), day)) return 'full'
    const onCall = [day, day - 1].some((one) => within(hours['on-call'][weekdayOf(one)] ?? [], one))
    return onCall ? 'on-call' : 'closed'
  }
}
