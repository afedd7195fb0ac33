import assert from 'node:assert/strict'
import { AppError } from '../../src/app/app-error.ts'
import {
  type Automation,
  freeze,
  muteSource,
  panic,
  resetBreakers,
  thaw,
  unmuteSource,
} from '../../src/app/automation.ts'
import { createBlocks } from '../../src/app/create-blocks.ts'
import type { Caller } from '../../src/app/rights.ts'
import { chance, pick } from '../helpers/random.ts'
import { addressesOf } from './account.ts'
import { noteAsked } from './agreement-steps.ts'
import { LIMITS, MACHINES } from './given.ts'
import { tried } from './settle.ts'
import type { World } from './world.ts'

const MINUTE = 60_000

/** A machine asks for a block of one host. */
export async function automatic(world: World): Promise<string> {
  const { random, account, clock } = world
  const who = pick(random, MACHINES) ?? 'flows'
  const caller = world.as(who)
  const source = caller.token.id
  const request = {
    target: `10.0.0.${Math.floor(random() * 30)}`,
    reason: 'simulated',
    evidence: 'established' as const,
    duration: `${10 + Math.floor(random() * 400)}s`,
  }
  const stopped = whyStopped(world, source, request.target)
  const alone = account.muted.has(source) || account.tripped.has(`source:${source}`)
  account.attempts.push({ source, at: clock.now(), alone })
  const done = await tried(world, () => createBlocks(world.app, caller, [request], `k${random()}`))
  if (done instanceof AppError) return `${who} may not: ${done.code}`
  const [item] = done.items
  if (item === undefined || !item.ok) {
    for (const { message } of item?.error.refusals ?? []) noteTripped(world, message)
    return `${who} is refused: ${item?.error.refusals.map(({ code }) => code).join(', ')}`
  }
  assert.equal(stopped, undefined, `${who} blocks ${request.target} although ${stopped}`)
  noteAsked(world, item.block, request, undefined)
  assertWithinBreakers(world, source)
  return `${who} blocks ${request.target}: ${item.block.id}`
}

function noteTripped({ account }: World, message: string): void {
  const name = /until a person resets the breaker (\S+) /.exec(message)?.[1]
  if (name !== undefined) account.tripped.add(name)
}

/** What stops this machine from blocking this address, by what the steps did and were told. */
function whyStopped({ account, lists }: World, source: string, target: string): string | undefined {
  if (account.frozen) return 'automation is frozen'
  if (account.muted.has(source)) return 'it is muted'
  const within = lists.departments.filter(({ prefixes }) =>
    prefixes.flatMap(addressesOf).includes(addressesOf(target)[0] ?? 0),
  )
  const names = within.map(({ name }) => `department:${name}`)
  const tripped = ['all', `source:${source}`, ...names].find((name) => account.tripped.has(name))
  return tripped === undefined ? undefined : `the breaker ${tripped} has tripped`
}

/** Whatever is taken of machines is within every number that the site gives. */
function assertWithinBreakers(world: World, source: string): void {
  const { account, clock, ledger } = world
  const most = LIMITS.breaker
  const on = [...ledger.head.blocks.values()].filter(
    ({ wanted, origin }) => wanted === 'on' && origin.kind === 'automatic',
  )
  const since = clock.now() - MINUTE
  assert.ok(account.attemptsSince(since, source) <= most.perMinute, 'one source is too fast')
  assert.ok(account.attemptsSince(since) <= most.allPerMinute, 'all sources together are too fast')
  assert.ok(
    on.filter(({ origin }) => origin.token === source).length <= most.hosts,
    'one source has too many',
  )
  assert.ok(on.length <= most.allHosts, 'all sources together have too many')
}

/** Somebody brakes automation, or lets it go on. */
export async function brake(world: World): Promise<string> {
  const { random, app, account } = world
  const caller = world.as(chance(random, 0.9) ? 'dora' : 'ann')
  const token = world.as(pick(random, MACHINES) ?? 'flows').token.id
  const words = 'simulated'
  const dice = random()
  if (dice < 0.15) return panicNow(world)
  if (dice < 0.25)
    return did(
      world,
      () => freeze(app, caller, words),
      () => (account.frozen = true),
    )
  if (dice < 0.55)
    return did(
      world,
      () => thaw(app, caller),
      () => (account.frozen = false),
    )
  if (dice < 0.75) return muteOne(world, caller, token, dice < 0.6)
  return did(
    world,
    () => resetBreakers(app, caller, undefined),
    () => account.tripped.clear(),
  )
}

function muteOne(world: World, caller: Caller, token: string, mutes: boolean): Promise<string> {
  const { app, account } = world
  return did(
    world,
    () => (mutes ? muteSource(app, caller, token, 'simulated') : unmuteSource(app, caller, token)),
    () => (mutes ? account.muted.add(token) : account.muted.delete(token)),
  )
}

async function did(world: World, doing: () => Promise<Automation>, note: () => unknown): Promise<string> {
  const done = await tried(world, doing)
  if (done instanceof AppError) return `a brake is refused: ${done.code}`
  note()
  const { frozen, breakers, muted } = done
  return `automation ${frozen === undefined ? 'runs' : 'is frozen'}, ${breakers.size} tripped, ${muted.size} muted`
}

/** After it nothing automatic is on. */
export async function panicNow(world: World): Promise<string> {
  const done = await tried(world, () => panic(world.app, world.as('dora'), 'simulated'))
  assert.ok(!(done instanceof AppError))
  world.account.frozen = true
  world.account.panicked()
  assertNothingAutomatic(world)
  return 'panic'
}

export function assertNothingAutomatic({ ledger }: World): void {
  const left = [...ledger.head.blocks.values()].filter(
    ({ wanted, origin }) => wanted !== 'off' && origin.kind === 'automatic',
  )
  assert.deepEqual(
    left.map(({ id }) => id),
    [],
    'automatic blocks after panic',
  )
}
