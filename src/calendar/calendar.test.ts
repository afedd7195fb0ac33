import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { calendarOf, weekOf } from '../../test/helpers/calendars.ts'
import { InputError } from '../domain/input-error.ts'
import { nextChange, tierAt, tiersOf } from './calendar.ts'
import { dueOf, reminderOf } from './due.ts'
import { hoursText, overlapInWeek, parseHours } from './hours.ts'
import { parseDay, parseMoment, zonedText } from './local-time.ts'
import { plainCalendar } from './plain-calendar.ts'
import { addWorkingDays, addWorkingTime, workingTime } from './working-time.ts'

const HOUR = 3_600_000
const at = Date.parse

function code(wanted: string, path?: string) {
  return (error: unknown): boolean =>
    error instanceof InputError && error.code === wanted && (path === undefined || error.path === path)
}

describe('tiers of service', () => {
  const calendar = calendarOf('Europe/London', 'mon-fri 09:00-17:00', 'daily 08:00-12:00 22:00-06:00')

  it('full hours are full whoever is on call besides, and what is neither is closed', () => {
    const tiers = ['02:00', '06:00', '08:30', '09:00', '16:59', '17:00', '22:00'].map((clock) =>
      tierAt(calendar, at(`2026-06-09T${clock}+01:00`)),
    )
    assert.deepEqual(tiers, ['on-call', 'closed', 'on-call', 'full', 'full', 'closed', 'on-call'])
  })

  it('the hours of a day are in order, each with its tier, and add up to what is served', () => {
    const day = calendar.day(parseDay('2026-06-09'))
    const texts = tiersOf(day).map(({ from, to, tier }) => {
      const [a, b] = [from, to].map((time) => zonedText('Europe/London', time).slice(11, 16))
      return `${tier} ${a}-${b}`
    })
    assert.deepEqual(texts, [
      'on-call 00:00-06:00',
      'on-call 08:00-09:00',
      'full 09:00-17:00',
      'on-call 22:00-00:00',
    ])
  })

  it('the next change is where another tier begins, not where hours touch', () => {
    const changes: string[] = []
    for (let time = at('2026-06-12T16:00+01:00'); changes.length < 4; ) {
      time = nextChange(calendar, time) ?? 0
      changes.push(zonedText('Europe/London', time).slice(5, 16))
    }
    assert.deepEqual(changes, ['06-12T17:00', '06-12T22:00', '06-13T06:00', '06-13T08:00'])
    assert.equal(nextChange(calendarOf('Etc/UTC', 'daily 00:00-24:00'), 0 + 86_400_000), undefined)
  })

  it('a day that a zone leaves out has no time at all', () => {
    const apia = calendarOf('Pacific/Apia', 'daily 09:00-17:00', 'daily 22:00-06:00')
    const { from, to, full, served } = apia.day(parseDay('2011-12-30'))
    assert.deepEqual([to - from, full, served], [0, [], []])
    assert.equal(addWorkingDays(apia, at('2011-12-29T10:00-10:00'), 1), at('2011-12-31T10:00+14:00'))
  })
})

describe('a calendar', () => {
  it('answers for any year from 1990 to 2100', () => {
    const calendar = plainCalendar()
    assert.equal(addWorkingDays(calendar, at('1990-01-05T10:00Z'), 1), at('1990-01-08T10:00Z'))
    assert.equal(addWorkingDays(calendar, at('2100-12-31T10:00Z'), 1), at('2101-01-03T10:00Z'))
    assert.equal(
      workingTime(calendar, at('1990-01-01T00:00Z'), at('2100-12-27T00:00Z'), 'full'),
      5_791 * 40 * HOUR,
    )
  })

  it('says so where it cannot answer, and never searches for ever', () => {
    const calendar = plainCalendar()
    assert.throws(() => tierAt(calendar, at('1969-06-01T00:00Z')), code('calendar-range'))
    assert.throws(() => tierAt(calendar, at('2200-01-01T00:00Z')), code('calendar-range'))
    assert.throws(() => addWorkingTime(calendar, 86_400_000, 1e15, 'full'), code('calendar-range'))
    const eaten = calendarOf('Etc/UTC', 'mon 09:00-10:00', '', {
      holidaysOf: (year) => Array.from({ length: 366 }, (_, day) => holiday(year, day)),
    })
    assert.throws(() => addWorkingDays(eaten, at('2026-01-01T00:00Z'), 1), code('calendar-closed'))
  })

  it('refuses to be closed for ever, or for two years, but not where it opens in between', () => {
    assert.throws(() => calendarOf('Etc/UTC', '', 'daily 00:00-24:00'), code('calendar-closed', 'hours.full'))
    const closures = [{ from: '2026-01-01', to: '2028-12-31', name: 'rebuilt' }]
    assert.throws(
      () => calendarOf('Etc/UTC', 'mon 09:00-10:00', '', { closures }),
      code('calendar-closed', 'closures.0'),
    )
    const openings = [{ day: '2027-06-01', name: 'open day', hours: { full: [parseHours('10:00-12:00')] } }]
    const open = calendarOf('Etc/UTC', 'mon 09:00-10:00', '', { closures, openings })
    assert.equal(addWorkingDays(open, at('2025-12-29T09:30Z'), 1), at('2027-06-01T10:00Z'))
  })

  it('has the same version after a restart, and another when anything that decides is different', () => {
    const hours = ['Europe/London', 'mon-fri 09:00-17:00', 'daily 22:00-06:00'] as const
    const day = { day: '2027-05-03', name: 'a holiday' }
    const closure = { from: '2027-08-02', to: '2027-08-03', name: 'closed' }
    const opening = { day: '2027-08-02', name: 'open', hours: { 'on-call': [parseHours('10:00-12:00')] } }
    const versions = [
      calendarOf(...hours),
      calendarOf('Europe/Paris', hours[1], hours[2]),
      calendarOf(hours[0], 'mon-fri 09:00-17:01', hours[2]),
      calendarOf(hours[0], hours[1], 'daily 22:00-05:00'),
      calendarOf(...hours, { holidaysOf: (year) => (year === 2027 ? [day] : []) }),
      calendarOf(...hours, { closures: [closure] }),
      calendarOf(...hours, { openings: [opening] }),
    ].map(({ version }) => version)
    assert.equal(new Set(versions).size, versions.length)
    assert.equal(calendarOf(...hours).version, versions[0])
    assert.equal(calendarOf('europe/london', hours[1], hours[2]).version, versions[0])
    const renamed = calendarOf(...hours, { closures: [{ ...closure, name: 'shut' }] })
    assert.equal(renamed.version, versions[5])
    assert.match(versions[0] ?? '', /^[0-9a-f]{12}$/)
  })

  it('keeps who is on call while it is closed, and on an opening as that says', () => {
    const openings = [{ day: '2026-06-09', name: 'test', hours: { 'on-call': [parseHours('20:00-21:00')] } }]
    const calendar = calendarOf('Etc/UTC', 'mon-fri 09:00-17:00', 'daily 18:00-19:00', {
      closures: [{ from: '2026-06-08', to: '2026-06-08', name: 'closed' }],
      openings,
    })
    const tiers = (day: string) =>
      tiersOf(calendar.day(parseDay(day))).map(({ tier, from }) => [tier, new Date(from).getUTCHours()])
    assert.deepEqual(tiers('2026-06-08'), [['on-call', 18]])
    assert.deepEqual(tiers('2026-06-09'), [
      ['full', 9],
      ['on-call', 20],
    ])
  })
})

