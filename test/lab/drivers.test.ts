import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Controller } from '../helpers/controller.ts'
import { noDriversSite, raiseDrivers } from '../helpers/drivers-site.ts'
import type { RoutersSite } from '../helpers/routers-site.ts'
import { lacksNothing, ROUNDS, testRounds } from './router-rounds.ts'
import { Tally } from './tally.ts'

/** For figures: a file to which they are appended. */
const TABLE = process.env['CORDON_TABLE']

/** Which router stops what: packets of a block `from` the attacker by an access list, those `to` a host by a route. */
const ROUTERS = [
  { name: 'ietf', direction: 'from', as: 'acl', victim: 'h1', next: 'h2' },
  { name: 'frr', direction: 'to', as: 'd-rtbh', victim: 'h1', next: 'h2' },
] as const

describe(`drivers for which there is no router in the research network, ${ROUNDS} times`, {
  skip: noDriversSite(),
}, () => {
  let site: RoutersSite
  let controller: Controller
  const tally = new Tally()

  before(async () => {
    const placements = ROUTERS.map(({ name, direction, as }) => ({
      ...{ name: `${direction} at ${name}`, when: { direction: [direction] } },
      use: [{ device: name, as }],
    }))
    site = await raiseDrivers(placements)
  })
  after(async () => {
    await site?.dispose()
    if (TABLE !== undefined) tally.appendTo(TABLE)
  })

  test('have all they need, once what has filters is provisioned from the command line', async () => {
    assert.match(await site.cordon('provision', 'device', 'ietf', '--apply'), /added access list CORDON-4/)
    assert.equal(await site.cordon('provision', 'device', 'ietf', '--apply'), 'nothing was lacking\n')
    controller = await site.start(ROUTERS.map(({ name }) => name))
    for (const { name } of ROUTERS) await lacksNothing(controller.client, name)
  })

  testRounds(ROUTERS, () => ({ lab: site.lab, client: controller.client, tally }))
})
