import { buildCalendar, type Calendar } from './calendar.ts'
import { DAY } from './local-time.ts'
import type { ServiceHours } from './service-days.ts'

const OFFICE = [{ from: (9 / 24) * DAY, to: (17 / 24) * DAY }]

/**
 * Of a site that says nothing about itself: Monday to Friday 09:00 to 17:00 in UTC, nobody on call, no holidays. The zone
 * of the machine would be a guess that changes with the machine.
 */
export const PLAIN_HOURS: ServiceHours = Object.freeze({
  zone: 'Etc/UTC',
  hours: {
    full: [OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, [], []],
    'on-call': [[], [], [], [], [], [], []],
  },
  holidaysOf: () => [],
  closures: [],
  openings: [],
})

export function plainCalendar(): Calendar {
  return buildCalendar(PLAIN_HOURS)
}
