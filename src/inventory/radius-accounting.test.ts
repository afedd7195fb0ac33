import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePrefix } from '../domain/prefix.ts'
import { readBindings } from './binding-files.ts'

function read(text: string) {
  const { bindings, passedOver, problems } = readBindings(text, 'radius', { source: 'test' })
  const list = [...bindings].map(({ source: _, ...rest }) => rest)
  return { list, passedOver, problems: problems.map(({ line, message }) => `${line}: ${message}`) }
}

const A = parsePrefix('192.0.2.7')
const MAC = '02:00:5e:10:00:01'

/** Each accounting record as a line. */
function accounting(...records: readonly Record<string, unknown>[]): string {
  return records.map((record) => JSON.stringify(record)).join('\n')
}
const JANE = {
  'User-Name': 'jane@Example.org',
  'Calling-Station-Id': '02-00-5E-10-00-01',
  'NAS-Identifier': 'ap1',
}
const START = {
  ...JANE,
  'Acct-Status-Type': 'Start',
  'Acct-Session-Id': 's1',
  'Framed-IP-Address': '192.0.2.7',
  'Event-Timestamp': 100,
}
const STOP = { ...START, 'Acct-Status-Type': 'Stop', 'Event-Timestamp': 400 }
const HELD = { address: A, mac: MAC, user: 'jane@example.org' }

describe('RADIUS accounting', () => {
  const sessions: readonly [
    what: string,
    records: readonly Record<string, unknown>[],
    times: [number, number | null][],
  ][] = [
    ['from Start to Stop', [START, STOP], [[100_000, 400_000]]],
    ['in either order, lines repeated', [STOP, START, STOP, START], [[100_000, 400_000]]],
    ['open without a Stop', [START], [[100_000, null]]],
    [
      'to the restart of the access server',
      [START, { 'Acct-Status-Type': 'Accounting-On', 'NAS-Identifier': 'ap1', 'Event-Timestamp': 300 }],
      [[100_000, 300_000]],
    ],
    [
      'not to the restart of another',
      [START, { 'Acct-Status-Type': 'Accounting-Off', 'NAS-Identifier': 'ap2', 'Event-Timestamp': 300 }],
      [[100_000, null]],
    ],
    [
      'from the record that first names the address',
      [
        { ...START, 'Framed-IP-Address': '' },
        { ...START, 'Acct-Status-Type': 3, 'Event-Timestamp': 160 },
        STOP,
      ],
      [[160_000, 400_000]],
    ],
    [
      'from how long it lasted where only the Stop is known',
      [{ ...STOP, 'Acct-Session-Time': 50 }],
      [[350_000, 400_000]],
    ],
    [
      'to a Stop that names no address',
      [START, { ...STOP, 'Framed-IP-Address': undefined }],
      [[100_000, 400_000]],
    ],
    [
      'not from an update that came after the Stop',
      [START, STOP, { ...START, 'Acct-Status-Type': 'Interim-Update', 'Event-Timestamp': 450 }],
      [[100_000, 400_000]],
    ],
    [
      'twice without names of sessions',
      [START, STOP, { ...START, 'Event-Timestamp': 500 }].map((one) => ({
        ...one,
        'Acct-Session-Id': undefined,
      })),
      [
        [100_000, 400_000],
        [500_000, null],
      ],
    ],
    [
      'not at all when it ended in the second in which it began',
      [START, { ...STOP, 'Event-Timestamp': 100 }],
      [],
    ],
  ]
  for (const [what, records, times] of sessions)
    it(`reads a session ${what}`, () => {
      for (const order of [records, [...records].reverse()]) {
        const { list, problems } = read(accounting(...order))
        assert.deepEqual(problems, [])
        assert.deepEqual(
          list.map(({ session: _, ...rest }) => rest),
          times.map(([from, until]) => ({ ...HELD, from, until })),
        )
        assert.equal(new Set(list.map(({ session }) => session)).size, Math.min(1, times.length))
      }
    })

  it('knows a session again in another file, and sessions of two access servers apart', () => {
    const of = (nas: string): number | undefined =>
      read(accounting({ ...START, 'NAS-Identifier': nas })).list[0]?.session
    assert.equal(of('ap1'), of('ap1'))
    assert.notEqual(of('ap1'), of('ap2'))
  })

  it('reads the forms in which FreeRADIUS writes attributes, and ports', () => {
    const { list, passedOver } = read(
      accounting(
        {
          'Acct-Status-Type': { type: 'integer', value: [1] },
          'User-Name': { type: 'string', value: ['joe'] },
          'Framed-IP-Address': ['192.0.2.7'],
          'Event-Timestamp': '2026-11-22T08:00:00Z',
          'NAS-IP-Address': '192.0.2.1',
          'NAS-Port-Id': 'ge-0/0/1',
        },
        { 'Acct-Status-Type': 'Failed' },
      ),
    )
    assert.deepEqual(list, [
      { address: A, user: 'joe', port: '192.0.2.1 ge-0/0/1', from: Date.UTC(2026, 10, 22, 8), until: null },
    ])
    assert.equal(passedOver, 1)
  })

  const wrong: readonly [what: string, text: string, problem: RegExp][] = [
    [
      'a record without its time',
      accounting({ ...START, 'Event-Timestamp': '' }),
      /^1: there is no Event-Timestamp$/,
    ],
    [
      'a Stop that says nothing of a beginning',
      accounting(STOP),
      /^1: a Stop without its Start and without Acct-Session-Time/,
    ],
  ]
  for (const [what, text, problem] of wrong)
    it(`refuses all of it for ${what}, by its line`, () => {
      const { list, problems } = read(text)
      assert.match(problems.join('\n'), problem)
      assert.deepEqual(list, [])
    })
})
