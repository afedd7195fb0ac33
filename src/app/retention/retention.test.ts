import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  answeredRequest,
  created,
  failed,
  inForce,
  queued,
  released,
  requestFiled,
  triggerTaken,
} from '../../../test/helpers/events.ts'
import { type MemoryFiles, memoryFiles } from '../../../test/helpers/memory-files.ts'
import { holds } from '../../../test/helpers/property.ts'
import { openLedger, plain, put } from '../../../test/helpers/test-ledger.ts'
import { VirtualClock } from '../../../test/helpers/virtual-clock.ts'
import { SILENT } from '../../domain/log.ts'
import type { RetentionTimes } from '../../domain/retention.ts'
import type { Doubt, Remains } from '../../engine/remains.ts'
import { blocksOf, type LedgerEvent, type Recorded, withoutPersonalData } from '../../ledger/events.ts'
import type { FileLedger } from '../../ledger/file-ledger.ts'
import { verifyLedger } from '../../ledger/verify.ts'
import { Retention } from './retention.ts'

const DAY = 24 * 3_600_000

interface World {
  readonly files: MemoryFiles
  readonly clock: VirtualClock
  readonly ledger: FileLedger
}

async function world(retainEndedMs = Number.MAX_SAFE_INTEGER): Promise<World> {
  const [files, clock] = [memoryFiles(), new VirtualClock()]
  return { files, clock, ledger: await openLedger({ files, clock, retainEndedMs }) }
}

/** What devices hold, said by the test. */
function remains(
  doubts: readonly (readonly [string, Doubt])[] = [],
  leaving: readonly number[] = [],
): Pick<Remains, 'doubts' | 'leavingFrom'> {
  return {
    doubts: () => new Map(doubts),
    leavingFrom: (block) => (leaving.includes(block) ? 'edge-1' : undefined),
  }
}

function retention({ ledger, clock }: World, times: RetentionTimes, held = remains()): Retention {
  return new Retention({ ledger, clock, log: SILENT, engine: { remains: held } }, times)
}

async function kept({ ledger }: World): Promise<number[]> {
  const left: number[] = []
  for await (const recorded of ledger.history())
    if (!recorded.redacted && withoutPersonalData(recorded).redacted) left.push(recorded.seq)
  return left
}

async function record({ ledger }: World, ...events: readonly LedgerEvent[]): Promise<void> {
  for (const event of events) await put(ledger, [event])
}

const gone = (device: string, blocks: readonly number[]): LedgerEvent => ({
  ...{ type: 'milestones', device, reached: 'gone', blocks },
})