function holiday(year: number, day: number) {
  return { day: new Date(Date.UTC(year, 0, 1 + day)).toISOString().slice(0, 10), name: 'never open' }
}

describe('reminders', () => {
  it('come so much working time before something is due', () => {
    const calendar = plainCalendar()
    const soon = { time: 2 * HOUR, in: 'full' } as const
    assert.equal(reminderOf(calendar, at('2026-06-09T10:00Z'), soon), at('2026-06-08T16:00Z'))
    assert.equal(reminderOf(calendar, at('2026-06-08T09:00Z'), soon), at('2026-06-05T15:00Z'))
  })
})

describe('pauses', () => {
  const calendar = plainCalendar()
  const due = (pauses: readonly { from: number; to?: number }[]) =>
    dueOf(calendar, at('2026-06-09T10:00Z'), { days: 1 }, pauses)
  const [ten, noon, one] = ['10:00', '12:00', '13:00'].map((clock) => at(`2026-06-09T${clock}Z`)) as [
    number,
    number,
    number,
  ]

  for (const [what, pauses] of [
    ['before the time begins', [{ from: ten - 1, to: noon }]],
    ['that end before they begin', [{ from: one, to: noon }]],
    [
      'out of order',
      [
        { from: one, to: one + 1 },
        { from: noon, to: one },
      ],
    ],
    ['after one that has not ended', [{ from: noon }, { from: one, to: one + 1 }]],
  ] as const)
    it(`${what} are refused`, () => {
      assert.throws(() => due(pauses), code('pauses'))
    })

  it('that take no time change nothing', () => {
    assert.equal(due([{ from: noon, to: noon }]).due, at('2026-06-10T10:00Z'))
  })
})

describe('hours', () => {
  it('of Sunday night share time with Monday morning', () => {
    const [night, morning] = [parseHours('22:00-06:00'), parseHours('05:00-08:00')]
    assert.ok(overlapInWeek(6, night, 0, morning))
    assert.ok(overlapInWeek(0, morning, 6, night))
    assert.ok(!overlapInWeek(6, night, 1, morning))
    assert.ok(!overlapInWeek(6, night, 0, parseHours('06:00-08:00')))
  })

  it('are written as they are read', () => {
    for (const text of ['09:00-17:30', '00:00-24:00', '22:00-06:00', '12:15-24:00'])
      assert.equal(hoursText(parseHours(text)), text)
    assert.deepEqual(weekOf('daily 22:00-24:00')[6], [{ from: 22 * HOUR, to: 24 * HOUR }])
  })
})

describe('times', () => {
  it('without an offset are those of a clock in the zone', () => {
    assert.equal(parseMoment('Europe/London', '2026-06-09T10:00'), at('2026-06-09T09:00Z'))
    assert.equal(parseMoment('Europe/London', '2026-06-09 10:00:30'), at('2026-06-09T09:00:30Z'))
    assert.equal(parseMoment('Europe/London', '2026-06-09T10:00+03:00'), at('2026-06-09T07:00Z'))
    for (const text of [
      'tomorrow',
      '2026-06-09',
      '2026-02-30T10:00',
      '2026-06-09T25:00',
      '2026-06-09T10:00 +01',
    ])
      assert.throws(() => parseMoment('Europe/London', text), InputError, text)
  })
})
