import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { type Client, Client as ClientOf, type Controller } from '../helpers/controller.ts'
import { type LabSite, noLabSite, raiseLabSite } from '../helpers/lab-site.ts'

const WAIT = 10
/** `CORDON_ROUNDS` for figures. */
const ROUNDS = Number(process.env['CORDON_ROUNDS'] ?? 1)
const TABLE = process.env['CORDON_TABLE']

describe('panic without the API', { skip: noLabSite(), timeout: 120_000 + ROUNDS * 60_000 }, () => {
  let site: LabSite
  let controller: Controller

  before(async () => {
    site = await raiseLabSite({ purpose: 'panic' })
    controller = await start()
  })
  after(() => site?.dispose())

  async function start(): Promise<Controller> {
    const started = await site.start()
    await site.ready(started)
    await started.client.ask('POST', '/v1/automation:thaw', { body: {} })
    return started
  }

  /** Blocks of a machine, and one of a person, all in force. */
  async function block(): Promise<{ machines: number[]; persons: number }> {
    const { client } = controller
    const trigger = await machine(client)
    const machines: number[] = []
    for (const [index, target] of ['203.0.113.5', '203.0.113.6', site.lab.addressOf('a1', 4)].entries()) {
      const direction = index < 2 ? ('from' as const) : ('to' as const)
      const wanted = { target, direction, duration: '1h', evidence: 'established' as const }
      const made = await trigger.block(wanted, WAIT)
      assert.equal(made.standing, 'in-force', JSON.stringify(made))
      machines.push(made.id)
    }
    trigger.close()
    const own = await client.block(
      { target: site.lab.addressOf('a2', 4), direction: 'to', duration: '1h' },
      WAIT,
    )
    assert.equal(own.standing, 'in-force')
    return { machines, persons: own.id }
  }

  async function machine(client: Client): Promise<Client> {
    const body = { name: 'a trigger', roles: ['trigger'], origin: 'automatic', permanent: true }
    const made = await client.ask<{ secret: string }>('POST', '/v1/tokens', { body })
    return new ClientOf(site.lab.socketPath('api.sock'), () => made.secret)
  }

  async function heldOf(address: string): Promise<boolean> {
    const [elements, { kernel }] = await Promise.all([site.elements(), site.blackholes()])
    return kernel.includes(address) || elements.some((text) => text.includes(address))
  }

  async function panic(what: string): Promise<void> {
    const begun = performance.now()
    const ended = await site.cordon(
      'panic',
      '--offline',
      '--config',
      site.config,
      '--reason',
      'a test',
      '--yes',
    )
    const ms = Math.round(performance.now() - begun)
    assert.equal(ended.code, 0, `${ended.stdout}${ended.stderr}`)
    for (const address of ['203.0.113.5', '203.0.113.6', site.lab.addressOf('a1', 4)])
      assert.equal(
        await heldOf(address),
        false,
        `${address} is still blocked: ${ended.stdout}${ended.stderr}`,
      )
    assert.equal(await heldOf(site.lab.addressOf('a2', 4)), true, 'what a person blocked stays')
    if (TABLE !== undefined) appendFileSync(TABLE, `${JSON.stringify({ what, ms })}\n`)
  }

  async function goOn({ machines, persons }: { machines: number[]; persons: number }): Promise<void> {
    controller = await site.start()
    await site.ready(controller)
    const { client } = controller
    const automation = await client.ask<{ frozen?: { reason: string }; blocks: number }>(
      'GET',
      '/v1/automation',
    )
    assert.deepEqual([automation.frozen?.reason, automation.blocks], ['a test', 0])
    for (const id of machines) assert.equal((await client.show(id)).ending, 'released')
    // A device that is ready may not have told yet what its witness sees.
    await eventually("the person's block to be in force", 20_000, async () => {
      return (await client.show(persons)).standing === 'in-force'
    })
    await client.release(persons, WAIT)
    await client.ask('POST', '/v1/automation:thaw', { body: {} })
  }

  test(`ends what machines blocked and nothing else, with a controller that hangs (${ROUNDS} times)`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const made = await block()
      process.kill(controller.pid, 'SIGSTOP')
      await panic('the controller hangs')
      assert.equal(controller.running, false, 'it was stopped')
      await goOn(made)
    }
  })

  test(`ends what machines blocked and nothing else, with no controller (${ROUNDS} times)`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const made = await block()
      await controller.end('SIGKILL')
      await panic('no controller')
      await goOn(made)
    }
  })
})
