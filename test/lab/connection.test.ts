import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import type { BlockJson, Client, Controller } from '../helpers/controller.ts'
import { noNetns } from '../helpers/netns.ts'
import { LIVE, ROUTER, SPARE, TakenOffSite } from './taken-off-site.ts'
import { Tally } from './tally.ts'

const ROUNDS = Number(process.env['CORDON_ROUNDS'] ?? 3)
/** For figures: a file to which they are appended. */
const TABLE = process.env['CORDON_TABLE']
const WAIT = 10

describe(`a connection that is taken off, ${ROUNDS} times`, { skip: noNetns('sysctl') }, () => {
  let site: TakenOffSite
  let controller: Controller
  let people: { analyst: Client; approver: Client }
  const tally = new Tally()

  before(async () => {
    site = await TakenOffSite.raise()
    controller = await site.start()
    people = {
      analyst: await controller.person('Ada', ['analyst']),
      approver: await controller.person('Grace', ['approver']),
    }
  })
  after(async () => {
    people?.analyst.close()
    people?.approver.close()
    await site?.dispose()
    if (TABLE !== undefined) tally.appendTo(TABLE)
  })

  const propose = (): Promise<BlockJson> =>
    people.analyst.block({ target: 'connection:museum', direction: 'both', duration: '1h' })
  const agree = ({ id, proposal }: BlockJson): Promise<BlockJson> =>
    people.approver.ask('POST', `/v1/blocks/${id}:approve`, {
      body: { digest: proposal?.digest },
      headers: { prefer: `wait=${WAIT}` },
    })

  for (let round = 1; round <= ROUNDS; round += 1)
    test(`round ${round}: what was up is up again, and what was down before stays down`, async () => {
      assert.deepEqual(site.ports(), { [LIVE]: 'up', [SPARE]: 'down' })
      const proposed = await propose()
      assert.equal(proposed.standing, 'proposed')
      await site.flows()
      assert.deepEqual(site.ports(), { [LIVE]: 'up', [SPARE]: 'down' })
      const asked = site.probe.mark()
      const blocked = await agree(proposed)
      assert.equal(blocked.standing, 'in-force', JSON.stringify(blocked))
      assert.deepEqual(blocked.gaps, [])
      assert.deepEqual(
        blocked.holdings.map(({ rule, evidence }) => [rule, evidence]).sort(),
        [LIVE, SPARE].map((name) => [`interface-down ${name}`, 'read-back']),
      )
      tally.note('connection: approve to last packet', Math.max(0, (await site.isSilent()) - asked))
      assert.deepEqual(site.ports(), { [LIVE]: 'down', [SPARE]: 'down' })
      if (round % 3 !== 1) {
        // What was found is on the record, and nowhere else any more.
        await controller.end(round % 3 === 2 ? 'SIGKILL' : 'SIGTERM')
        await site.isSilent()
        controller = await site.start()
        assert.equal((await controller.client.show(blocked.id)).standing, 'in-force')
      }
      const freed = site.probe.mark()
      assert.equal((await people.analyst.release(blocked.id, WAIT)).standing, 'ended')
      for (const [family, at] of await site.flowsAgain(freed))
        tally.note(`connection: release to first packet, IPv${family}`, at - freed)
      assert.deepEqual(site.ports(), { [LIVE]: 'up', [SPARE]: 'down' })
    })

  test('a person at the router who brings the port up twice has the last word', async () => {
    const { id } = await agree(await propose())
    const bringUp = (): void => void site.wired.router.run('ip', 'link', 'set', 'dev', LIVE, 'up')
    bringUp()
    await eventually('it to be down once more', 5_000, () => site.ports()[LIVE] === 'down')
    // It is told to have it, before the second time.
    await eventually(
      'it to be in force',
      5_000,
      async () => (await people.analyst.show(id)).standing === 'in-force',
    )
    bringUp()
    const overridden = await eventually('it to be overridden', 5_000, async () => {
      const { holdings } = await people.analyst.show(id)
      return holdings.find(({ error }) => error?.words.startsWith('overridden') === true)
    })
    assert.equal(overridden.rule, `interface-down ${LIVE}`)
    await site.flows()
    assert.equal((await people.analyst.release(id, WAIT)).standing, 'ended')
    assert.deepEqual(site.ports(), { [LIVE]: 'up', [SPARE]: 'down' })
    const { state } = await controller.client.device(ROUTER)
    assert.equal(state, 'ready')
  })
})
