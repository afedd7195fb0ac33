import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FileLedger } from '../../src/ledger/file-ledger.ts'
import type { Files } from '../../src/ledger/files.ts'
import { LedgerFull } from '../../src/ledger/ledger.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { created, released } from '../helpers/events.ts'
import { memoryFiles, withCode } from '../helpers/memory-files.ts'
import { type RecordingFiles, recordingFiles } from '../helpers/recording-files.ts'
import { drain, openLedger, plain, put } from '../helpers/test-ledger.ts'

const BIG = 'x'.repeat(100_000)

/** Commits big blocks until the ledger refuses one; returns how many it took. */
async function fillUp(ledger: FileLedger): Promise<number> {
  for (let count = 0; ; count += 1) {
    const block = ledger.head.nextBlock
    const refused = await put(ledger, [created(block, { reason: BIG })]).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (refused === undefined) continue
    assert.ok(refused instanceof LedgerFull, String(refused))
    return count
  }
}

async function started(segmentBytes = 64 << 20): Promise<{ files: RecordingFiles; ledger: FileLedger }> {
  const files = recordingFiles()
  const ledger = await openLedger({
    files,
    segmentBytes,
    onFatal: (error) => assert.fail(`the process had to end: ${String(error)}`),
  })
  return { files, ledger }
}

describe('a full disk', () => {
  for (const segmentBytes of [64 << 20, 2 << 20]) {
    it(`still takes releases, until the reserve is used up (segments of ${segmentBytes >> 20} MiB)`, async () => {
      const { files, ledger } = await started(segmentBytes)
      await put(
        ledger,
        Array.from({ length: 50 }, (_, index) => created(index + 1)),
      )
      files.full = true
      assert.ok((await fillUp(ledger)) > 10)
      for (let block = 1; block <= 40; block += 1) await put(ledger, [released(block)], true)
      await assert.rejects(put(ledger, [created(ledger.head.nextBlock, { reason: BIG })]), LedgerFull)
      let more = 0
      while (await put(ledger, [released(41, BIG)], true).then(() => true, isFull)) more += 1
      assert.ok(more >= 5, `the reserve took ${more}`)
      files.full = false
      await put(ledger, [created(ledger.head.nextBlock), released(42)])
      const state = plain(ledger.head)
      await ledger.close()
      const after = memoryFiles(files.memory.disk())
      assert.deepEqual(plain((await openLedger({ files: after })).head), state)
      await verifyLedger(after)
    })
  }

  it('does not keep a ledger from starting, nor its releases from being recorded', async () => {
    const { files, ledger } = await started()
    await put(ledger, [created(1)])
    files.full = true
    await fillUp(ledger)
    const again = recordingFiles(files.memory.disk())
    again.full = true
    const second = await openLedger({ files: again })
    await assert.rejects(put(second, [created(second.head.nextBlock, { reason: BIG })]), LedgerFull)
    await put(second, [released(1)], true)
    assert.equal(second.head.blocks.get(1)?.wanted, 'off')
    await second.close()
  })

  it('that has no space for the next segment goes on in this one, and uses up no handles', async () => {
    const files = recordingFiles()
    const noNext: Files = {
      ...files,
      open: async (name) => {
        const file = await files.open(name)
        const write = async (): Promise<void> => {
          throw withCode('ENOSPC', name)
        }
        return name.startsWith('00000002') ? { ...file, write } : file
      },
    }
    const ledger = await openLedger({ files: noNext, segmentBytes: 2_000 })
    for (let block = 1; block <= 60; block += 1) {
      await put(ledger, [created(block)])
      await drain()
    }
    const state = plain(ledger.head)
    await ledger.close()
    const count = (op: string): number => files.calls.filter((call) => call.op === op).length
    assert.ok(count('open') > 20)
    assert.equal(count('close'), count('open'))
    assert.deepEqual(plain((await openLedger({ files: memoryFiles(files.memory.disk()) })).head), state)
  })

  it('refuses a redaction that it cannot finish, and erases at the next start', async () => {
    const { files, ledger } = await started()
    await put(ledger, [created(1), released(1)])
    files.full = true
    await assert.rejects(ledger.redact([1], 't1'))
    assert.equal(ledger.head.blocks.get(1), undefined)
    await ledger.close()
    const after = memoryFiles(files.memory.disk())
    await (await openLedger({ files: after })).close()
    for (const [name, body] of after.disk()) assert.equal(body.written().indexOf('reason-of'), -1, name)
  })
})

function isFull(error: unknown): false {
  assert.ok(error instanceof LedgerFull, String(error))
  return false
}
