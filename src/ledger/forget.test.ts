import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { created, released } from '../../test/helpers/events.ts'
import { memoryFiles } from '../../test/helpers/memory-files.ts'
import { openLedger, put } from '../../test/helpers/test-ledger.ts'
import { VirtualClock } from '../../test/helpers/virtual-clock.ts'

const HOUR = 3_600_000

describe('forgetting', () => {
  it('drops many blocks that ended at one moment a part at a time, and all of them in the end', async () => {
    const [clock, ids] = [new VirtualClock(), Array.from({ length: 2_500 }, (_, at) => at + 1)]
    const ledger = await openLedger({ files: memoryFiles(), clock, retainEndedMs: HOUR })
    await put(
      ledger,
      ids.flatMap((id) => [created(id), released(id)]),
    )
    await clock.advance(2 * HOUR)
    const left: number[] = []
    for (const id of [3_001, 3_002, 3_003, 3_004]) {
      await put(ledger, [created(id)])
      left.push(ids.filter((old) => ledger.head.blocks.has(old)).length)
    }
    assert.deepEqual(left, [1_500, 500, 0, 0])
    await ledger.close()
  })
})
