import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calendarOf } from '../helpers/calendars.ts'
import { list, startFace } from './face.ts'

const LONDON = calendarOf('Europe/London', 'mon-fri 09:00-17:00', 'daily 22:00-06:00', {
  holidaysOf: (year) => (year === 2026 ? [{ day: '2026-08-31', name: 'Summer bank holiday' }] : []),
  closures: [{ from: '2026-09-01', to: '2026-09-01', name: 'staff day' }],
})

test('anybody with a token is told when the service is there and what it promises', async (t) => {
  const { app, send } = await startFace(t)
  app.site.calendar = LONDON
  const as = await app.token(['lists:read'])
  const { status, json, text } = await send('GET', '/v1/calendar?from=2026-08-28&to=2026-09-01', { as })
  assert.equal(status, 200, text)
  assert.deepEqual([json['version'], json['zone']], [LONDON.version, 'Europe/London'])
  assert.deepEqual(json['targets'], {
    unblock: '1 working day',
    logs: '4 working hours',
    acknowledge: { urgent: '1 on-call hour', important: '2 working days', other: '5 working days' },
    soon: '2 working hours',
  })
  const days = list(json['days'])
  assert.deepEqual(
    days.map(({ day, holiday, closure, hours }) => [day, holiday ?? closure ?? null, list(hours).length]),
    [
      ['2026-08-28', null, 3],
      ['2026-08-29', null, 2],
      ['2026-08-30', null, 2],
      ['2026-08-31', 'Summer bank holiday', 2],
      ['2026-09-01', 'staff day', 2],
    ],
  )
  assert.deepEqual(list(days[0]?.['hours'])[1], {
    tier: 'full',
    from: '2026-08-28T09:00:00+01:00',
    to: '2026-08-28T17:00:00+01:00',
  })
})

test('two weeks from today are told where nobody says which days, and what changes next', async (t) => {
  const { app, send } = await startFace(t)
  const { json } = await send('GET', '/v1/calendar')
  const days = list(json['days'])
  assert.deepEqual(
    [days.length, days[0]?.['day']],
    [14, new Date(app.clock.now()).toISOString().slice(0, 10)],
  )
  const { at, changes } = json['now'] as { at: unknown; changes: unknown }
  assert.ok(Date.parse(String(changes)) > Date.parse(String(at)))
})

test('works out when something is due', async (t) => {
  const { app, send } = await startFace(t)
  app.site.calendar = LONDON
  const due = async (query: string) => (await send('GET', `/v1/calendar:due?${query}`)).json
  assert.deepEqual(await due('from=2026-08-28T16:00&target=1%20working%20day'), {
    version: LONDON.version,
    zone: 'Europe/London',
    target: '1 working day',
    from: '2026-08-28T16:00:00+01:00',
    tier: 'full',
    due: '2026-09-02T16:00:00+01:00',
    timeMs: 8 * 3_600_000,
    remind: '2026-09-02T14:00:00+01:00',
  })
  const night = await due('from=2026-08-28T22:30:00Z&target=1%20on-call%20hour')
  assert.deepEqual([night['tier'], night['due']], ['on-call', '2026-08-29T00:30:00+01:00'])
  // Nobody is reminded before it came.
  assert.equal(night['remind'], night['from'])
})

test('says what is wrong with a question, and where', async (t) => {
  const { send } = await startFace(t)
  for (const [url, words] of [
    ['/v1/calendar?from=today', /from: 'today' is no day/],
    ['/v1/calendar?from=2026-06-02&to=2026-06-01', /to: 2026-06-01 is before the first day/],
    ['/v1/calendar?from=2026-01-01&to=2027-02-05', /to: that is 401 days; ask for 400 at the most/],
    ['/v1/calendar?from=2300-01-01', /from: the calendar answers for the years 1970 to 2199/],
    ['/v1/calendar?day=2026-01-01', /unknown field/],
    ['/v1/calendar:due', /target: is missing/],
    ['/v1/calendar:due?target=1%20day', /target: '1 day' is not understood/],
    ['/v1/calendar:due?target=1h&from=noon', /from: 'noon' is no time/],
    [
      '/v1/calendar:due?target=1h&from=2199-12-31T23:30:00Z',
      /from: the calendar answers for the years 1970 to 2199/,
    ],
  ] as const) {
    const { status, json } = await send('GET', url)
    assert.equal(status, 400, url)
    assert.match(String(json['detail']), words)
  }
})

test('a reload that changes the calendar alone counts at once, and the plan said so before', async (t) => {
  const { app, send } = await startFace(t)
  const before = app.site.calendar.version
  const unchanged = await send('POST', '/v1/inventory:plan')
  assert.equal(unchanged.json['calendar'], undefined)
  app.schedule(LONDON)
  const { json } = await send('POST', '/v1/inventory:plan')
  assert.deepEqual(json['calendar'], { before, after: LONDON.version })
  assert.equal((await send('GET', '/v1/calendar')).json['version'], before)
  assert.equal((await send('POST', '/v1/inventory:reload')).status, 200)
  assert.equal((await send('GET', '/v1/calendar')).json['version'], LONDON.version)
})
