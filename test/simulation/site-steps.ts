import assert from 'node:assert/strict'
import { AppError } from '../../src/app/app-error.ts'
import { importBindings } from '../../src/app/bindings.ts'
import { planInventory, reloadInventory } from '../../src/app/inventory.ts'
import { chance, pick } from '../helpers/random.ts'
import { coverageBy } from './account.ts'
import { settle, tried } from './settle.ts'
import { changedForm } from './site.ts'
import type { World } from './world.ts'

/** The site changes and is read anew; what waits for a person is agreed to now and then. */
export async function reload(world: World): Promise<string> {
  const { random, app } = world
  world.unreadable = chance(random, 0.05)
  if (chance(random, 0.9)) world.form = changedForm(world.form, random)
  const who = pick(random, ['dora', 'local', 'cas']) ?? 'dora'
  const done = await tried(world, () => reloadInventory(app, world.as(who), undefined))
  if (!(done instanceof AppError)) return taken(world, who)
  assert.ok(['inventory-unusable', 'inventory-asks', 'forbidden'].includes(done.code), done.message)
  if (done.code === 'inventory-asks') world.noteSite(world.configured)
  if (done.code !== 'inventory-asks' || chance(random, 0.5)) return `the site is not read: ${done.code}`
  return agreeToSite(world)
}

/** Lets count what waits for a person. */
export async function agreeToSite(world: World): Promise<string> {
  world.unreadable = false
  const dora = world.as('dora')
  const { digest } = await settle(world, planInventory(world.app, dora, undefined))
  await settle(world, reloadInventory(world.app, dora, digest))
  return taken(world, 'dora')
}

function taken(world: World, who: string): string {
  assert.ok(who !== 'cas', 'somebody read the inventory anew who may not')
  world.noteSite(world.configured)
  // Whoever reads it has agreed to what grows by it; of what was asked before, by the same plan, nothing changes.
  const person = world.as(who).person?.id ?? ''
  for (const { id, proposal } of world.ledger.head.blocks.values())
    if (proposal?.grows === true && proposal.agreed.includes(person))
      world.account.growing.set(id, { digest: proposal.digest, yes: new Set([person]) })
  assertAsked(world)
  return `${who} reads ${JSON.stringify(world.form)}`
}

/** Whatever of a target is not covered yet, people are asked about. */
function assertAsked({ account, ledger, lists, clock }: World): void {
  for (const { id, target, wanted, until, emergency, proposal } of ledger.head.blocks.values()) {
    const entry = account.entries.get(id)
    const on = wanted === 'on' && (until === null || until > clock.now())
    if (entry === undefined || !on || target.kind === 'host' || emergency === true) continue
    const more = [...coverageBy(entry, lists)].filter((address) => !entry.covers.has(address))
    if (more.length === 0) continue
    assert.ok(proposal !== undefined && proposal.expires > clock.now(), `nobody is asked how ${id} has grown`)
  }
}

/** Devices with leases, and the addresses that they may have: the first half follows, the second is flagged. */
const MACS = Array.from({ length: 8 }, (_, at) => `02:00:5e:10:00:0${at}`)
const LEASED = Array.from({ length: 14 }, (_, at) => `10.0.4.${at < 8 ? at : at + 9}`)

/** A feed of bindings: somebody comes, goes, or is somewhere else. */
export async function feed(world: World): Promise<string> {
  const { random, account, clock } = world
  const lines = ['address,from,until,mac']
  const now = new Date(clock.now()).toISOString()
  const leave = (mac: string, address: string): void => {
    lines.push(`${address},${world.since.get(mac)},${now},${mac}`)
    account.leases.delete(mac)
    world.since.set(mac, now)
  }
  for (let count = 1 + Math.floor(random() * 3); count > 0; count -= 1) {
    const mac = pick(random, MACS) ?? ''
    const to = chance(random, 0.8) ? pick(random, LEASED) : undefined
    const before = account.leases.get(mac)
    const other = to === undefined ? undefined : account.holderOf(to)
    // A lease lasts for some time at least.
    if ([mac, other ?? ''].some((one) => world.since.get(one) === now)) continue
    if (before !== undefined) leave(mac, before)
    if (other !== undefined && other !== mac) leave(other, to ?? '')
    if (to === undefined) continue
    account.leases.set(mac, to)
    world.since.set(mac, now)
    lines.push(`${to},${now},,${mac}`)
  }
  const told = { text: lines.join('\n'), format: 'csv', source: 'simulated', takeRest: false } as const
  const { problems } = await settle(world, importBindings(world.app, world.caller, told))
  assert.deepEqual(problems, [])
  await clock.advance(0)
  return `feed ${lines.slice(1).join(' ')}`
}
