import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  checks,
  DAY,
  edinburgh,
  edinburghLate,
  FOUR,
  office,
  type Row,
  round,
  santiago,
  sydney,
} from '../../test/helpers/by-hand.ts'

const PLAIN: readonly Row[] = [
  [office, '2026-06-09T10:00+01:00', DAY, '2026-06-10T10:00+01:00', 'Tuesday to Wednesday'],
  [office, '2026-06-12T10:00+01:00', DAY, '2026-06-15T10:00+01:00', 'Friday to Monday'],
  [office, '2026-06-12T18:00+01:00', DAY, '2026-06-16T09:00+01:00', 'from Monday 09:00 on'],
  [office, '2026-06-13T12:00+01:00', DAY, '2026-06-16T09:00+01:00', 'Saturday: from Monday 09:00 on'],
  [
    office,
    '2026-06-09T17:00+01:00',
    DAY,
    '2026-06-11T09:00+01:00',
    'closed at 17:00: from Wednesday 09:00 on',
  ],
  [office, '2026-06-09T09:00+01:00', DAY, '2026-06-10T09:00+01:00', 'open at 09:00'],
  [office, '2026-06-09T03:00+01:00', DAY, '2026-06-10T09:00+01:00', 'from 09:00 of the same day on'],
  [office, '2026-06-09T15:00+01:00', FOUR, '2026-06-10T11:00+01:00', '2 h to 17:00, 2 h from 09:00'],
  [
    office,
    '2026-06-09T13:00+01:00',
    FOUR,
    '2026-06-09T17:00+01:00',
    'the end of the day, not the next opening',
  ],
  [office, '2026-06-12T16:00+01:00', FOUR, '2026-06-15T12:00+01:00', '1 h on Friday, 3 h on Monday'],
  [office, '2026-06-13T03:00+01:00', '30m', '2026-06-13T03:30+01:00', 'all time counts'],
  [office, '2026-11-23T10:00+00:00', '5 working days', '2026-11-30T10:00+00:00', 'Tue Wed Thu Fri Mon'],
  [
    edinburgh,
    '2026-11-23T10:00+00:00',
    '5 working days',
    '2026-12-01T10:00+00:00',
    "St Andrew's Day is the 30th",
  ],
]

const LUNCHES: readonly Row[] = [
  [edinburgh, '2026-06-09T11:00+01:00', FOUR, '2026-06-09T16:00+01:00', '1.5 h to 12:30, 2.5 h from 13:30'],
  [edinburgh, '2026-06-09T12:45+01:00', DAY, '2026-06-10T13:30+01:00', 'lunch: from 13:30 on'],
  [edinburgh, '2026-06-09T12:30+01:00', FOUR, '2026-06-09T17:30+01:00', 'lunch begins: 4 h from 13:30'],
]

const ON_CALL: readonly Row[] = [
  [office, '2026-06-09T23:30+01:00', '1 on-call hour', '2026-06-10T00:30+01:00', 'over midnight'],
  [office, '2026-06-09T17:30+01:00', '1 on-call hour', '2026-06-09T23:00+01:00', 'closed until 22:00'],
  [
    office,
    '2026-06-09T16:30+01:00',
    '1 on-call hour',
    '2026-06-09T22:30+01:00',
    '30 m full, 30 m from 22:00',
  ],
  [
    office,
    '2026-06-09T22:00+01:00',
    '10 on-call hours',
    '2026-06-10T11:00+01:00',
    '8 h to 06:00, 2 h from 09:00',
  ],
  [
    edinburghLate,
    '2026-06-15T21:30+01:00',
    '1 on-call hour',
    '2026-06-16T07:30+01:00',
    'closures leave who is on call',
  ],
]

const CLOCKS: readonly Row[] = [
  [office, '2026-03-27T16:00+00:00', DAY, '2026-03-30T16:00+01:00', 'the same time by the clock'],
  [office, '2026-03-27T16:00+00:00', FOUR, '2026-03-30T12:00+01:00', '1 h on Friday, 3 h on Monday'],
  [
    office,
    '2026-03-28T22:00+00:00',
    '4 on-call hours',
    '2026-03-29T03:00+01:00',
    '3 h to 01:00, which is 02:00, and one',
  ],
  [
    office,
    '2026-03-28T22:00+00:00',
    '8 on-call hours',
    '2026-03-29T23:00+01:00',
    'that night has 7 h; 1 h from 22:00',
  ],
  [office, '2026-10-24T22:00+01:00', '8 on-call hours', '2026-10-25T05:00+00:00', 'that night has 9 h'],
  [office, '2026-10-24T22:00+01:00', '9 on-call hours', '2026-10-25T06:00+00:00', 'all of it'],
  [
    office,
    '2026-10-24T12:00+01:00',
    '24h',
    '2026-10-25T11:00+00:00',
    '24 hours are an hour less by the clock',
  ],
  [office, '2026-10-23T16:30+01:00', DAY, '2026-10-26T16:30+00:00', 'the same time by the clock'],
  [
    round,
    '2026-03-28T01:30+00:00',
    DAY,
    '2026-03-29T02:00+01:00',
    '01:30 is left out: when the clock is put forward',
  ],
  [round, '2026-10-24T01:30+01:00', DAY, '2026-10-25T01:30+01:00', '01:30 is there twice: the first'],
  [round, '2026-10-25T01:10+00:00', DAY, '2026-10-26T02:00+00:00', 'the second 01:10 counts as 02:00'],
  [round, '2026-03-28T12:00+00:00', '24 working hours', '2026-03-29T13:00+01:00', 'a day of 23 hours'],
  [round, '2026-03-28T12:00+00:00', DAY, '2026-03-29T12:00+01:00', 'the same time by the clock'],
  [sydney, '2026-04-03T14:00+11:00', DAY, '2026-04-06T14:00+10:00', 'summer ends on Sunday'],
  [sydney, '2026-04-03T14:00+11:00', FOUR, '2026-04-06T12:00+10:00', '1 h to 15:00, 3 h on Monday'],
  [sydney, '2026-10-02T10:00+10:00', DAY, '2026-10-05T10:00+11:00', 'summer begins on Sunday'],
  [sydney, '2026-10-03T12:00+10:00', '24 on-call hours', '2026-10-04T13:00+11:00', 'a day of 23 hours'],
  [sydney, '2026-04-04T12:00+11:00', '24 on-call hours', '2026-04-05T11:00+10:00', 'a day of 25 hours'],
  [santiago, '2026-09-05T00:00-04:00', DAY, '2026-09-06T01:00-03:00', 'that Sunday begins at 01:00'],
  [santiago, '2026-09-05T12:00-04:00', '24 working hours', '2026-09-06T13:00-03:00', 'a day of 23 hours'],
  [
    santiago,
    '2026-04-04T23:30-03:00',
    DAY,
    '2026-04-05T23:30-04:00',
    'the first 23:30 of a Saturday of 25 hours',
  ],
  [santiago, '2026-04-04T23:30-04:00', DAY, '2026-04-06T00:00-04:00', 'the second counts as 24:00'],
]

