import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { readMatch } from '../../src/domain/match.ts'
import { DROP, filterRule } from '../../src/domain/rule.ts'
import { noSsh } from '../../test/helpers/netconf-by-hand.ts'
import { noNetconfd } from '../../test/helpers/netconfd.ts'
import { netconfAdapter } from './index.ts'
import { IETF_MODEL } from './testing/models.ts'
import { type Bench, deviceOn, startBench } from './testing/netconfd-device.ts'

const RULE = filterRule('acl', readMatch(4, { source: '198.51.100.7/32' }), DROP)
const NEVER = new AbortController().signal

describe('a server that loses the order of entries when it commits (netconfd)', {
  skip: noNetconfd() || noSsh(),
}, () => {
  let bench: Bench
  before(async () => {
    bench = await startBench(IETF_MODEL)
  })
  after(() => bench.dispose())

  it('is seen to block nothing, from the first block on, and gives it back', async () => {
    const { config, env } = await deviceOn(bench)
    await netconfAdapter.install?.(config, env, NEVER)
    const session = await netconfAdapter.open(config, env)
    try {
      const outcome = (await session.apply({ put: [RULE], remove: [] }, NEVER)).get(RULE.key)
      assert.equal(outcome?.result, 'unknown')
      assert.match(outcome.words, /entry CORDON-REST of CORDON-4 comes ahead/)
      assert.equal((await session.apply({ put: [], remove: [RULE] }, NEVER)).get(RULE.key)?.result, 'done')
      assert.doesNotMatch(await bench.other.running(), /198\.51\.100\.7/)
    } finally {
      await session.close()
    }
  })
})
