import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freeDevice } from '../../src/app/devices.ts'
import { actionText, type Rule } from '../../src/domain/rule.ts'
import { checkBlocks, checkLeases, checkLoad, checkPackets } from './oracle.ts'
import { agreeToSite } from './site-steps.ts'
import { step } from './steps.ts'
import { desiredOf } from './wanted.ts'
import { World } from './world.ts'

/** `CORDON_SIMULATION=seeds:steps` runs longer; the default is what the gate has time for. */
const [SEEDS, STEPS] = (process.env['CORDON_SIMULATION'] ?? '20:500').split(':').map(Number)
const FIRST_SEED = Number(process.env['CORDON_SEED'] ?? 1)

/** Between two checks that everything comes right, so many steps are taken. */
const STRETCH = 100

/**
 * Makes a test of each second seed, the even or the odd ones: two files of them keep two processes busy.
 * @param rest 0 or 1
 */
export function simulate(rest: 0 | 1): void {
  const seeds = Array.from({ length: SEEDS ?? 1 }, (_, index) => FIRST_SEED + index)
  const mine = seeds.filter((seed) => seed % 2 === rest)
  if (mine.length === 0) test('seeds', { skip: 'all that were asked for are in the other half' })
  for (const seed of mine)
    test(`seed ${seed}: whatever goes wrong, the devices end up with exactly what the ledger wants`, () =>
      simulateOne(seed))
}

async function simulateOne(seed: number): Promise<void> {
  const world = new World(seed)
  await world.start()
  world.faulty.drift(world.clock)
  for (let count = 0; count < (STEPS ?? 0); count += STRETCH) {
    const taken: string[] = []
    for (let index = 0; index < STRETCH; index += 1) {
      taken.push(await step(world))
      checkAlways(world, taken)
    }
    await checkComesRight(world, taken)
  }
  await world.engine.stop()
}

/** What holds at every moment, in any trouble. */
function checkAlways(world: World, taken: readonly string[]): void {
  checkBlocks(world)
  for (const name of world.deviceNames) {
    const rules: ReadonlyMap<string, Rule> = world.device(name)?.rules ?? new Map<string, Rule>()
    for (const [key, rule] of rules)
      if (!world.wasWanted(name, rule))
        assert.fail(`${name} holds ${key}, which no block ever asked for; ${taken.join(', ')}`)
    assert.ok(rules.size <= world.capacityOf(name), `${name} holds more than it may`)
  }
}

/** When trouble ends and time passes, every device holds exactly what is wanted, and nothing answered was lost. */
async function checkComesRight(world: World, taken: readonly string[]): Promise<void> {
  world.faulty.calm()
  for (const name of world.deviceNames) {
    const freed = freeDevice(world.app, world.caller, name)
    await world.clock.advance(0)
    await freed
  }
  if (world.waits) await agreeToSite(world)
  const right = await world.clock.runUntil(() => differences(world).length === 0, 300_000)
  assert.ok(
    right,
    `after five quiet minutes: ${differences(world).join('; ')}; steps: ${taken.slice(-30).join(', ')}`,
  )
  checkBlocks(world)
  checkPackets(world)
  checkLeases(world)
  checkLoad(world)
  const { nextBlock } = world.ledger.head
  for (const id of world.account.entries.keys())
    assert.ok(id < nextBlock, `block ${id} was answered and is lost`)
  world.forgetWanted()
}

function differences(world: World): string[] {
  const wanted = desiredOf(world, world.ledger.head.blocks.values())
  return world.deviceNames.flatMap((name) => {
    const held = new Map(
      [...(world.device(name)?.rules ?? [])].map(([key, rule]) => [key, actionText(rule.action)]),
    )
    const rules = wanted.get(name) ?? new Map<string, string>()
    const room = rules.size <= world.capacityOf(name)
    return [
      ...[...rules]
        .filter(([key, action]) => held.get(key) !== action && (room || held.has(key)))
        .map(([key, action]) => `${name} lacks ${key} ${action}`),
      ...[...held.keys()].filter((key) => !rules.has(key)).map((key) => `${name} still holds ${key}`),
      ...(room || held.size === world.capacityOf(name) ? [] : [`${name} has room left and rules to hold`]),
    ]
  })
}
