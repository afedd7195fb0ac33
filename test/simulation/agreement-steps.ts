import assert from 'node:assert/strict'
import { approveBlock, declineBlock, proposeAgain } from '../../src/app/agree.ts'
import { AppError } from '../../src/app/app-error.ts'
import { createBlocks } from '../../src/app/create-blocks.ts'
import { showPlan } from '../../src/app/dry-run.ts'
import type { NewBlock } from '../../src/app/prepare.ts'
import type { Block, Direction, Proposal } from '../../src/domain/block.ts'
import { chance, pick } from '../helpers/random.ts'
import { coverageBy, type Entry } from './account.ts'
import { LIMITS } from './given.ts'
import { settle, tried } from './settle.ts'
import { wideTarget } from './site.ts'
import type { World } from './world.ts'

/** Who may ask for a block, and who may agree to one; and one who may not. */
const ASKERS = ['ann', 'ann', 'ann', 'ben', 'ben', 'local'] as const
const AGREERS = ['ben', 'cas', 'cas', 'cas', 'local', 'ann', 'flows'] as const

/** Asks for something wide; now and then at once, for a short time. */
export async function propose(world: World, breakGlass: boolean): Promise<string> {
  const { random } = world
  const who = breakGlass || chance(random, 0.9) ? (pick(random, ASKERS) ?? 'ann') : 'traps'
  const request: NewBlock = {
    target: wideTarget(random),
    direction: pick<Direction>(random, ['both', 'both', 'to', 'from']) ?? 'both',
    reason: 'simulated',
    evidence: 'established',
    duration: `${60 + Math.floor(random() * 1_800)}s`,
    ...(chance(random, 0.15) ? { action: { rateLimit: 9_000 } } : {}),
    ...(chance(random, 0.3) ? { collateral: ['reachable-too' as const] } : {}),
    ...(breakGlass ? { breakGlass } : {}),
  }
  const caller = world.as(who)
  const done = await tried(world, () => createBlocks(world.app, caller, [request], `k${random()}`))
  if (done instanceof AppError) return `${who} may not ask for ${request.target}: ${done.code}`
  for (const item of done.items) if (item.ok) noteAsked(world, item.block, request, caller.person?.id)
  const [item] = done.items
  return `${who} asks for ${request.target}: ${item?.ok === true ? item.block.id : item?.error.code}`
}

/** Notes a block that was answered just now. */
export function noteAsked(
  world: World,
  block: Block,
  { target }: Pick<NewBlock, 'target'>,
  person: string | undefined,
): void {
  const { account, lists, guards } = world
  account.add(block, target, person, coverageBy({ target, direction: block.direction }, lists, guards))
  const entry = account.entry(block.id)
  if (block.wanted === 'on') world.noteWanted(block)
  if (block.emergency !== true) return
  entry.begun = true
  entry.lapses = world.clock.now() + LIMITS.proposals.emergency
}

/** Somebody agrees, or tries to: with what they were shown, or with something else. */
export async function agree(world: World, id: number | undefined): Promise<string> {
  const { random } = world
  if (id === undefined) return 'nothing to agree to'
  const who = pick(random, AGREERS) ?? 'cas'
  const shown = await settle(world, showPlan(world.app, world.caller, id))
  const stale = chance(random, 0.15)
  // What they were shown when it was asked for may be something else by now.
  const shownThen = world.ledger.head.blocks.get(id)?.proposal?.digest ?? shown.digest
  const digest = stale ? `${shown.digest.slice(1)}x` : chance(random, 0.5) ? shown.digest : shownThen
  const participant = chance(random, 0.8) ? { participant: 'NOC of the site, by telephone' } : {}
  const caller = world.as(who)
  const before = world.ledger.head.blocks.get(id)
  const done = await tried(world, () => approveBlock(world.app, caller, id, { digest, ...participant }))
  if (done instanceof AppError) {
    assertUnchanged(world, id, before, done)
    return `${who} may not agree to ${id}: ${done.code}`
  }
  const entry = world.account.entry(id)
  const person = caller.person?.id
  assert.ok(person !== undefined, `a machine agreed to ${id}`)
  assert.ok(caller.scopes.has('blocks:approve'), `${who} agreed to ${id} without the right to`)
  assert.ok(!stale, `${who} agreed to ${id} with a digest that is not that of its plan`)
  if (world.alone)
    assert.equal(shown.digest, digest, `${who} agreed to ${id}, which is something else by now`)
  assert.equal(before?.proposal?.digest, digest, `${who} agreed to ${id}, of which another plan was proposed`)
  noteAgreed(world, entry, done, person, before?.proposal?.grows === true ? before.proposal : undefined)
  return `${who} agrees to ${id}`
}

