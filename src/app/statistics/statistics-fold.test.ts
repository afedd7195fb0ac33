import assert from 'node:assert/strict'
import { test } from 'node:test'
import { approved, created, inForce, proposed, queued, released } from '../../../test/helpers/events.ts'
import { type LedgerEvent, withoutPersonalData } from '../../ledger/events.ts'
import type { RequestFiled } from '../../ledger/request-events.ts'
import { Whole } from './rows.ts'
import { StatisticsFold } from './statistics-fold.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

type At = readonly [at: number, event: LedgerEvent]

function folded(events: readonly At[]): StatisticsFold {
  const fold = new StatisticsFold()
  for (const [index, [at, event]] of events.entries())
    fold.fold({ seq: index + 1, at, event, redacted: false })
  return fold
}

function whole(fold: StatisticsFold): Whole {
  const all = new Whole({ first: 0, last: 100 }, { whole: true, isMeant: () => true })
  for (const counts of fold.tally.days.values()) all.add(counts)
  return all
}

function gone(device: string, blocks: readonly number[]): LedgerEvent {
  return { type: 'milestones', device, reached: 'gone', blocks }
}

function filed(request: number, over: Partial<RequestFiled> = {}): LedgerEvent {
  return {
    ...{ type: 'request.filed', request, kind: 'unblock', block: 1, departments: ['physics'] },
    ...{ urgency: 'other', acknowledgeBy: HOUR, text: 'x', by: 't1', as: 'department' },
    ...{ due: 8 * HOUR, calendar: 'c' },
    ...over,
  } as RequestFiled
}

test('a block is timed from its beginning to the first device and the last, and from its end until it is gone', () => {
  const { blocks } = whole(
    folded([
      [0, created(1)],
      [1_000, inForce('r1', [1])],
      [4_000, inForce('r2', [1])],
      [HOUR, released(1)],
      [HOUR + 500, gone('r1', [1])],
      [HOUR + 2_000, gone('r2', [1])],
      [HOUR + 3_000, { type: 'block.counted', block: 1, packets: 7, bytes: 700, devices: 2 }],
    ]),
  )
  assert.deepEqual([blocks.began, blocks.ended.released], [1, 1])
  const longest = [blocks.enforce, blocks.verify, blocks.lift].map((one) => [one.count, one.longest])
  assert.deepEqual(longest, [
    [1, 1_000],
    [1, 4_000],
    [1, 2_000],
  ])
  assert.deepEqual(blocks.stopped, { blocks: 1, packets: 7, bytes: 700 })
})

test('a device that comes a day later is another matter, and counts on no account', () => {
  const fold = folded([
    [0, created(1)],
    [1_000, inForce('r1', [1])],
    [2 * DAY, inForce('r2', [1])],
  ])
  const { verify } = whole(fold).blocks
  assert.deepEqual([verify.count, verify.longest], [1, 1_000])
})

test('a proposal begins when it is agreed to; one that nobody agreed to was withdrawn, declined or lapsed', () => {
  const { blocks } = whole(
    folded([
      [0, proposed(1)],
      [HOUR, approved(1, true)],
      [HOUR + 2_000, inForce('r1', [1])],
      [HOUR + 3_000, proposed(2)],
      [HOUR + 4_000, released(2)],
      [HOUR + 5_000, proposed(3)],
      [HOUR + 6_000, { type: 'block.declined', block: 3, by: 't2' }],
      [HOUR + 7_000, proposed(4)],
      [HOUR + 8_000, { type: 'block.expired', block: 4 }],
    ]),
  )
  assert.deepEqual([blocks.proposed, blocks.began, blocks.enforce.longest], [4, 1, 2_000])
  assert.deepEqual(blocks.ended, { released: 0, expired: 0, withdrawn: 1, declined: 1, lapsed: 1 })
})

test('an answer is timed without the time in which the other side was waited for, against what was due then', () => {
  const said = (turn: 'site' | 'department', as: 'site' | 'department', due: number | null): LedgerEvent => ({
    ...{ type: 'request.said', request: 2, by: 't1', as, turn, due, calendar: 'c', text: 'x' },
  })
  const settled = (how: 'granted' | 'denied'): LedgerEvent => ({
    ...{ type: 'request.settled', request: 2, by: 't1', as: 'site', how },
  })
  const reopened: LedgerEvent = {
    ...{ type: 'request.reopened', request: 2, by: 't2', as: 'department', text: 'x' },
    ...{ due: 30 * HOUR, acknowledgeBy: 22 * HOUR, calendar: 'c' },
  }
  const { unblock } = whole(
    folded([
      [0, created(1)],
      [0, filed(2)],
      [2 * HOUR, said('department', 'site', null)],
      [12 * HOUR, said('site', 'department', 18 * HOUR)],
      [13 * HOUR, settled('denied')],
      [20 * HOUR, reopened],
      [31 * HOUR, settled('granted')],
    ]),
  ).requests
  assert.deepEqual([unblock.filed, unblock.reopened], [1, 1])
  assert.deepEqual([unblock.settled.denied, unblock.settled.granted], [1, 1])
  assert.deepEqual([unblock.answer.count, unblock.answer.longest], [2, 11 * HOUR])
  assert.deepEqual(unblock.answered, { met: 1, missed: 1 })
  assert.deepEqual(unblock.acknowledged, { met: 0, missed: 2 })
})

test('a request whose block ends without an answer is moot, and one that is answered in the same breath is not', () => {
  const settled: LedgerEvent = {
    ...{ type: 'request.settled', request: 3, by: 't1', as: 'site', how: 'granted' },
  }
  const { unblock } = whole(
    folded([
      [0, created(1)],
      [0, filed(2)],
      [0, filed(3)],
      [HOUR, released(1)],
      [HOUR, settled],
    ]),
  ).requests
  assert.deepEqual([unblock.settled.moot, unblock.settled.granted], [1, 1])
})

test('messages count once each, whatever is erased of them', () => {
  const about = { message: 1, blocks: [] }
  const { messages } = whole(
    folded([
      [0, queued(1, 0, { blocks: [] })],
      [1, { type: 'message.sent', ...about, left: ['b@example.org'] }],
      [2, { type: 'message.sent', ...about }],
      [3, queued(2, 0, { blocks: [] })],
      [4, { type: 'message.dead', message: 2, blocks: [], words: 'no' }],
    ]),
  )
  assert.deepEqual(messages?.by, { queued: 2, sent: 1, dead: 1, dropped: 0 })
})

test('nothing that is erased changes what is counted, and what is over leaves memory', () => {
  const events: At[] = [
    [0, created(1, { departments: ['physics'] })],
    [1_000, inForce('r1', [1])],
    [HOUR, released(1)],
    [HOUR + 500, gone('r1', [1])],
    [2 * HOUR, filed(2)],
    [40 * DAY, created(3)],
  ]
  const fold = new StatisticsFold()
  for (const [index, [at, event]] of events.entries())
    fold.fold(withoutPersonalData({ seq: index + 1, at, event, redacted: false }))
  assert.deepEqual(JSON.stringify(whole(fold)), JSON.stringify(whole(folded(events))))
  assert.equal(fold.blocks.size, 1)
})
