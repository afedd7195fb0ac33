import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { startProbe } from '../../simulator/probe/probe.ts'
import type { BlockJson, Client, Controller } from '../helpers/controller.ts'
import { EDGE, laboratory, laboratoryPort, noNrenSite, raiseNren } from '../helpers/nren-site.ts'
import type { RoutersSite } from '../helpers/routers-site.ts'
import { lacksNothing, probing, ROUNDS, testRounds } from './router-rounds.ts'
import { Tally } from './tally.ts'

/** For figures: a file to which they are appended. */
const TABLE = process.env['CORDON_TABLE']
const WAIT = 10
const CORE = 'core'

/**
 * Which router stops what: packets of a block `to` a host at the core, those `from` the attacker at the laboratory's edge,
 * those of a match at the department's, which is a Linux with nftables behind OpenSSH.
 */
const ROUTERS = [
  { name: CORE, direction: 'to', victim: 'e1', next: 'd1', added: /added filter CORDON-4 .*\n/ },
  { name: EDGE, direction: 'from', victim: 'e1', next: 'd1', added: /added access list CORDON-4\n/ },
  {
    name: 'dept',
    direction: 'to',
    victim: 'd1',
    next: 'e1',
    match: { protocol: 'udp', destinationPort: '9001' },
  },
] as const

