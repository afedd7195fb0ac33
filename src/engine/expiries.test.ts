import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { created } from '../../test/helpers/events.ts'
import { memoryFiles } from '../../test/helpers/memory-files.ts'
import { openLedger, put } from '../../test/helpers/test-ledger.ts'
import { VirtualClock } from '../../test/helpers/virtual-clock.ts'
import type { Clock } from '../domain/clock.ts'
import { SILENT } from '../domain/log.ts'
import type { CommitOptions, Decided, Ledger } from '../ledger/ledger.ts'
import type { State } from '../ledger/state.ts'
import { Expiries } from './expiries.ts'

const DAY = 86_400_000

/** A clock whose timers are as short as Node's: what is longer would fire at once. */
function nodeLike(clock: VirtualClock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(ms, run) {
      assert.ok(ms < 2 ** 31, `a timer of ${ms} ms fires at once`)
      return clock.after(ms, run)
    },
  }
}

async function begin(
  block: Parameters<typeof created>[1],
  change: (ledger: Ledger) => Ledger = (same) => same,
) {
  const clock = new VirtualClock()
  const ledger = await openLedger({ clock, files: memoryFiles() })
  const done = put(ledger, [created(1, block)])
  await clock.advance(0)
  await done
  const ended: number[] = []
  const expiries = new Expiries({
    ledger: change(ledger),
    clock: nodeLike(clock),
    log: SILENT,
    end: ({ id }) => ended.push(id),
  })
  return { clock, ledger, expiries, ended }
}

type Decide<T> = (head: Readonly<State>, now: number) => Decided<T>

/** A ledger that takes nothing while it is full. */
function failing(isFull: () => boolean): (ledger: Ledger) => Ledger {
  return (ledger) => ({
    ...sameBut(ledger),
    commit: <T>(decide: Decide<T>, options: CommitOptions) =>
      isFull() ? Promise.reject(new Error('the disk is full')) : ledger.commit(decide, options),
  })
}

/** A ledger whose group was opened some milliseconds ago: a group has one time. */
function behind(ledger: Ledger): Ledger {
  return {
    ...sameBut(ledger),
    commit: <T>(decide: Decide<T>, options: CommitOptions) =>
      ledger.commit((head, now) => decide(head, now - 3), options),
  }
}

function sameBut(ledger: Ledger): Omit<Ledger, 'commit'> {
  return {
    head: ledger.head,
    settled: () => ledger.settled(),
    watchHead: (watcher) => ledger.watchHead(watcher),
    onDurable: (listener) => ledger.onDurable(listener),
    history: (from) => ledger.history(from),
    redact: (events, by) => ledger.redact(events, by),
    close: () => ledger.close(),
  }
}

const START = new VirtualClock().now()

describe('expiries', () => {
  it('an end further away than a timer can be long comes at its time', async () => {
    const until = START + 60 * DAY
    const { clock, expiries, ended } = await begin({ until })
    expiries.start()
    expiries.push(until, 1)
    await clock.advance(60 * DAY - 1)
    assert.deepEqual(ended, [])
    await clock.advance(1)
    assert.deepEqual(ended, [1])
    expiries.stop()
  })

  it('an end that cannot be recorded is in effect and recorded later', async () => {
    let full = true
    const { clock, ledger, expiries, ended } = await begin(
      { until: START + 1_000 },
      failing(() => full),
    )
    expiries.push(START + 1_000, 1)
    expiries.start()
    await clock.advance(5_000)
    assert.deepEqual(ended, [1])
    assert.equal(ledger.head.blocks.get(1)?.wanted, 'on')
    full = false
    await clock.advance(1_000)
    assert.equal(ledger.head.blocks.get(1)?.ending, 'expired')
    expiries.stop()
    assert.equal(clock.pending, 0)
  })

  it('an end that falls into a group that was opened before it is recorded all the same', async () => {
    const { clock, ledger, expiries, ended } = await begin({ until: START + 1_000 }, behind)
    expiries.push(START + 1_000, 1)
    expiries.start()
    await clock.advance(2_000)
    assert.deepEqual(ended, [1])
    assert.equal(ledger.head.blocks.get(1)?.ending, 'expired')
    expiries.stop()
  })

  it('gives up recording when it is stopped', async () => {
    const { clock, expiries } = await begin(
      { until: START },
      failing(() => true),
    )
    expiries.push(START, 1)
    expiries.start()
    expiries.stop()
    await clock.advance(10_000)
    assert.equal(clock.pending, 0)
  })
})
