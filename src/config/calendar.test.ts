import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import { tierAt } from '../calendar/calendar.ts'
import { dueOf } from '../calendar/due.ts'
import { DEFAULT_TARGETS } from '../calendar/service-target.ts'
import { type LoadedInventory, loadInventory } from './load.ts'
import { ConfigError } from './yaml-file.ts'

const REGISTRY = { adapters: allAdapters(), witnesses: allWitnesses() }
const END = 'devices:\n  - { name: edge, kind: memory }\n'
const PLACEMENTS = 'placements:\n  - { name: all, when: {}, use: [{ device: edge, as: acl }] }\n'
const HOURS = '    hours: { full: { mon-fri: [09:00-17:00] } }\n'
const ZONE = '    zone: Europe/London\n'

describe('the calendar of a site', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-calendar-'))
    await writeFile(join(folder, 'placement.yaml'), PLACEMENTS)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function load(calendar: string): Promise<LoadedInventory> {
    const said = calendar === '' ? '' : `  calendar:\n${calendar}`
    await writeFile(
      join(folder, 'cordon.yaml'),
      `placements: placement.yaml\nsite:\n  own: []\n${said}${END}`,
    )
    return loadInventory(join(folder, 'cordon.yaml'), REGISTRY)
  }

  async function problems(calendar: string): Promise<string> {
    const error = await load(calendar).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof ConfigError, `expected problems, got ${String(error)}`)
    return error.message.replaceAll(`${folder}/`, '')
  }

  it('reads everything that a calendar can say', async () => {
    const { calendar, targets } = await load(`${ZONE}    hours:
      full: { mon-thu: [09:00-12:30, 13:30-17:30], fri: [09:00-12:30], mon-fri: [07:00-08:00] }
      on-call: { daily: [22:00-06:00] }
    holidays: { country: GB, state: SCT, types: [public, bank] }
    closures:
      - { day: 2026-06-15, name: one-off bank holiday }
      - { from: 2026-12-24, to: 2027-01-01, name: winter closure }
    openings: [{ day: 2026-05-25, name: exam day, full: [10:00-14:00] }]
    targets:
      unblock: 2 working days
      acknowledge: { urgent: 30m }
      soon: 1 working hour
`)
    const tiers = [
      '2026-06-15T10:00+01:00',
      '2026-06-15T23:00+01:00',
      '2026-05-25T13:00+01:00',
      '2026-08-03T10:00+01:00',
    ]
    assert.deepEqual(
      tiers.map((time) => tierAt(calendar, Date.parse(time))),
      ['closed', 'on-call', 'full', 'closed'],
    )
    assert.deepEqual(targets, {
      ...DEFAULT_TARGETS,
      unblock: { days: 2 },
      acknowledge: { ...DEFAULT_TARGETS.acknowledge, urgent: { time: 1_800_000, in: 'always' } },
      soon: { time: 3_600_000, in: 'full' },
    })
    const { due } = dueOf(calendar, Date.parse('2026-06-12T10:00+01:00'), targets.unblock, [])
    assert.equal(due, Date.parse('2026-06-17T10:00+01:00'))
  })

  it('is Monday to Friday 09:00 to 17:00 in UTC where nothing is said, whatever the machine says', async () => {
    const { calendar, targets } = await load('')
    assert.equal(calendar.zone, 'Etc/UTC')
    assert.equal(targets, DEFAULT_TARGETS)
    const times = [
      '2026-07-06T08:59Z',
      '2026-07-06T09:00Z',
      '2026-07-06T16:59Z',
      '2026-07-06T17:00Z',
      '2026-07-04T12:00Z',
    ]
    assert.deepEqual(
      times.map((time) => tierAt(calendar, Date.parse(time))),
      ['closed', 'full', 'full', 'closed', 'closed'],
    )
  })

  it('has the same version when it is read again', async () => {
    const text = `${ZONE}${HOURS}    holidays: { country: GB, state: ENG }\n`
    const versions = [await load(text), await load(text), await load(`${ZONE}${HOURS}`)].map(
      ({ calendar }) => calendar.version,
    )
    assert.equal(versions[0], versions[1])
    assert.notEqual(versions[0], versions[2])
  })

  const full = (hours: string) => `${ZONE}    hours: { full: ${hours} }\n`
  const more = (text: string) => `${ZONE}${HOURS}    ${text}\n`
  for (const [what, text, words] of [
    [
      'a zone that is none',
      `    zone: Europe/Londn\n${HOURS}`,
      /^cordon[.]yaml:5:11: site[.]calendar[.]zone: there is no zone 'Europe\/Londn'/,
    ],
    ['an offset as a zone', `    zone: "+01:00"\n${HOURS}`, /there is no zone '[+]01:00'/],
    ['no hours', ZONE, /site[.]calendar: must have required property 'hours'/],
    ['an unknown field', more('zoen: x'), /site[.]calendar[.]zoen: unknown field/],
    ['a day that is none', full('{ monday: [09:00-17:00] }'), /'monday' is no day of the week; write mon, /],
    [
      'days that end before they begin',
      full('{ fri-mon: [09:00-17:00] }'),
      /'fri-mon' ends before it begins/,
    ],
    [
      'hours that are none',
      full('{ mon: [9-17] }'),
      /^cordon[.]yaml:6:28: site[.]calendar[.]hours[.]full[.]mon[.]0: '9-17' are no hours/,
    ],
    ['a time that no clock shows', full('{ mon: [09:00-24:30] }'), /names a time that no clock shows/],
    ['no time at all', full('{ mon: [09:00-09:00] }'), /no time at all; for the whole day write 00:00-24:00/],
    ['full hours over midnight', full('{ mon: [22:00-06:00] }'), /full hours end at 24:00 at the latest/],
    [
      'hours twice',
      full('{ mon-fri: [09:00-12:00], fri: [11:00-14:00] }'),
      /full[.]fri[.]0: 11:00-14:00 shares time with 09:00-12:00/,
    ],
    [
      'nights into mornings',
      `${ZONE}    hours: { full: { mon: [09:00-10:00] }, on-call: { daily: [22:00-06:00, 05:00-07:00] } }\n`,
      /05:00-07:00 shares time with 22:00-06:00/,
    ],
    [
      'a country that is none',
      more('holidays: { country: UK }'),
      /site[.]calendar[.]holidays[.]country: there is no country 'UK'/,
    ],
    [
      'a state that is none',
      more('holidays: { country: GB, state: X }'),
      /holidays[.]state: there is no state 'X'; known are/,
    ],
    ['a type that is none', more('holidays: { country: GB, types: [publik] }'), /holidays[.]types[.]0: /],
    [
      'a closure without days',
      more('closures: [{ name: x }]'),
      /closures[.]0: give either day, or from and to/,
    ],
    [
      'a closure that ends before it begins',
      more('closures: [{ from: 2026-12-24, to: 2026-12-23, name: x }]'),
      /closures[.]0[.]to: it ends on 2026-12-23, before it begins/,
    ],
    [
      'a day that no month has',
      more('closures: [{ day: 2026-02-30, name: x }]'),
      /closures[.]0[.]day: '2026-02-30' is no day/,
    ],
    [
      'closures out of order',
      more('closures: [{ day: 2026-06-15, name: late }, { day: 2026-06-14, name: early }]'),
      /closures[.]1: it begins before 'late' is over/,
    ],
    [
      'openings out of order',
      more(
        'openings: [{ day: 2026-06-15, name: a, full: [09:00-10:00] }, { day: 2026-06-15, name: b, full: [09:00-10:00] }]',
      ),
      /openings[.]1: it is not after 'a'/,
    ],
    [
      'an opening without hours',
      more('openings: [{ day: 2026-06-15, name: a }]'),
      /openings[.]0: say which hours it has/,
    ],
    [
      'a closure of more than two years',
      more('closures: [{ from: 2026-01-01, to: 2029-01-01, name: x }]'),
      /closures[.]0: from here on there are no full hours for two years/,
    ],
    [
      'a promise that is none',
      more('targets: { unblock: 1 day }'),
      /targets[.]unblock: '1 day' is not understood; write 1 working day/,
    ],
    ['a reminder in days', more('targets: { soon: 1 working day }'), /targets[.]soon: .* is in days/],
  ] as const)
    it(`refuses ${what}, and says where`, async () => {
      assert.match(await problems(text), words)
    })

  it('tells all problems at once', async () => {
    const text = `    zone: x\n    hours: { full: { mon: [9-17] } }\n    targets: { logs: soon }\n`
    assert.equal((await problems(text)).split('\n').length, 3)
  })
})
