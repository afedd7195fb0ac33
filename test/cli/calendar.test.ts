import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import type { CalendarAnswer, DueAnswer } from '../../src/cli/http/wire-calendar.ts'
import { FakeApi } from './fake-api.ts'
import { cordon } from './harness.ts'

const ANSWER: CalendarAnswer = {
  version: 'abc123',
  zone: 'Europe/London',
  now: { at: '2026-08-28T10:00:00+01:00', tier: 'full', changes: '2026-08-28T17:00:00+01:00' },
  targets: {
    unblock: '1 working day',
    logs: '4 working hours',
    acknowledge: { urgent: '1 on-call hour', important: '2 working days', other: '5 working days' },
    soon: '2 working hours',
  },
  days: [
    {
      day: '2026-08-28',
      hours: [
        { tier: 'full', from: '2026-08-28T09:00:00+01:00', to: '2026-08-28T17:00:00+01:00' },
        { tier: 'on-call', from: '2026-08-28T22:00:00+01:00', to: '2026-08-29T00:00:00+01:00' },
      ],
    },
    { day: '2026-08-31', hours: [], holiday: 'Summer bank holiday' },
  ],
}
const DUE: DueAnswer = {
  version: 'abc123',
  zone: 'Europe/London',
  target: '1 working day',
  from: '2026-08-28T16:00:00+01:00',
  tier: 'full',
  due: '2026-09-01T16:00:00+01:00',
  timeMs: 28_800_000,
  remind: '2026-09-01T14:00:00+01:00',
}

async function fakeApi(t: { after(run: () => Promise<void>): void }) {
  const api = await new FakeApi({
    'GET /v1/calendar': () => ({ json: ANSWER }),
    'GET /v1/calendar:due': () => ({ json: DUE }),
  }).listen()
  t.after(() => api.close())
  return api
}

test('shows hours by the clocks of the site, whatever the zone of the machine', async (t) => {
  const api = await fakeApi(t)
  const { exit, stdout } = await cordon(['calendar', '--from', '2026-08-28', '--to', '2026-08-31'], {
    env: api.env,
  })
  assert.equal(exit, EXIT.ok)
  assert.match(stdout, /now +full, until 2026-08-28 17:00:00 [+]01:00\n/)
  assert.match(stdout, /acknowledge urgent: 1 on-call hour\n/)
  assert.match(stdout, /Fri 2026-08-28 +09:00-17:00 +22:00-24:00\n/)
  assert.match(stdout, /Mon 2026-08-31 +Summer bank holiday\n/)
  const asked = api.of('GET /v1/calendar')[0]?.query
  assert.deepEqual([asked?.get('from'), asked?.get('to')], ['2026-08-28', '2026-08-31'])
  const json = await cordon(['calendar', '-o', 'json'], { env: api.env })
  assert.deepEqual(JSON.parse(json.stdout), ANSWER)
})

test('works out when something is due', async (t) => {
  const api = await fakeApi(t)
  const line = ['calendar', 'due', '--from', '2026-08-28T16:00', '--target', '1 working day']
  const { exit, stdout } = await cordon(line, { env: api.env })
  assert.equal(exit, EXIT.ok)
  assert.match(stdout, /due +2026-09-01 16:00:00 [+]01:00\n/)
  assert.match(stdout, /that is +8h of time that counts\n/)
  const asked = api.of('GET /v1/calendar:due')[0]?.query
  assert.deepEqual([asked?.get('from'), asked?.get('target')], ['2026-08-28T16:00', '1 working day'])
  const name = await cordon([...line, '-o', 'name'], { env: api.env })
  assert.equal(name.stdout, '2026-09-01T16:00:00+01:00\n')
})

test('what an answer would pass over is wrong usage', async (t) => {
  const api = await fakeApi(t)
  const without = await cordon(['calendar', 'due'], { env: api.env })
  assert.equal(without.exit, EXIT.failure)
  assert.match(without.stderr, /--target/)
  const both = await cordon(['calendar', 'due', '--target', '30m', '--to', '2026-08-31'], { env: api.env })
  assert.equal(both.exit, EXIT.failure)
  assert.match(both.stderr, /--to is of cordon calendar/)
})
