import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { rebootRouter } from '../../simulator/faults.ts'
import { complaintsOf } from '../../simulator/router-state.ts'
import { speakerOf } from '../../simulator/site.ts'
import { type BackboneSite, noBackboneSite, raiseBackboneSite } from '../helpers/backbone-site.ts'
import type { Controller } from '../helpers/controller.ts'
import { BIRD, FLOW, FRR, ROUTERS } from './backbone.ts'
import {
  alwaysHeld,
  BLOCKED,
  blockAll,
  both,
  exchange,
  exchanged,
  type HeldBy,
  heldBy,
  heldFor,
  isSame,
  NOTHING,
  releaseAll,
  speakerPid,
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
      // Many rounds block more hosts in a day than one person may without another.
      over: { limits: { wide: { ownHostsInADay: 1_000_000 } } },
      devices: (lab) =>
        devices.map((name) =>
          speakerOf(lab, { name, routers: ROUTERS, session: speakers[name] ?? '', over: HOLD_TIMES }),
        ),
    })
    scene.controller = await scene.site.start(devices)
  })
  beforeEach(async () => {
    scene.blocked = BLOCKED
    await blockAll(scene.controller.client, BLOCKED, WAIT)
    await scene.become(heldFor(BLOCKED))
  })
  afterEach(async () => {
    await releaseAll(scene.controller.client, WAIT)
    await scene.become(NOTHING)
  })
  after(() => scene.site?.dispose())
  define(scene)
}

interface Trouble {
  readonly what: string
  cut(): Promise<void> | void
  mend(): Promise<void>
  again?(): Promise<void>
}

interface Kept {
  readonly kept: HeldBy
  readonly stays: HeldBy
}

class Scene {
  site!: BackboneSite
  controller!: Controller
  blocked = BLOCKED
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
      const held = await heldBy(this.site.lab)
      assert.deepEqual({ held, complaints: this.complaints() }, { held: wanted, complaints: [] })
    }
  }

  /** Everything in force again, by the witnesses. */
  async inForce(): Promise<void> {
    await eventually('every block to be in force', BACK_MS, async () => {
      const blocks = await this.controller.client.list('active=true')
      return blocks.every(({ standing }) => standing === 'in-force')
    })
  }

  complaints(): string[] {
    return complaintsOf(this.site.lab.runtimeFolder, FLOW)
  }

  note(what: string, always: HeldBy, stays: HeldBy, begun: number): void {
    const ms = Math.round(performance.now() - begun)
    const kept = ROUTERS.map((router) => [router, `${always[router]?.length} of ${stays[router]?.length}`])
    const line = { what, ms, kept: Object.fromEntries(kept) as unknown, complaints: this.complaints() }
    if (TABLE !== undefined) appendFileSync(TABLE, `${JSON.stringify(line)}\n`)
  }

  /**
   * Something happens to what blocks stand on. Meanwhile some of them end and others begin; when it is over, the routers
   * hold those that are on and nothing else.
   * @returns what routers held all the time of what is blocked before and after, and what that is
   */
  async through({ what, cut, mend, again = () => this.inForce() }: Trouble): Promise<Kept> {
    const begun = performance.now()
    const [from, to] = [this.blocked, exchanged(this.blocked)]
    const happening = (async () => {
      await cut()
      await Promise.all([exchange(this.controller.client, from, to), mend()])
      await again()
      await this.become(heldFor(to))
    })()
    const always = await alwaysHeld(this.site.lab, happening)
    this.blocked = to
    const stays = both(heldFor(from), heldFor(to))
    const kept = both(always, stays)
    this.note(what, kept, stays, begun)
    return { kept, stays }
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
    const anew = async (): Promise<void> => {
      scene.controller = await scene.site.start(scene.devices, false)
    }
    // Its witnesses would have to be back first, which takes longer than what is looked at.
    const again = async (): Promise<void> => {}

    rounds('all of it while the controller is killed and starts anew', async () => {
      const cut = async (): Promise<void> => {
        await scene.controller.end('SIGKILL')
        await anew()
      }
      const { kept, stays } = await scene.through({ what: 'controller killed', cut, mend: again, again })
      assert.deepEqual(kept, stays)
    })

    rounds('all of it again, and nothing else, after ExaBGP is killed', async () => {
      const pid = speakerPid(scene.site.lab, 'core')
      const cut = (): void => void process.kill(pid, 'SIGKILL')
      await scene.through({ what: 'ExaBGP killed', cut, mend: () => scene.replaced('core', pid) })
    })

    rounds('all of it while ExaBGP is frozen, since that is replaced before the hold time ends', async () => {
      const pid = speakerPid(scene.site.lab, 'core')
      const cut = (): void => void process.kill(pid, 'SIGSTOP')
      const mend = (): Promise<void> => scene.replaced('core', pid)
      const { kept, stays } = await scene.through({ what: 'ExaBGP frozen', cut, mend })
      assert.deepEqual(kept, stays)
    })

    rounds('nothing of it at BIRD and FRR once ExaBGP is frozen for too long, and all at GoBGP', async () => {
      const pid = speakerPid(scene.site.lab, 'core')
      const cut = async (): Promise<void> => {
        await scene.controller.end('SIGKILL')
        process.kill(pid, 'SIGSTOP')
        await eventually('BIRD and FRR to let go', BACK_MS, async () => {
          const held = await heldBy(scene.site.lab)
          return [BIRD, FRR].every((router) => held[router]?.length === 0)
        })
        await anew()
      }
      const what = 'ExaBGP frozen, and not ended in time'
      const { kept, stays } = await scene.through({ what, cut, mend: again, again })
      assert.deepEqual(kept, { ...NOTHING, [FLOW]: stays[FLOW] })
    })

    for (const router of ROUTERS)
      rounds(`all of it again after ${router} is rebooted, and the others all the time`, async () => {
        const { kept, stays } = await scene.through({
          what: `${router} rebooted`,
          cut: () => undefined,
          mend: () => rebootRouter(scene.site.lab, router),
        })
        for (const other of ROUTERS) if (other !== router) assert.deepEqual(kept[other], stays[other], other)
      })
  })
})

describe('what routers with two speakers hold', { skip: noBackboneSite() }, () => {
  standing({ core: 'speaker', second: 'speaker2' }, (scene) => {
    rounds('all of it while one speaker is killed after the other', async () => {
      for (const device of scene.devices) {
        const pid = speakerPid(scene.site.lab, device)
        const cut = (): void => void process.kill(pid, 'SIGKILL')
        const mend = (): Promise<void> => scene.replaced(device, pid)
        const { kept, stays } = await scene.through({ what: `${device} killed`, cut, mend })
        assert.deepEqual(kept, stays)
      }
    })
  })
})
