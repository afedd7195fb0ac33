import { amendBlock } from '../../src/app/amend-block.ts'
import { createBlocks } from '../../src/app/create-blocks.ts'
import { freeDevice, holdDevice, resyncDevice } from '../../src/app/devices.ts'
import type { NewBlock } from '../../src/app/prepare.ts'
import { releaseBlock } from '../../src/app/release-block.ts'
import type { Direction } from '../../src/domain/block.ts'
import { TROUBLED } from '../helpers/faults.ts'
import { chance, pick } from '../helpers/random.ts'
import { again, agree, awaiting, decline, noteAsked, propose } from './agreement-steps.ts'
import { automatic, brake, panicNow } from './brake-steps.ts'
import { settle, tried } from './settle.ts'
import { feed, reload } from './site-steps.ts'
import type { World } from './world.ts'

/** Takes one random step. Refusals are fine; anything unexpected is thrown. */
export async function step(world: World): Promise<string> {
  const told = await chosen(world)(world)
  world.noteAll()
  return told
}

type Step = (world: World) => Promise<string>

/** Steps by how often they are taken, of 1000. */
const STEPS: readonly (readonly [number, Step])[] = [
  [200, create],
  [120, release],
  [45, amend],
  [25, hold],
  [25, free],
  [15, crash],
  [15, trouble],
  [50, (world) => propose(world, false)],
  [15, (world) => propose(world, true)],
  [70, (world) => agree(world, awaiting(world))],
  [15, (world) => again(world, awaiting(world))],
  [15, (world) => decline(world, awaiting(world))],
  [35, reload],
  [40, feed],
  [60, automatic],
  [40, brake],
  [25, atOnce],
  [190, wait],
]

function chosen({ random }: World): Step {
  let dice = random() * 1_000
  for (const [weight, one] of STEPS) {
    if (dice < weight) return one
    dice -= weight
  }
  return wait
}

/** Two things at the same moment, of which each may change what the other is about. */
async function atOnce(world: World): Promise<string> {
  const { random } = world
  const id = awaiting(world)
  const pair = pick<readonly [Step, Step]>(random, [
    [reload, (one) => releaseOne(one, pick(one.random, namedOn(one)))],
    [feed, (one) => releaseOne(one, pick(one.random, leasedOn(one)))],
    [(one) => agree(one, id), (one) => agree(one, id)],
    [(one) => agree(one, id), (one) => releaseOne(one, id)],
    [automatic, panicNow],
  ]) ?? [wait, wait]
  world.alone = false
  const first = pair[0](world)
  // Half of the time the second is decided right behind the first, before anything is on disk.
  if (chance(random, 0.5)) for (let turn = 0; turn < 40; turn += 1) await Promise.resolve()
  const told = await Promise.all([first, pair[1](world)])
  world.alone = true
  // What was answered in that moment was asked for before: after it nothing automatic is taken.
  if (told.includes('panic')) world.account.panicked()
  return `at once: ${told.join(' and ')}`
}

/** Blocks that are on and whose target is a name. */
function namedOn({ ledger }: World): number[] {
  return [...ledger.head.named].filter((id) => ledger.head.blocks.get(id)?.wanted === 'on')
}

function leasedOn({ ledger }: World): number[] {
  return [...ledger.head.blocks.values()].flatMap(({ id, lease, wanted }) =>
    lease !== undefined && wanted === 'on' ? [id] : [],
  )
}

async function create(world: World): Promise<string> {
  const { random, app } = world
  const request = randomBlock(world)
  const caller = world.as(chance(random, 0.7) ? 'local' : (pick(random, ['ann', 'ben']) ?? 'ann'))
  const { items } = await settle(world, createBlocks(app, caller, [request], `k${random()}`))
  for (const item of items) if (item.ok) noteAsked(world, item.block, request, caller.person?.id)
  return `create ${request.target}`
}

function randomBlock(world: World): NewBlock {
  const { random } = world
  const host = Math.floor(random() * 30)
  const target = chance(random, 0.15)
    ? (pick(random, [...world.account.leases.values()]) ?? `10.0.4.${host}`)
    : chance(random, 0.8)
      ? `10.0.0.${host}`
      : chance(random, 0.5)
        ? `2001:db8::${host.toString(16)}`
        : `10.0.0.${host & ~3}/30`
  const direction = pick<Direction>(random, ['to', 'from', 'both']) ?? 'to'
  const narrowed = direction !== 'both' && chance(random, 0.3)
  return {
    target,
    direction,
    reason: 'simulated',
    evidence: 'established',
    ...(narrowed
      ? { match: { protocol: 'udp', destinationPort: pick(random, ['53', '80-90', '123']) } }
      : {}),
    ...(chance(random, 0.2) ? { action: { rateLimit: pick(random, [1_000, 50_000]) ?? 1 } } : {}),
    ...(chance(random, 0.2) ? { permanent: true } : { duration: `${1 + Math.floor(random() * 300)}s` }),
  }
}

async function release(world: World): Promise<string> {
  return releaseOne(world, pick(world.random, [...world.ledger.head.blocks.keys()]))
}

async function releaseOne(world: World, id: number | undefined): Promise<string> {
  if (id === undefined) return 'nothing to release'
  await settle(world, releaseBlock(world.app, world.caller, id, undefined))
  world.account.entry(id).ended ??= 'released'
  return `release ${id}`
}

async function amend(world: World): Promise<string> {
  const id = pick(world.random, [...world.ledger.head.blocks.keys()])
  const block = world.ledger.head.blocks.get(id ?? 0)
  if (block === undefined) return 'nothing to amend'
  const change = { duration: `${1 + Math.floor(world.random() * 300)}s` }
  await tried(world, () => amendBlock(world.app, world.caller, block.id, block.version, change))
  return `amend ${block.id}`
}

async function hold(world: World): Promise<string> {
  const name = pick(world.random, world.deviceNames) ?? ''
  const until = world.clock.now() + 1_000 + Math.floor(world.random() * 120_000)
  await settle(world, holdDevice(world.app, world.caller, name, until, 'simulated'))
  return `hold ${name}`
}

async function free(world: World): Promise<string> {
  const name = pick(world.random, world.deviceNames) ?? ''
  const use = chance(world.random, 0.5) ? freeDevice : resyncDevice
  await settle(world, use(world.app, world.caller, name))
  return `free ${name}`
}

async function crash(world: World): Promise<string> {
  await world.crash()
  return 'crash'
}

async function trouble(world: World): Promise<string> {
  world.trouble(chance(world.random, 0.5) ? TROUBLED : {})
  return 'other weather'
}

async function wait(world: World): Promise<string> {
  const ms = Math.floor(world.random() ** 3 * 60_000)
  await world.clock.advance(ms)
  return `wait ${ms}`
}
