import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import type { BlockJson, Controller } from '../helpers/controller.ts'
import { BIRD, type LabSite, noLabSite, raiseLabSite } from '../helpers/lab-site.ts'
import { pick, seeded } from '../helpers/random.ts'
import { routersEqualLedger } from './router-truth.ts'

const KILLS = Number(process.env['CORDON_SPEAKER_KILLS'] ?? 20)
const FREEZES = 3
const SEED = process.env['CORDON_SEED'] ?? 'speaker-kill'
const SETTLED_WITHIN = 30_000
/** What nft needs at most on a busy machine, whatever the speaker does. */
const OTHERS_WITHIN = 2_000

describe('BGP that fails beside a working firewall', { skip: noLabSite() }, () => {
  const random = seeded(SEED)
  let site: LabSite
  let controller: Controller
  let ids: number[] = []

  before(async () => {
    site = await raiseLabSite({ purpose: 'speak', speaker: { answerWithin: 1_000 } })
    controller = await site.start()
    await site.ready(controller)
  })
  after(() => site?.dispose())

  const make = async (wanted: object): Promise<void> => {
    const host = 20 + Math.floor(random() * 100)
    const target = random() < 0.5 ? `203.0.113.${host}` : `2001:db8:101::${host}`
    ids.push((await controller.client.block({ target, direction: 'to', ...wanted })).id)
  }
  const releaseOne = async (): Promise<void> => {
    const id = pick(random, ids)
    if (id === undefined) return
    ids = ids.filter((other) => other !== id)
    await controller.client.release(id)
  }
  /** Blocks come, go and run out while the router is away; one for the firewall alone must not wait for it. */
  const changeMeanwhile = async (): Promise<void> => {
    for (const duration of ['1h', '1h', '1s']) await make({ duration })
    for (let count = 0; count < 2; count += 1) await releaseOne()
    const narrow = { target: '203.0.113.19', direction: 'to' as const, duration: '1h' }
    const match = { protocol: 'udp', destinationPort: 9000 }
    const begun = performance.now()
    const { id, standing } = await controller.client.block({ ...narrow, match }, 10)
    const took = performance.now() - begun
    assert.equal(standing, 'in-force')
    assert.ok(took < OTHERS_WITHIN, `the firewall took ${took} ms`)
    await controller.client.release(id)
  }
  const comesBack = async (): Promise<void> => {
    await routersEqualLedger(site, controller.client, SETTLED_WITHIN)
    let waiting: BlockJson[] = []
    await eventually('every block to be in force', SETTLED_WITHIN, async () => {
      const blocks = await controller.client.list('active=true')
      waiting = blocks.filter(({ standing }) => standing !== 'in-force')
      return waiting.length === 0
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(waiting.slice(0, 3))}`)
    })
    assert.equal(site.speakers.length, 1)
  }
  const signalSpeaker = (signal: NodeJS.Signals): void => {
    const [speaker] = site.speakers
    assert.ok(speaker !== undefined, 'no ExaBGP runs')
    process.kill(speaker, signal)
  }

  const killSpeaker = async (): Promise<void> => {
    await make({ duration: '1h' })
    signalSpeaker('SIGKILL')
    await changeMeanwhile()
    await comesBack()
  }
  const killRouter = async (): Promise<void> => {
    await make({ duration: '1h' })
    await site.killBird('SIGKILL')
    await changeMeanwhile()
    await site.startBird()
    await comesBack()
  }

  // In turns, since ExaBGP waits longer before each further attempt of its life with every lost session (docs/operations.md).
  test(`ExaBGP and BIRD are killed in turns, ${KILLS} times each (seed ${SEED})`, async () => {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await killSpeaker()
      await killRouter()
    }
  })

  test(`ExaBGP is frozen ${FREEZES} times`, async () => {
    for (let freeze = 0; freeze < FREEZES; freeze += 1) {
      signalSpeaker('SIGSTOP')
      await changeMeanwhile()
      await comesBack()
      assert.equal((await controller.client.device(BIRD)).state, 'ready')
    }
  })
})
