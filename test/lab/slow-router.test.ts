import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { type HandSpeaker, startHandSpeaker } from '../../simulator/hand-speaker.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { freeLink, slowLink, smallSendBuffers } from '../../simulator/slow-link.ts'
import { BIRD, FRR, kernelBlackholes, noBackbone, tellBlackhole } from './backbone.ts'

const BITS_PER_SECOND = 32_000
/** At that rate their messages take more than half a minute. */
const MANY = 3_000
const URGENT = ['203.0.113.10', '203.0.113.11', '203.0.113.74', '203.0.113.75']

describe('a speaker with a slow router', { skip: noBackbone() }, () => {
  let lab: Lab
  let speaker: HandSpeaker

  before(async () => {
    lab = await raiseLab({ topology: 'backbone', name: `slow-${process.pid}`, engine: 'netns', tied: true })
    await smallSendBuffers(lab, 'mgmt')
    speaker = await startHandSpeaker(lab, [BIRD, FRR])
  })
  after(async () => {
    await speaker?.stop()
    await lab?.down()
  })

  const held = async (router: string, family: 4 | 6): Promise<number> =>
    (await kernelBlackholes(lab, router, family)).length

  test('tells another router at once, and the slow one all of it in the end', async () => {
    await slowLink(lab, 'mgmt', FRR, BITS_PER_SECOND)
    const routes = Array.from({ length: MANY }, (_, at) => {
      const address = `2001:db8:101::${(0x1000 + at).toString(16)}`
      // a MED of its own keeps each in a message of its own
      return `announce route ${address}/128 next-hop 100::1 med ${at} community [65535:666 65010:911]`
    })
    await speaker.tellAll(routes, FRR)
    // a speaker reads in order: this one after all of those
    tellBlackhole(speaker, 'announce', BIRD, '203.0.113.78')
    await eventually('the speaker to have read all', 20_000, async () => (await held(BIRD, 4)) === 1)
    for (const [at, address] of URGENT.entries()) {
      for (const router of [BIRD, FRR]) tellBlackhole(speaker, 'announce', router, address)
      await eventually(`${address} at the quick router`, 5_000, async () => (await held(BIRD, 4)) === at + 2)
    }
    assert.ok((await held(FRR, 6)) < MANY, 'the slow router is far behind')
    assert.equal(await held(FRR, 4), 0)
    await freeLink(lab, 'mgmt', FRR)
    await eventually('the slow router to have all', 30_000, async () => (await held(FRR, 6)) === MANY)
    await eventually('the last ones too', 5_000, async () => (await held(FRR, 4)) === URGENT.length)
  })
})
