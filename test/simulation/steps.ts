import { amendBlock } from '../../src/app/amend-block.ts'
import { AppError } from '../../src/app/app-error.ts'
import { createBlocks } from '../../src/app/create-blocks.ts'
import { freeDevice, holdDevice, resyncDevice } from '../../src/app/devices.ts'
import type { NewBlock } from '../../src/app/prepare.ts'
import { releaseBlock } from '../../src/app/release-block.ts'
import type { Direction } from '../../src/domain/block.ts'
import { TROUBLED } from '../helpers/faults.ts'
import { chance, pick } from '../helpers/random.ts'
import type { World } from './world.ts'

/** What the simulation knows to have been answered: the last version of each block, and which have been released. */
export interface Answered {
  readonly created: Set<number>
  readonly released: Set<number>
}

/** Takes one random step. Refusals are fine; anything unexpected is thrown. */
export async function step(world: World, answered: Answered): Promise<string> {
  const dice = world.random()
  if (dice < 0.35) return create(world, answered)
  if (dice < 0.55) return release(world, answered)
  if (dice < 0.62) return amend(world)
  if (dice < 0.65) return hold(world)
  if (dice < 0.68) return free(world)
  if (dice < 0.685) return crash(world)
  if (dice < 0.7) return trouble(world)
  return wait(world)
}

async function create(world: World, answered: Answered): Promise<string> {
  const request = randomBlock(world)
  const { items } = await settle(
    world,
    createBlocks(world.app, world.caller, [request], `k${world.random()}`),
  )
  for (const item of items) {
    if (!item.ok) continue
    answered.created.add(item.block.id)
    world.noteWanted(item.block)
  }
  return `create ${request.target}`
}

function randomBlock(world: World): NewBlock {
  const { random } = world
  const host = Math.floor(random() * 30)
  const target = chance(random, 0.8)
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

async function release(world: World, answered: Answered): Promise<string> {
  const id = pick(world.random, [...world.ledger.head.blocks.keys()])
  if (id === undefined) return 'nothing to release'
  await settle(world, releaseBlock(world.app, world.caller, id, undefined))
  answered.released.add(id)
  return `release ${id}`
}

async function amend(world: World): Promise<string> {
  const id = pick(world.random, [...world.ledger.head.blocks.keys()])
  const block = world.ledger.head.blocks.get(id ?? 0)
  if (block === undefined) return 'nothing to amend'
  const change = { duration: `${1 + Math.floor(world.random() * 300)}s` }
  await settle(world, amendBlock(world.app, world.caller, block.id, block.version, change)).catch(
    onlyRefusals,
  )
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

/** The ledger answers without time passing; a promise that does not would never be answered. */
async function settle<T>(world: World, promise: Promise<T>): Promise<T> {
  let settled = false
  const watched = promise.finally(() => {
    settled = true
  })
  watched.catch(() => {})
  await world.clock.runUntil(() => settled, 0)
  return watched
}

function onlyRefusals(error: unknown): void {
  if (!(error instanceof AppError)) throw error
}
