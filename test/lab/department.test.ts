import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { BlockJson, Client, Controller } from '../helpers/controller.ts'
import { noNetns } from '../helpers/netns.ts'
import { type DEPARTMENTS, DepartmentSite } from './department-site.ts'
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

  test('the network goes on speaking to it: neighbours are found, BGP and packet-too-big pass, nothing else does', async () => {
    assert.deepEqual(await site.controlSurprises('open'), [])
    const { id, standing } = await agree(await propose())
    assert.equal(standing, 'in-force')
    site.forgetNeighbours()
    assert.deepEqual(await site.surprises('physics'), [])
    assert.deepEqual(await site.controlSurprises('blocked'), [])
    await people.analyst.release(id, WAIT)
    assert.deepEqual(await site.surprises(undefined), [])
  })

  const propose = (name = 'physics'): Promise<BlockJson> =>
    people.analyst.block({ target: `department:${name}`, direction: 'both', duration: '1h' })
  const agree = ({ id, proposal }: BlockJson): Promise<BlockJson> =>
    people.approver.ask('POST', `/v1/blocks/${id}:approve`, {
      body: { digest: proposal?.digest },
      headers: { prefer: `wait=${WAIT}` },
    })

  async function blockOnce(department: keyof typeof DEPARTMENTS): Promise<void> {
    assert.deepEqual(await site.surprises(undefined), [])
    const proposed = await propose(department)
    assert.equal(proposed.standing, 'proposed')
    assert.deepEqual(await site.surprises(undefined), [], 'before anybody has agreed')
    const asked = site.mark()
    const blocked = await agree(proposed)
    assert.equal(blocked.standing, 'in-force', JSON.stringify(blocked))
    assert.deepEqual(blocked.gaps, [])
    const name = `department ${department}, ${blocked.holdings.length} rules`
    tally.note(
      `${name}: approve to last packet`,
      Math.max(0, (await site.stopped(department, asked)) - asked),
    )
    assert.deepEqual(await site.surprises(department), [])
    const freed = site.mark()
    assert.equal((await people.analyst.release(blocked.id, WAIT)).standing, 'ended')
    tally.note(`${name}: release to first packet`, (await site.resumed(department, freed)) - freed)
    assert.deepEqual(await site.surprises(undefined), [])
    assert.deepEqual(site.lost(), [])
  }

  for (let round = 1; round <= ROUNDS; round += 1)
    for (const department of ['physics', 'optics'] as const)
      test(`round ${round}: ${department} reaches resolver and portal and nobody else, and its neighbours notice nothing`, () =>
        blockOnce(department))
})
