import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { created, released } from '../../test/helpers/events.ts'
import { memoryFiles } from '../../test/helpers/memory-files.ts'
import { drain, openLedger, put } from '../../test/helpers/test-ledger.ts'
import { VirtualClock } from '../../test/helpers/virtual-clock.ts'
import type { FileLedger, FileLedgerOptions } from './file-ledger.ts'
import type { Files } from './files.ts'
import { LedgerFull } from './ledger.ts'

const SPACE = { bytes: 1_000, always: false }

/** Files whose writes of groups wait for a person to let them through. */
interface GatedFiles extends Files {
  /** Writes that wait, in order. */
  readonly waiting: (() => void)[]
  /** Lets one line through: its chain, and its side record if it has one. */
  pass(): Promise<void>
}

function gatedFiles(): GatedFiles {
  const memory = memoryFiles()
  const waiting: (() => void)[] = []
  return {
    ...memory,
    waiting,
    async pass() {
      for (const go of waiting.splice(0)) go()
      await drain()
    },
    open: async (name) => {
      const file = await memory.open(name)
      return {
        ...file,
        write: async (data, position) => {
          if (data.some((byte) => byte !== 0)) await new Promise<void>((resolve) => waiting.push(resolve))
          await file.write(data, position)
        },
      }
    },
  }
}

/** Notes in `seen` what became of a promise. */
function watch(seen: string[], name: string, promise: Promise<unknown>): void {
  promise.then(
    () => seen.push(name),
    () => seen.push(`${name} refused`),
  )
}

async function gated(
  options: Partial<FileLedgerOptions> = {},
): Promise<{ files: GatedFiles; ledger: FileLedger; seen: string[] }> {
  const files = gatedFiles()
  return { files, ledger: await openLedger({ files, ...options }), seen: [] }
}

describe('commit', () => {
  it('answers when its group is durable, and its listeners hear of it before', async () => {
    const { files, ledger, seen } = await gated()
    ledger.onDurable((recorded) => seen.push(`durable ${recorded.map(({ seq }) => seq).join(' ')}`))
    watch(seen, 'first', put(ledger, [created(1)]))
    await drain()
    watch(seen, 'second', put(ledger, [created(2)]))
    watch(seen, 'third', put(ledger, [created(3)]))
    await drain()
    assert.deepEqual(seen, [])
    assert.equal(ledger.head.seq, 3)
    await files.pass()
    assert.deepEqual(seen, ['durable 1', 'first'])
    await files.pass()
    assert.deepEqual(seen, ['durable 1', 'first', 'durable 2 3', 'second', 'third'])
  })

  it('decides on a head that has the commits of the same turn, so that two cannot both be the first', async () => {
    const { files, ledger, seen } = await gated()
    const claim = (name: string): Promise<void> =>
      ledger
        .commit((head) => {
          if (head.blocks.size > 0) throw new Error('taken')
          return { events: [created(head.nextBlock)], answer: undefined }
        }, SPACE)
        .then(
          () => void seen.push(`${name} has it`),
          () => void seen.push(`${name} refused`),
        )
    const both = Promise.all([claim('first'), claim('second')])
    await drain()
    assert.deepEqual(seen, [])
    await files.pass()
    await both
    assert.deepEqual(seen.sort(), ['first has it', 'second refused'])
  })

  it('holds back a refusal, an answer without events and a reader until what they saw is durable', async () => {
    const { files, ledger, seen } = await gated()
    watch(seen, 'block', put(ledger, [created(1)]))
    watch(
      seen,
      'decision',
      ledger.commit(() => {
        throw new Error('no')
      }, SPACE),
    )
    watch(seen, 'replay', put(ledger, []))
    watch(seen, 'reader', ledger.settled())
    await drain()
    assert.deepEqual(seen, [])
    await files.pass()
    assert.deepEqual(seen.sort(), ['block', 'decision refused', 'reader', 'replay'])
    const at = ledger.head.seq
    await assert.rejects(
      ledger.commit(() => {
        throw new Error('no')
      }, SPACE),
      /^Error: no$/,
    )
    await ledger.settled()
    assert.equal(ledger.head.seq, at)
  })

  it('a reader waits for the group in flight and for the one behind it', async () => {
    const { files, ledger, seen } = await gated()
    watch(seen, 'first', put(ledger, [created(1)]))
    watch(seen, 'reader of the first', ledger.settled())
    await drain()
    watch(seen, 'second', put(ledger, [created(2)]))
    watch(seen, 'reader of the second', ledger.settled())
    await files.pass()
    await drain()
    assert.deepEqual(seen.sort(), ['first', 'reader of the first'])
    await files.pass()
    assert.deepEqual(seen.slice(2).sort(), ['reader of the second', 'second'])
  })

  it('tells every listener of every group, in the order of their numbers', async () => {
    const files = memoryFiles()
    const ledger = await openLedger({ files })
    const heard: number[][] = [[], []]
    for (const list of heard) ledger.onDurable((recorded) => list.push(...recorded.map(({ seq }) => seq)))
    await Promise.all(Array.from({ length: 200 }, (_, index) => put(ledger, [created(index + 1)])))
    const all = Array.from({ length: 200 }, (_, index) => index + 1)
    assert.deepEqual(heard, [all, all])
    await ledger.close()
  })

  it('gives one group one time, and never an earlier one than before when the clock runs backwards', async () => {
    const clock = new VirtualClock(5_000)
    const files = memoryFiles()
    const ledger = await openLedger({ files, clock })
    const times: number[] = []
    ledger.onDurable((recorded) => times.push(...recorded.map(({ at }) => at)))
    await put(ledger, [created(1)])
    clock.stepWall(-4_000)
    const decided = await ledger.commit((_, now) => ({ events: [released(1)], answer: now }), SPACE)
    clock.stepWall(10_000)
    await put(ledger, [created(2)])
    assert.deepEqual([times, decided], [[5_000, 5_000, 11_000], 5_000])
    assert.equal(ledger.head.blocks.get(1)?.endedAt, 5_000)
    await ledger.close()
    const again = await openLedger({ files, clock: new VirtualClock(1) })
    assert.equal(again.head.at, 11_000)
    assert.equal(await again.commit((_, now) => ({ events: [], answer: now }), SPACE), 11_000)
    await again.close()
  })

  it('takes a group that is larger than what is secured ahead', async () => {
    const files = memoryFiles()
    const ledger = await openLedger({ files })
    const reason = 'y'.repeat(9 << 20)
    await Promise.all([put(ledger, [created(1, { reason })]), put(ledger, [created(2, { reason })])])
    await ledger.close()
    const again = await openLedger({ files })
    assert.equal(again.head.blocks.get(2)?.reason.length, reason.length)
    await again.close()
  })

  it('names the reason when it is full', () => {
    assert.match(String(new LedgerFull(new Error('ENOSPC'))), /only releases and expiries/)
  })
})
