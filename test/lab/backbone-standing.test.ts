import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { rebootRouter } from '../../simulator/faults.ts'
import { speakerOf } from '../../simulator/site.ts'
import { type BackboneSite, noBackboneSite, raiseBackboneSite } from '../helpers/backbone-site.ts'
import type { Controller } from '../helpers/controller.ts'
import { ROUTERS } from './backbone.ts'
import {
  blockAll,
  type HeldBy,
  heldBy,
  isSame,
  leastHeld,
  NOTHING,
  releaseAll,
  speakerPid,
  WHOLE,
} from './backbone-holds.ts'

/** How often each thing happens; the figures of docs/operations.md had 20. */
const ROUNDS = Number(process.env['CORDON_ROUNDS'] ?? 1)
/** A file that gets a line of JSON for each. */
const TABLE = process.env['CORDON_TABLE']
const WAIT = 20
/** A frozen speaker is replaced within half of it: so that the test need not take half a minute. */
const HOLD_TIMES = Object.fromEntries(ROUTERS.map((router) => [router, { holdTime: 15 }]))
const BACK_MS = 90_000

function placements(devices: readonly string[]): unknown {
  const use = (as: string) => devices.map((device) => ({ device, as }))
  return {
    placements: [
      { name: 'exact', when: { narrowed: true }, use: use('flow') },
      { name: 'hosts', when: {}, use: use('d-rtbh') },
    ],
  }
}

/** A backbone with all blocks in force before each test, and nothing left after it. */
function standing(speakers: Readonly<Record<string, string>>, define: (scene: Scene) => void): void {
  const devices = Object.keys(speakers)
  const scene = new Scene(devices)
  before(async () => {
    scene.site = await raiseBackboneSite({
      purpose: `bbh${devices.length}`,
      placements: placements(devices),
      devices: (lab) =>
        devices.map((name) =>
          speakerOf(lab, { name, routers: ROUTERS, session: speakers[name] ?? '', over: HOLD_TIMES }),
        ),
    })
    scene.controller = await scene.site.start(devices)
  })
  beforeEach(async () => {
    await blockAll(scene.controller.client, WAIT)
    await scene.become(WHOLE)
  })
  afterEach(async () => {
    await releaseAll(scene.controller.client, WAIT)
    await scene.become(NOTHING)
  })
  after(() => scene.site?.dispose())
  define(scene)
}

class Scene {
  site!: BackboneSite
  controller!: Controller
  readonly devices: readonly string[]

  constructor(devices: readonly string[]) {
    this.devices = devices
  }

  async become(wanted: HeldBy): Promise<void> {
    try {
      await eventually('the routers to hold what they should', BACK_MS, async () =>
        isSame(await heldBy(this.site.lab), wanted),
      )
    } catch {
      assert.deepEqual(await heldBy(this.site.lab), wanted)
    }
  }

  /** Everything in force again, by the witnesses. */
  async inForce(): Promise<void> {
    await eventually('every block to be in force', BACK_MS, async () => {
      const blocks = await this.controller.client.list('active=true')
      return blocks.every(({ standing }) => standing === 'in-force')
    })
    await this.become(WHOLE)
  }

  note(what: string, least: HeldBy, begun: number): void {
    const ms = Math.round(performance.now() - begun)
    if (TABLE !== undefined) appendFileSync(TABLE, `${JSON.stringify({ what, ms, least })}\n`)
  }

  /** @returns the least that routers held from the event until all was well again */
  async through(
    what: string,
    event: () => Promise<void> | void,
    again = () => this.inForce(),
  ): Promise<HeldBy> {
    const begun = performance.now()
    const happening = (async () => {
      await event()
      await again()
    })()
    const least = await leastHeld(this.site.lab, happening)
    this.note(what, least, begun)
    return least
  }

  /** Resolves once the device has another speaker than this one, which answers. */
  async replaced(device: string, pid: number): Promise<void> {
    await eventually(`${device} to have another speaker`, BACK_MS, async () => {
      const { state } = await this.controller.client.device(device)
      return state === 'ready' && speakerPid(this.site.lab, device) !== pid
    })
  }
}

function rounds(name: string, run: () => Promise<void>): void {
  test(`${name} (${ROUNDS} times)`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) await run()
  })
}

describe('what the routers of a backbone hold', { skip: noBackboneSite() }, () => {
  standing({ core: 'speaker' }, (scene) => {
    rounds('all of it while the controller is killed and starts anew', async () => {
      const least = await scene.through(
        'controller killed',
        async () => {
          await scene.controller.end('SIGKILL')
          scene.controller = await scene.site.start(scene.devices, false)
        },
        () => scene.become(WHOLE),
      )
      assert.deepEqual(least, WHOLE)
    })

    rounds('all of it again, and nothing else, after ExaBGP is killed', async () => {
      await scene.through('ExaBGP killed', async () => {
        const pid = speakerPid(scene.site.lab, 'core')
        process.kill(pid, 'SIGKILL')
        await scene.replaced('core', pid)
      })
    })

    rounds('all of it while ExaBGP is frozen, since that is replaced before the hold time ends', async () => {
      const least = await scene.through('ExaBGP frozen', async () => {
        const pid = speakerPid(scene.site.lab, 'core')
        process.kill(pid, 'SIGSTOP')
        await scene.replaced('core', pid)
      })
      assert.deepEqual(least, WHOLE)
    })

    for (const router of ROUTERS)
      rounds(`all of it again after ${router} is rebooted, and the others all the time`, async () => {
        const least = await scene.through(`${router} rebooted`, () => rebootRouter(scene.site.lab, router))
        for (const other of ROUTERS) if (other !== router) assert.deepEqual(least[other], WHOLE[other], other)
      })
  })
})

describe('what routers with two speakers hold', { skip: noBackboneSite() }, () => {
  standing({ core: 'speaker', second: 'speaker2' }, (scene) => {
    rounds('all of it while one speaker is killed after the other', async () => {
      const least = await scene.through('both speakers killed in turn', async () => {
        for (const device of scene.devices) {
          const pid = speakerPid(scene.site.lab, device)
          process.kill(pid, 'SIGKILL')
          await scene.replaced(device, pid)
          await scene.inForce()
        }
      })
      assert.deepEqual(least, WHOLE)
    })
  })
})
