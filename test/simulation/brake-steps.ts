import assert from 'node:assert/strict'
import { AppError } from '../../src/app/app-error.ts'
import { freeze, muteSource, panic, resetBreakers, thaw, unmuteSource } from '../../src/app/automation.ts'
import { createBlocks } from '../../src/app/create-blocks.ts'
import { chance, pick } from '../helpers/random.ts'
import { noteAsked } from './agreement-steps.ts'
import { tried } from './settle.ts'
import { LIMITS, MACHINES, type World } from './world.ts'

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
  const stopped = whyStopped(world, source)
  account.attempts.push({ source, at: clock.now() })
  const done = await tried(world, () => createBlocks(world.app, caller, [request], `k${random()}`))
  if (done instanceof AppError) return `${who} may not: ${done.code}`
  const [item] = done.items
  if (item === undefined || !item.ok) return `${who} is refused: ${item?.error.code}`
  assert.equal(stopped, undefined, `${who} blocks ${request.target} although ${stopped}`)
  noteAsked(world, item.block, request, undefined)
  assertWithinBreakers(world, source)
  return `${who} blocks ${request.target}: ${item.block.id}`
}

/** What stops this machine, by what the steps did and what has tripped. */
function whyStopped({ account, ledger }: World, source: string): string | undefined {
  if (account.frozen) return 'automation is frozen'
  if (account.muted.has(source)) return 'it is muted'
  const tripped = ['all', `source:${source}`].find((name) => ledger.head.breakers.has(name))
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
  assert.ok(on.filter(({ origin }) => origin.token === source).length <= most.hosts, 'one source has too many')
  assert.ok(on.length <= most.allHosts, 'all sources together have too many')
}

/** Somebody brakes automation, or lets it go on. */
export async function brake(world: World): Promise<string> {
  const { random, app, account } = world
  const who = chance(random, 0.9) ? 'dora' : 'ann'
  const caller = world.as(who)
  const token = world.as(pick(random, MACHINES) ?? 'flows').token.id
  const dice = random()
  if (dice < 0.15) return panicNow(world)
  if (dice < 0.25) return did(world, () => freeze(app, caller, 'simulated'), 'freeze', () => (account.frozen = true))
  if (dice < 0.55) return did(world, () => thaw(app, caller), 'thaw', () => (account.frozen = false))
  if (dice < 0.6)
    return did(world, () => muteSource(app, caller, token, 'simulated'), 'mute', () => account.muted.add(token))
  if (dice < 0.75) return did(world, () => unmuteSource(app, caller, token), 'unmute', () => account.muted.delete(token))
  return did(world, () => resetBreakers(app, caller, undefined), 'reset', () => {
    assert.equal(world.ledger.head.breakers.size, 0)
  })
}

async function did(world: World, doing: () => Promise<unknown>, what: string, note: () => unknown): Promise<string> {
  const done = await tried(world, doing)
  if (done instanceof AppError) return `${what} is refused: ${done.code}`
  note()
  return what
}

/** After it nothing automatic is on. */
export async function panicNow(world: World): Promise<string> {
  const done = await tried(world, () => panic(world.app, world.as('dora'), 'simulated'))
  assert.ok(!(done instanceof AppError))
  world.account.frozen = true
  for (const entry of world.account.entries.values())
    if (entry.machine !== undefined) entry.ended ??= 'panic'
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