describe('retention', () => {
  it('erases all of a block when its time is over, and says by which rule', async () => {
    const w = await world()
    await record(w, created(1), created(2), answeredRequest('key', [1]), failed('r1', [1]), released(1))
    await w.clock.advance(20 * DAY)
    await record(w, released(2))
    await w.clock.advance(15 * DAY)
    const run = await retention(w, { blocks: 30 * DAY }).run('t1', false)
    assert.deepEqual(run.rules, { blocks: { erased: 4, waits: 0 } })
    assert.deepEqual(await kept(w), [2, 6])
    const [last] = (await all(w)).slice(-1)
    assert.deepEqual(last?.event, {
      ...{ type: 'redacted', events: [1, 3, 4, 5], blocks: [1], rule: 'blocks', by: 't1' },
    })
    assert.equal((await verifyLedger(w.files)).redacted, 4)
    await w.ledger.close()
  })

  it('keeps what several blocks share until the last of them may go', async () => {
    const w = await world()
    await record(w, created(1), created(2), failed('r1', [1, 2]), released(1))
    await w.clock.advance(40 * DAY)
    await record(w, released(2))
    await retention(w, { blocks: 30 * DAY }).run('t1', false)
    assert.deepEqual(await kept(w), [2, 3, 5])
    await w.ledger.close()
  })

  it('erases nothing when it only looks, and nothing where there is no time', async () => {
    const w = await world()
    await record(w, created(1), released(1))
    await w.clock.advance(40 * DAY)
    const looking = retention(w, { blocks: 30 * DAY })
    assert.deepEqual((await looking.run('t1', true)).rules, { blocks: { erased: 2, waits: 0 } })
    assert.equal(looking.last, undefined)
    assert.deepEqual((await retention(w, {}).run('t1', false)).rules, {})
    assert.deepEqual(await kept(w), [1, 2])
    await w.ledger.close()
  })

  it('keeps a block that a device may still hold, and says which', async () => {
    const w = await world()
    await record(w, created(1), created(2), inForce('edge-1', [1, 2]), released(1), released(2))
    await record(w, gone('edge-1', [1]))
    await w.clock.advance(40 * DAY)
    const times = { blocks: 30 * DAY }
    // One was gone before the controller started anew and could not read the device since.
    const unread = await retention(w, times, remains([['edge-1', 'not-read']])).run('t1', true)
    assert.deepEqual(unread.rules.blocks, { erased: 2, waits: 2 })
    assert.deepEqual(unread.devices, [{ device: 'edge-1', why: 'not-read', events: 2 }])
    // What is left over may be of any block.
    const strays = await retention(w, times, remains([['edge-1', 'left-over']])).run('t1', true)
    assert.deepEqual(strays.rules.blocks, { erased: 0, waits: 4 })
    const leaving = await retention(w, times, remains([], [2])).run('t1', false)
    assert.deepEqual(leaving.devices, [{ device: 'edge-1', why: 'leaving', events: 2 }])
    assert.deepEqual(await kept(w), [2, 5])
    await w.ledger.close()
  })

  it('has a time for what is about no block: requests, triggers, mails, reads, devices', async () => {
    const w = await world(DAY)
    await record(w, logsAskedFor(1), triggerTaken(1, { id: 'x', kind: 'close', attack: false }))
    await record(w, queued(1, 1, { blocks: [] }), { type: 'message.sent', message: 1, blocks: [], left: [] })
    await record(w, { type: 'read.recorded', by: 't1', what: 'audit', about: 'target=192.0.2.1/32' })
    await record(w, { type: 'memo', device: 'r1', memo: 'old' }, { type: 'memo', device: 'r1', memo: 'new' })
    await record(w, { type: 'device.held', device: 'r1', by: 't1', until: 1, reason: 'for Alice' })
    await record(w, { type: 'device.freed', device: 'r1', by: 't1' })
    await w.clock.advance(40 * DAY)
    await record(w, { type: 'automation.thawed', by: 't1' })
    const times = { requests: DAY, triggers: DAY, mail: DAY, reads: DAY, devices: DAY }
    const run = await retention(w, times).run('t1', false)
    assert.deepEqual(run.rules, {
      requests: { erased: 0, waits: 0 },
      triggers: { erased: 1, waits: 0 },
      mail: { erased: 2, waits: 0 },
      reads: { erased: 1, waits: 0 },
      devices: { erased: 2, waits: 1 },
    })
    // The open request, and the memo that counts.
    assert.deepEqual(await kept(w), [1, 7])
    assert.equal(w.ledger.head.memos.get('r1'), 'new')
    await w.ledger.close()
  })

  it('keeps a mail that is still to be sent', async () => {
    const w = await world()
    await record(w, queued(1, 1, { blocks: [] }))
    await w.clock.advance(40 * DAY)
    const run = await retention(w, { mail: DAY }).run('t1', false)
    assert.deepEqual(run.rules, { mail: { erased: 0, waits: 1 } })
    assert.equal(w.ledger.head.messages.size, 1)
    await w.ledger.close()
  })

  it('a step or a flood of them: nothing that has not ended goes, everything whose time is over does', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('block' as const) }),
      fc.record({ do: fc.constantFrom('end' as const, 'fail' as const), of: fc.nat(9) }),
      fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ do: fc.constant('run' as const) }),
    )
    await holds(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const w = await world()
        const ends = new Map<number, number>()
        let made = 0
        const job = retention(w, { blocks: 30 * DAY })
        for (const one of [...steps, { do: 'run' as const }]) {
          if (one.do === 'block') await record(w, created(++made))
          else if (one.do === 'wait') await w.clock.advance(one.days * DAY)
          else if (one.do === 'run') await job.run('t1', false)
          else if (one.of > 0 && one.of <= made && !ends.has(one.of)) {
            if (one.do === 'end') ends.set(one.of, w.clock.now())
            await record(w, one.do === 'end' ? released(one.of) : failed('r1', [one.of]))
          }
        }
        for (const { event, redacted } of await all(w)) {
          if (!('block' in event) && event.type !== 'milestones') continue
          const over = blocksOf(event).every(
            (id) => (ends.get(id) ?? Number.MAX_VALUE) + 30 * DAY <= w.clock.now(),
          )
          assert.equal(redacted, over, JSON.stringify(event))
        }
        await verifyLedger(w.files)
        const state = plain(w.ledger.head)
        await w.ledger.close()
        const again = await openLedger({ files: w.files, clock: w.clock })
        assert.deepEqual(plain(again.head), state)
        await again.close()
      }),
      60,
    )
  })
})

function logsAskedFor(request: number): LedgerEvent {
  const { block: _, ...filed } = requestFiled(request, 0)
  return { ...filed, kind: 'logs', logs: { of: 'nat', about: '192.0.2.1', from: 0, to: 1 } }
}

async function all({ ledger }: World): Promise<Recorded[]> {
  const recorded: Recorded[] = []
  for await (const one of ledger.history()) recorded.push(one)
  return recorded
}
