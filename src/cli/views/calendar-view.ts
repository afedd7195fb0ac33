import type { CalendarAnswer, CalendarDay, DueAnswer } from '../http/wire-calendar.ts'
import type { Shown } from '../output/output.ts'
import type { Paint, Style } from '../output/paint.ts'
import { type Column, renderFields, renderTable } from '../output/table.ts'
import { spanText } from '../output/time.ts'

export function showCalendar(answer: CalendarAnswer): Shown {
  return {
    value: answer,
    names: () => answer.days.map(({ day }) => day),
    text: (paint, wide) => `${headText(answer, paint)}\n${renderTable(COLUMNS, answer.days, paint, wide)}`,
  }
}

export function showDue(answer: DueAnswer): Shown {
  const { zone, target, from, tier, due, timeMs, remind, version } = answer
  return {
    value: answer,
    names: () => [due],
    text: (paint) =>
      renderFields(
        [
          ['from', `${clockText(from)} (${tier})`],
          ['promised', target],
          ['due', { text: clockText(due), style: 'head' }],
          ['that is', `${spanText(timeMs)} of time that counts`],
          ['reminder', clockText(remind)],
          ['calendar', `${version}, ${zone}`],
        ],
        paint,
      ),
  }
}

function headText({ version, zone, now, targets }: CalendarAnswer, paint: Paint): string {
  const { acknowledge, unblock, logs, soon } = targets
  const changes = now.changes === undefined ? '' : `, until ${clockText(now.changes)}`
  return renderFields(
    [
      ['calendar', `${version}, ${zone}`],
      ['now', { text: `${now.tier}${changes}`, style: STYLES[now.tier] ?? 'plain' }],
      [
        'promises',
        [
          `unblock: ${unblock}`,
          `logs: ${logs}`,
          ...Object.entries(acknowledge).map(([urgency, text]) => `acknowledge ${urgency}: ${text}`),
          `reminder: ${soon} before`,
        ],
      ],
    ],
    paint,
  )
}

const STYLES: Readonly<Record<string, Style>> = { full: 'good', 'on-call': 'warn', closed: 'dim' }

const COLUMNS: readonly Column<CalendarDay>[] = [
  { title: 'DAY', cell: ({ day }) => `${weekdayText(day)} ${day}` },
  { title: 'FULL', cell: (day) => hoursText(day, 'full') },
  { title: 'ON CALL', cell: (day) => hoursText(day, 'on-call') },
  { title: 'WHY', cell: ({ opening, closure, holiday }) => opening ?? closure ?? holiday ?? '' },
]

function weekdayText(day: string): string {
  return new Date(day).toLocaleDateString('en-GB', { weekday: 'short', timeZone: 'UTC' })
}

function hoursText({ day, hours }: CalendarDay, tier: string): string {
  const own = hours.filter((one) => one.tier === tier)
  return own
    .map(({ from, to }) => `${timeText(from)}-${to.startsWith(day) ? timeText(to) : '24:00'}`)
    .join(' ')
}

/** The offset says it in local time already. */
function timeText(time: string): string {
  return time.slice(11, 16)
}

/** `2026-03-30 09:00:00 +01:00`. */
function clockText(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} ${time.slice(19)}`
}