function noteAgreed(
  world: World,
  entry: Entry,
  block: Block,
  person: string,
  grew: Proposal | undefined,
): void {
  const { account, lists, guards } = world
  const yes = grew === undefined ? entry.yes : growersOf(world, entry.id, grew)
  assert.ok(!yes.has(person) && entry.asker !== person, `${person} agreed to ${entry.id} twice`)
  // Whoever runs the controller has made everybody known, and is not made two by that.
  assert.ok(
    !yes.has('local') && entry.asker !== 'local',
    `${person} was made known by who asked for ${entry.id}`,
  )
  yes.add(person)
  if (yes.size < 2) return
  account.growing.delete(entry.id)
  entry.begun = true
  entry.lapses = undefined
  if (grew === undefined) entry.until = block.until
  entry.may = coverageBy(entry, lists, guards)
  entry.covers = entry.may
  world.noteWanted(block)
}

/** Who has said yes to this plan of a block that is to cover more. */
function growersOf({ account }: World, id: number, { digest }: Proposal): Set<string> {
  const known = account.growing.get(id)
  const there = known?.digest === digest ? known : { digest, yes: new Set<string>() }
  account.growing.set(id, there)
  return there.yes
}

/** Proposes what a block has become by now. */
export async function again(world: World, id: number | undefined): Promise<string> {
  if (id === undefined) return 'nothing to propose again'
  const who = pick(world.random, ASKERS) ?? 'ann'
  const caller = world.as(who)
  const { digest } = await settle(world, showPlan(world.app, world.caller, id))
  const before = world.ledger.head.blocks.get(id)
  const done = await tried(world, () => proposeAgain(world.app, caller, id, digest))
  if (done instanceof AppError) {
    assertUnchanged(world, id, before, done)
    return `${who} may not propose ${id} again: ${done.code}`
  }
  const person = caller.person?.id ?? ''
  if (before?.proposal?.grows === true) world.account.growing.set(id, { digest, yes: new Set([person]) })
  else {
    const { yes } = world.account.entry(id)
    yes.clear()
    yes.add(person)
  }
  return `${who} proposes ${id} again`
}

export async function decline(world: World, id: number | undefined): Promise<string> {
  if (id === undefined) return 'nothing to decline'
  const who = pick(world.random, AGREERS) ?? 'cas'
  const before = world.ledger.head.blocks.get(id)
  const done = await tried(world, () => declineBlock(world.app, world.as(who), id, 'not now'))
  if (done instanceof AppError) {
    assertUnchanged(world, id, before, done)
    return `${who} may not decline ${id}: ${done.code}`
  }
  world.account.growing.delete(id)
  if (before?.proposal?.grows !== true) world.account.entry(id).ended = 'declined'
  return `${who} declines ${id}`
}

function assertUnchanged(world: World, id: number, before: Block | undefined, { code }: AppError): void {
  if (world.alone)
    assert.equal(
      world.ledger.head.blocks.get(id),
      before,
      `block ${id} changed, though it was refused: ${code}`,
    )
}

/** Something that awaits agreement; now and then something that does not. */
export function awaiting(world: World): number | undefined {
  const { random, ledger } = world
  const blocks = [...ledger.head.blocks.values()]
  const asked = blocks.filter(({ proposal }) => proposal !== undefined)
  const on = asked.filter(({ wanted }) => wanted === 'on')
  if (on.length > 0 && chance(random, 0.5)) return pick(random, on)?.id
  return pick(random, chance(random, 0.95) ? asked : blocks)?.id
}