describe(`routers that are configured, ${ROUNDS} times`, { skip: noNrenSite() }, () => {
  let site: RoutersSite
  let controller: Controller
  const tally = new Tally()

  before(async () => {
    const placements = ROUTERS.map(({ name, direction, ...more }) => ({
      ...{ name: `${direction} at ${name}`, when: { direction: [direction], narrowed: 'match' in more } },
      use: [{ device: name, as: 'acl' }],
    }))
    const off = {
      ...{ name: 'connections', when: { target: ['connection'] } },
      use: [{ device: EDGE, as: 'interface-down' }],
    }
    site = await raiseNren('nren', {
      placements: [off, ...placements],
      connected: (lab) => [laboratory(lab)],
    })
  })
  after(async () => {
    await site?.dispose()
    if (TABLE !== undefined) tally.appendTo(TABLE)
  })

  const core = () => site.control(CORE)
  const target = (family: 4 | 6): string => site.lab.addressOf('e1', family)

  test('are provisioned from the command line, and then have all they need', async () => {
    for (const { name, ...more } of ROUTERS) {
      if (!('added' in more)) continue
      assert.match(await site.cordon('provision', 'device', name, '--apply'), more.added)
    }
    assert.equal(await site.cordon('provision', 'device', CORE, '--apply'), 'nothing was lacking\n')
    controller = await site.start(ROUTERS.map(({ name }) => name))
    for (const { name } of ROUTERS) await lacksNothing(controller.client, name)
  })

  testRounds(ROUTERS, () => ({ lab: site.lab, client: controller.client, tally }))

  test('a connection whose port is put down is silent, and has what was found when it is released', async () => {
    const edge = site.control(EDGE)
    const port = laboratoryPort(site.lab.topology)
    const [analyst, approver] = await Promise.all([
      controller.person('Ada', ['analyst']),
      controller.person('Grace', ['approver']),
    ])
    const isShut = async (): Promise<boolean> =>
      new RegExp(`^interface ${port}\\n(?: .*\\n)* shutdown$`, 'm').test(await edge.running())
    const families = [4, 6] as const
    const flows = families.map((family) => ({ name: `ipv${family}`, to: 'e1', family, port: 9001, hz: 500 }))
    const probe = await startProbe(site.lab, { flows })
    try {
      const asked = probe.mark()
      await Promise.all(flows.map(({ name }) => probe.through(name, { after: asked })))
      const block = await takeOff(analyst, approver)
      assert.deepEqual(
        block.holdings.map(({ rule, evidence }) => [rule, evidence]),
        [[`interface-down ${port}`, 'read-back']],
      )
      const silent = { after: probe.mark(), quietMs: 250 }
      await Promise.all(flows.map(({ name }) => probe.stopped(name, silent)))
      assert.ok(await isShut())
      const freed = probe.mark()
      assert.equal((await analyst.release(block.id, WAIT)).standing, 'ended')
      await Promise.all(flows.map(({ name }) => probe.resumed(name, { after: freed })))
      assert.ok(!(await isShut()))

      await edge.edit(`interface ${port}\n shutdown\nend`)
      const { id, standing } = await takeOff(analyst, approver)
      assert.equal(standing, 'in-force')
      assert.equal((await analyst.release(id, WAIT)).standing, 'ended')
      assert.ok(await isShut(), 'somebody else has put it down')
      const up = probe.mark()
      await edge.edit(`interface ${port}\n no shutdown\nend`)
      await Promise.all(flows.map(({ name }) => probe.resumed(name, { after: up })))
    } finally {
      await probe.stop()
      analyst.close()
      approver.close()
    }
  })

  test('a person who holds the lock is named, and waited for', async () => {
    await core().lock('ada')
    const { id, holdings } = await controller.client.block(
      { target: target(4), direction: 'to', duration: '1h' },
      1,
    )
    assert.match(JSON.stringify(holdings), /locked.*ada/)
    await core().unlock()
    await eventually('it to be in force', 20_000, async () => {
      const { standing } = await controller.client.show(id)
      return standing === 'in-force'
    })
    await controller.client.release(id, WAIT)
  })

  test('what a person writes into our lists by hand stays, and is shown until they are asked', async () => {
    await core().edit('set policy-options prefix-list CORDON-4-FROM 198.51.100.77/32')
    await controller.client.ask('POST', `/v1/devices/${CORE}:resync`)
    const shown = await eventually('it to be shown', 20_000, async () => {
      const { withheld } = await controller.client.device(CORE)
      return withheld
    })
    assert.equal(shown.count, 1)
    assert.match(shown.why, /by hand/)
    assert.match(await core().running(), /198\.51\.100\.77/)
    const { id } = await controller.client.block({ target: target(4), direction: 'to', duration: '1h' }, WAIT)
    assert.equal((await controller.client.release(id, WAIT)).standing, 'ended')
    assert.match(await core().running(), /198\.51\.100\.77/)
    await controller.client.ask('POST', `/v1/devices/${CORE}:free`)
    await eventually('it to be gone', 20_000, async () => !/198\.51\.100\.77/.test(await core().running()))
  })

  test('an entry that is lost while the controller is dead comes back with the next one', async () => {
    const { id } = await controller.client.block({ target: target(4), direction: 'to', duration: '1h' }, WAIT)
    const prefix = `${target(4)}/32`
    await core().edit(`delete policy-options prefix-list CORDON-4-TO ${prefix}`)
    await controller.end('SIGKILL')
    controller = await site.start([CORE])
    await eventually('the block to stand again', 20_000, async () =>
      (await core().running()).includes(`<name>${prefix}</name>`),
    )
    assert.equal((await controller.client.release(id, WAIT)).standing, 'ended')
    assert.ok(!(await core().running()).includes(`<name>${prefix}</name>`))
  })

  test('a router that starts with an older configuration gets back what is blocked, and loses what is not', async () => {
    const freed = await controller.client.block(
      { target: site.lab.addressOf('e2', 4), direction: 'to', duration: '1h' },
      WAIT,
    )
    const older = await core().running()
    const id = await probing(site.lab, { victim: 'e1', next: 'd1' }, 4, async (probe) => {
      const asked = probe.mark()
      const made = await controller.client.block({ target: target(4), direction: 'to', duration: '1h' }, WAIT)
      await probe.stopped('victim', { after: asked })
      await controller.client.release(freed.id, WAIT)
      const rebooted = probe.mark()
      await core().reboot(older)
      await probe.resumed('victim', { after: rebooted })
      await probe.stopped('victim', { after: probe.mark() })
      return made.id
    })
    await eventually('what is not blocked any more to be gone', 20_000, async () => {
      const running = await core().running()
      return (
        running.includes(`<name>${target(4)}/32</name>`) && !running.includes(`<name>${freed.target}</name>`)
      )
    })
    assert.equal((await controller.client.show(id)).standing, 'in-force')
    await controller.client.release(id, WAIT)
  })
})

/** With the second person that this needs; resolves once it is in force. */
async function takeOff(analyst: Client, approver: Client): Promise<BlockJson> {
  const { id, proposal } = await analyst.block({
    target: 'connection:laboratory',
    direction: 'both',
    duration: '1h',
  })
  const agreed = await approver.ask<BlockJson>('POST', `/v1/blocks/${id}:approve`, {
    body: { digest: proposal?.digest },
    headers: { prefer: `wait=${WAIT}` },
  })
  assert.equal(agreed.standing, 'in-force', JSON.stringify(agreed))
  return agreed
}
