import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { created, released, triggerTaken } from '../../test/helpers/events.ts'
import { memoryFiles } from '../../test/helpers/memory-files.ts'
import { openLedger, put } from '../../test/helpers/test-ledger.ts'
import { VirtualClock } from '../../test/helpers/virtual-clock.ts'
import { incidentKey } from './fold-trigger.ts'

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

  for (const hours of [0, 1, 24, 48, 24 * 365])
    it(`counts openings of an incident alike when blocks are remembered for ${hours} h`, async () => {
      const clock = new VirtualClock()
      const ledger = await openLedger({ files: memoryFiles(), clock, retainEndedMs: hours * HOUR })
      const opens: number[] = []
      for (const [at, silence] of [0, 1, 22, 2, 23, 25, 1, 30 * 24].entries()) {
        await clock.advance(silence * HOUR)
        // The ledger forgets with what is written, so that something is, ahead of what is asked about.
        await put(ledger, [created(at + 1)])
        await put(ledger, [triggerTaken(at + 1, { id: 'i', kind: 'open', attack: false })])
        opens.push(ledger.head.incidents.get(incidentKey('t1', 'i'))?.opens.length ?? -1)
      }
      assert.deepEqual(opens, [1, 1, 1, 0, 0, 1, 1, 1])
      await ledger.close()
    })
})
