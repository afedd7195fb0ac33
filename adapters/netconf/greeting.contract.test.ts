import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { noSsh } from '../../test/helpers/netconf-by-hand.ts'
import { noNetconfd } from '../../test/helpers/netconfd.ts'
import { netconfAdapter } from './index.ts'
import { JUNOS_MODEL } from './testing/models.ts'
import { type Bench, configFor, deviceOn, envFor, startBench } from './testing/netconfd-device.ts'

const HOLD = join(import.meta.dirname, '../../test/helpers/hold-hello.mjs')

describe('a netconfd that reads our hello and our first operation at once', {
  skip: noNetconfd() || noSsh(),
}, () => {
  let bench: Bench
  before(async () => {
    bench = await startBench(JUNOS_MODEL, { behind: `"${process.execPath}" "${HOLD}"` })
  })
  after(() => bench.dispose())

  it('answers it, and those after it', async () => {
    const { config, env } = await deviceOn(bench)
    assert.deepEqual(config, configFor(bench))
    const session = await netconfAdapter.open(config, env ?? envFor(bench))
    try {
      for (let look = 0; look < 2; look += 1) {
        const { rules, foreign } = await session.observe('all', AbortSignal.timeout(10_000))
        assert.deepEqual([rules, foreign], [[], 0])
      }
    } finally {
      await session.close()
    }
  })
})
