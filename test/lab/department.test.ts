import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { BlockJson, Client, Controller } from '../helpers/controller.ts'
import { noNetns } from '../helpers/netns.ts'
import { DepartmentSite } from './department-site.ts'
import { Tally } from './tally.ts'

const ROUNDS = Number(process.env['CORDON_ROUNDS'] ?? 3)
/** For figures: a file to which they are appended. */
const TABLE = process.env['CORDON_TABLE']
const WAIT = 10

describe(`a department that is blocked, ${ROUNDS} times`, {
  skip: noNetns('sysctl', 'nft', 'python3'),
}, () => {
  let site: DepartmentSite
  let controller: Controller
  let people: { analyst: Client; approver: Client }
  const tally = new Tally()

  before(async () => {
    site = await DepartmentSite.raise()
    controller = await site.start()
    people = {
      analyst: await site.wired.person(controller, 'Ada', ['analyst']),
      approver: await site.wired.person(controller, 'Grace', ['approver']),
    }
  })
  after(async () => {
    people?.analyst.close()
    people?.approver.close()
    await site?.dispose()
    if (TABLE !== undefined) tally.appendTo(TABLE)
  })

  test('the network goes on speaking to it: neighbours are found, BGP and packet-too-big pass, nothing else does', async () => {
    assert.deepEqual(await site.controlSurprises('open'), [])
    const { id, standing } = await agree(await propose())
    assert.equal(standing, 'in-force')
    site.forgetNeighbours()
    assert.deepEqual(await site.surprises('blocked'), [])
    assert.deepEqual(await site.controlSurprises('blocked'), [])
    await people.analyst.release(id, WAIT)
    assert.deepEqual(await site.surprises('open'), [])
  })

  const propose = (): Promise<BlockJson> =>
    people.analyst.block({ target: 'department:physics', direction: 'both', duration: '1h' })
  const agree = ({ id, proposal }: BlockJson): Promise<BlockJson> =>
    people.approver.ask('POST', `/v1/blocks/${id}:approve`, {
      body: { digest: proposal?.digest },
      headers: { prefer: `wait=${WAIT}` },
    })

  for (let round = 1; round <= ROUNDS; round += 1)
    test(`round ${round}: reaches resolver and portal and nobody else, and its neighbours notice nothing`, async () => {
      assert.deepEqual(await site.surprises('open'), [])
      const proposed = await propose()
      assert.equal(proposed.standing, 'proposed')
      assert.deepEqual(await site.surprises('open'), [], 'before anybody has agreed')
      const asked = site.mark()
      const blocked = await agree(proposed)
      assert.equal(blocked.standing, 'in-force', JSON.stringify(blocked))
      assert.deepEqual(blocked.gaps, [])
      tally.note('department: approve to last packet', Math.max(0, (await site.stopped(asked)) - asked))
      assert.deepEqual(await site.surprises('blocked'), [])
      const freed = site.mark()
      assert.equal((await people.analyst.release(blocked.id, WAIT)).standing, 'ended')
      tally.note('department: release to first packet', (await site.resumed(freed)) - freed)
      assert.deepEqual(await site.surprises('open'), [])
      assert.deepEqual(site.lost(), [])
    })
})
