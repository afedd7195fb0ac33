import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ALL_SCOPES, makeApp } from '../../test/helpers/app.ts'
import { memoryFiles } from '../../test/helpers/memory-files.ts'
import { VirtualClock } from '../../test/helpers/virtual-clock.ts'
import { panicAs } from './automation.ts'
import { createBlocks } from './create-blocks.ts'
import { eventsOf, findEndedBlock, findEndedBlocks } from './find-block.ts'
import { authenticate } from './tokens.ts'

const SECOND = 1_000

describe('of blocks that have left memory', () => {
  it('the ledger says how they ended, by panic as well, and of no other block', async (t) => {
    const virtual = new VirtualClock()
    const files = async () => memoryFiles()
    const app = await makeApp({ virtual, files, retainEndedMs: 10 * SECOND })
    t.after(() => app.close())
    const machine = authenticate(app, await app.token(ALL_SCOPES, 'automatic'))
    const wanted = ['10.10.1.7', '10.10.1.8'].map((target) => ({
      target,
      reason: 'spam',
      duration: '1h',
      direction: 'to' as const,
    }))
    await createBlocks(app, machine, wanted, 'a key')
    await panicAs(app, 'root', 'a drill')
    await virtual.advance(20 * SECOND)
    await createBlocks(
      app,
      authenticate(app, await app.root()),
      [{ ...wanted[0], target: '10.10.1.9', reason: 'scans', duration: '1h' }],
      'another',
    )
    assert.equal(app.ledger.head.blocks.size, 1)
    const block = await findEndedBlock(app, 1)
    assert.deepEqual([block?.wanted, block?.ending], ['off', 'released'])
    assert.deepEqual([...(await findEndedBlocks(app, [1, 2, 99])).keys()], [1, 2])
    for await (const { event } of eventsOf(app, new Set([2])))
      if ('blocks' in event) assert.deepEqual(event.blocks, [2])
  })
})