const HOLIDAYS: readonly Row[] = [
  [
    office,
    '2026-04-02T16:00+01:00',
    DAY,
    '2026-04-07T16:00+01:00',
    'Good Friday to Easter Monday are closed',
  ],
  [edinburgh, '2026-04-02T16:00+01:00', DAY, '2026-04-06T16:00+01:00', 'Scotland works on Easter Monday'],
  [office, '2026-04-03T10:00+01:00', DAY, '2026-04-08T09:00+01:00', 'on Good Friday: from Tuesday 09:00 on'],
  [
    office,
    '2026-04-01T14:00+01:00',
    '12 working hours',
    '2026-04-07T10:00+01:00',
    '3 h Wed, 8 h Thu, 1 h Tue',
  ],
  [
    office,
    '2027-03-25T11:00+00:00',
    '2 working days',
    '2027-03-31T11:00+01:00',
    'Easter 2027: Tue, Wed; summer time',
  ],
  [office, '2026-12-24T10:00+00:00', DAY, '2026-12-29T10:00+00:00', 'Monday stands in for Boxing Day'],
  [office, '2027-12-24T10:00+00:00', DAY, '2027-12-29T10:00+00:00', 'Monday and Tuesday stand in for both'],
  [office, '2026-12-31T16:00+00:00', FOUR, '2027-01-04T12:00+00:00', "1 h, New Year's Day is a Friday, 3 h"],
  [edinburgh, '2026-12-31T16:30+00:00', DAY, '2027-01-05T16:30+00:00', 'Monday stands in for 2 January'],
  [office, '2026-07-31T15:00+01:00', DAY, '2026-08-03T15:00+01:00', 'over the end of a month'],
  [edinburgh, '2026-07-31T15:00+01:00', DAY, '2026-08-04T15:00+01:00', 'the 3rd is a holiday in Scotland'],
  [office, '2028-02-28T10:00+00:00', DAY, '2028-02-29T10:00+00:00', 'a leap day'],
  [office, '2028-02-29T10:00+00:00', DAY, '2028-03-01T10:00+00:00', 'and what follows it'],
]

const CHANGED: readonly Row[] = [
  [edinburgh, '2026-06-12T10:00+01:00', DAY, '2026-06-15T10:00+01:00', 'before the one-off holiday is known'],
  [edinburghLate, '2026-06-12T10:00+01:00', DAY, '2026-06-16T10:00+01:00', 'and after'],
  [edinburghLate, '2026-06-15T11:00+01:00', DAY, '2026-06-17T09:00+01:00', 'on it: from Tuesday 09:00 on'],
  [edinburgh, '2026-05-22T11:00+01:00', DAY, '2026-05-26T11:00+01:00', 'Monday is a bank holiday'],
  [edinburghLate, '2026-05-22T11:00+01:00', DAY, '2026-05-25T11:00+01:00', 'on which there are exams'],
  [edinburghLate, '2026-05-22T16:30+01:00', DAY, '2026-05-25T14:00+01:00', 'at whose end at the latest'],
  [edinburghLate, '2026-05-22T09:15+01:00', DAY, '2026-05-25T10:00+01:00', 'and not before they open'],
  [edinburghLate, '2026-05-22T12:45+01:00', DAY, '2026-05-25T13:30+01:00', 'lunch on Friday: from 13:30 on'],
  [edinburghLate, '2026-05-25T12:45+01:00', DAY, '2026-05-26T13:30+01:00', '12:45 is lunch on Tuesday'],
  [sydney, '2026-04-02T16:30+11:00', DAY, '2026-04-03T15:00+11:00', 'Friday closes at 15:00'],
  [
    edinburghLate,
    '2026-12-23T16:30+00:00',
    DAY,
    '2027-01-05T16:30+00:00',
    'closed to the 1st, weekend, substitute day',
  ],
]

describe('deadlines that were worked out by hand', () => {
  describe('days and hours', () => checks(PLAIN))
  describe('hours with lunch', () => checks(LUNCHES))
  describe('on-call hours', () => checks(ON_CALL))
  describe('clocks that are changed', () => checks(CLOCKS))
  describe('holidays', () => checks(HOLIDAYS))
  describe('calendars that change, and days with hours of their own', () => checks(CHANGED))

  it('a calendar that has learnt of a closure is another version', () => {
    assert.notEqual(edinburgh.version, edinburghLate.version)
  })
})
