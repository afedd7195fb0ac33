import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checks, DAY, FOUR, office, type Row } from '../../test/helpers/by-hand.ts'
import { dueOf } from './due.ts'

const PAUSED: readonly Row[] = [
  [
    office,
    '2026-06-09T10:00+01:00',
    DAY,
    '2026-06-11T10:00+01:00',
    '5 h and 1 h left at noon; 5 h on Wednesday, 1 h on Thursday',
    [['2026-06-09T12:00+01:00', '2026-06-10T12:00+01:00']],
  ],
  [
    office,
    '2026-06-09T10:00+01:00',
    DAY,
    '2026-06-11T10:00+01:00',
    'the same pause in two parts',
    [
      ['2026-06-09T12:00+01:00', '2026-06-09T20:00+01:00'],
      ['2026-06-09T20:00+01:00', '2026-06-10T12:00+01:00'],
    ],
  ],
  [
    office,
    '2026-06-12T10:00+01:00',
    DAY,
    '2026-06-15T10:00+01:00',
    'from closing to opening over a weekend: nothing',
    [['2026-06-12T17:00+01:00', '2026-06-15T09:00+01:00']],
  ],
  [
    office,
    '2026-06-12T10:00+01:00',
    DAY,
    '2026-06-15T10:00+01:00',
    'within a weekend: nothing',
    [['2026-06-13T10:00+01:00', '2026-06-14T10:00+01:00']],
  ],
  [
    office,
    '2026-06-12T10:00+01:00',
    DAY,
    '2026-06-15T12:00+01:00',
    '1 h and 1 h left on Friday 16:00; from Monday 10:00',
    [['2026-06-12T16:00+01:00', '2026-06-15T10:00+01:00']],
  ],
  [
    office,
    '2026-03-27T15:00+00:00',
    FOUR,
    '2026-03-30T13:00+01:00',
    '3 h left; summer time begins meanwhile',
    [['2026-03-27T16:00+00:00', '2026-03-30T10:00+01:00']],
  ],
  [
    office,
    '2026-06-09T10:00+01:00',
    FOUR,
    '2026-06-11T10:00+01:00',
    'begins paused: 3 h on Wednesday, 1 h on Thursday',
    [['2026-06-09T10:00+01:00', '2026-06-10T14:00+01:00']],
  ],
  [
    office,
    '2026-06-09T09:00+01:00',
    FOUR,
    '2026-06-09T15:00+01:00',
    '1 h, 1 h, and 2 h after the second',
    [
      ['2026-06-09T10:00+01:00', '2026-06-09T11:00+01:00'],
      ['2026-06-09T12:00+01:00', '2026-06-09T13:00+01:00'],
    ],
  ],
  [
    office,
    '2026-06-09T09:00+01:00',
    FOUR,
    '2026-06-09T13:00+01:00',
    'over at 13:00: what stops after that is too late',
    [['2026-06-09T13:30+01:00']],
  ],
  [
    office,
    '2026-06-13T12:00+01:00',
    DAY,
    '2026-06-16T11:00+01:00',
    'came on Saturday: 8 h from Monday 11:00',
    [['2026-06-13T13:00+01:00', '2026-06-15T11:00+01:00']],
  ],
  [
    office,
    '2026-06-13T12:00+01:00',
    DAY,
    '2026-06-16T09:00+01:00',
    'out of hours: still Tuesday 09:00, and not Monday 17:00',
    [['2026-06-14T10:00+01:00', '2026-06-15T08:00+01:00']],
  ],
  [
    office,
    '2026-06-08T18:00+01:00',
    DAY,
    '2026-06-10T11:00+01:00',
    'nothing left on Tuesday 18:00: at once when it goes on',
    [['2026-06-09T18:00+01:00', '2026-06-10T11:00+01:00']],
  ],
  [
    office,
    '2026-06-09T23:00+01:00',
    '1 on-call hour',
    '2026-06-10T01:00+01:00',
    '30 m left at 23:30',
    [['2026-06-09T23:30+01:00', '2026-06-10T00:30+01:00']],
  ],
  [
    office,
    '2026-06-13T03:00+01:00',
    '30m',
    '2026-06-13T04:20+01:00',
    '20 m left at 03:10',
    [['2026-06-13T03:10+01:00', '2026-06-13T04:00+01:00']],
  ],
]

describe('deadlines of clocks that stop, worked out by hand', () => {
  checks(PAUSED)

  it('while the clock is stopped nothing is due, and what is left is known', () => {
    const pauses = [{ from: Date.parse('2026-06-09T12:00+01:00') }]
    const found = dueOf(office, Date.parse('2026-06-09T10:00+01:00'), { days: 1 }, pauses)
    // 12:00 to 17:00 on Tuesday, 09:00 to 10:00 on Wednesday.
    assert.deepEqual(found, { left: 6 * 3_600_000 })
  })
})
