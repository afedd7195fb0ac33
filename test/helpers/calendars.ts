import { buildCalendar, type Calendar } from '../../src/calendar/calendar.ts'
import { type ClockSpan, parseHours, parseWeekdays, type WeekHours } from '../../src/calendar/hours.ts'
import type { ServiceHours } from '../../src/calendar/service-days.ts'

/** Hours as a site writes them: `mon-fri 09:00-12:30 13:30-17:30, sat 10:00-12:00`. */
export function weekOf(text: string): WeekHours {
  const week: ClockSpan[][] = Array.from({ length: 7 }, () => [])
  for (const part of text === '' ? [] : text.split(', ')) {
    const [days = '', ...hours] = part.split(' ')
    for (const day of parseWeekdays(days)) week[day]?.push(...hours.map(parseHours))
  }
  return week
}

/** A calendar without holidays, closures and openings unless told. */
export function calendarOf(
  zone: string,
  full: string,
  onCall = '',
  more: Partial<ServiceHours> = {},
): Calendar {
  return buildCalendar({
    ...{ zone, hours: { full: weekOf(full), 'on-call': weekOf(onCall) } },
    ...{ holidaysOf: () => [], closures: [], openings: [], ...more },
  })
}
