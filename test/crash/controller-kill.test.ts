import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { folderFiles } from '../../src/ledger/files.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { type BlockJson, type Controller, transpile } from '../helpers/controller.ts'
import { type LabSite, noLabSite, raiseLabSite } from '../helpers/lab-site.ts'
import { chance, seeded } from '../helpers/random.ts'
import { LoadClient, type Wish } from './controller-load.ts'
import { routersEqualLedger } from './router-truth.ts'

const KILLS = Number(process.env['CORDON_ROUTER_KILLS'] ?? 20)
const SEED = process.env['CORDON_SEED'] ?? 'controller-kill'
const CLIENTS = 4
/** Kills between two looks at the routers. */
const CHECK_EVERY = 25
/** The longest that it starts, or works, before a kill. */
const STARTING_MS = 700
const WORKING_MS = 250
const SETTLED_WITHIN = 20_000

describe(`a controller killed ${KILLS} times under load`, { skip: noLabSite() }, () => {
  const random = seeded(SEED)
  const clients = Array.from(
    { length: CLIENTS },
    (_, n) => new LoadClient(`client-${n}`, seeded(`${SEED} ${n}`)),
  )
  let built: ReturnType<typeof transpile>
  let site: LabSite

  before(async () => {
    built = transpile()
    site = await raiseLabSite({ purpose: 'kill', program: built.program })
    const first = await site.start()
    await first.end('SIGKILL')
  })
  after(async () => {
    await site?.dispose()
    built?.remove()
  })

  /** One life: some are not long enough for a single answer. */
  const liveAndDie = async (): Promise<void> => {
    const controller = site.spawn()
    const over = new AbortController()
    const load = Promise.all(clients.map((client) => client.run(controller.client, over.signal)))
    try {
      if (chance(random, 0.2)) await pause(random() * STARTING_MS)
      else {
        await Promise.race([controller.answers(), load])
        await Promise.race([pause(random() * WORKING_MS), load])
      }
      await controller.end('SIGKILL')
    } finally {
      over.abort()
    }
    await load
  }
  const lookAtRouters = async (): Promise<Controller> => {
    const controller = await site.start()
    await routersEqualLedger(site, controller.client, SETTLED_WITHIN)
    assert.ok(site.speakers.length === 1, `${site.speakers.length} speakers run`)
    return controller
  }

  test(`loses nothing that it answered, and both routers equal the ledger (seed ${SEED})`, async () => {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await liveAndDie()
      if (kill % CHECK_EVERY === 0) await (await lookAtRouters()).end('SIGKILL')
    }
    const controller = await lookAtRouters()
    const blocks = await controller.client.list('')
    const wishes = clients.flatMap((client) => client.wishes)
    assert.ok(wishes.length > KILLS, `only ${wishes.length} blocks were asked for`)
    checkAnswers(wishes, blocks)
    await controller.end('SIGTERM')
    const { dropped, events } = await verifyLedger(await folderFiles(site.ledgerFolder))
    assert.equal(dropped, undefined)
    assert.ok(events >= wishes.length)
  })
})

/** Every answer stands as it was given, and no key has made two blocks. */
function checkAnswers(wishes: readonly Wish[], blocks: readonly BlockJson[]): void {
  const byReason = new Map<string, BlockJson[]>()
  for (const block of blocks) byReason.set(block.reason, [...(byReason.get(block.reason) ?? []), block])
  for (const { key, made, released } of wishes) {
    const found = byReason.get(key) ?? []
    assert.ok(found.length <= 1, `${key} made ${found.length} blocks`)
    if (made === undefined) continue
    const [block] = found
    const lasting = (one: BlockJson | undefined) => [
      one?.id,
      one?.target,
      one?.match,
      one?.direction,
      one?.until,
    ]
    assert.deepEqual(lasting(block), lasting(made), key)
    if (released) assert.equal(block?.wanted, 'off', `${key} was released`)
  }
}
