import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { EngineWorld } from '../../test/helpers/engine-world.ts'
import { created } from '../../test/helpers/events.ts'
import { holds } from '../../test/helpers/property.ts'
import type { Direction } from '../domain/block.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { type Action, actionText, DROP } from '../domain/rule.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { Engine } from './engine.ts'
import { blocksOf } from './entry.ts'

type Move =
  | {
      readonly do: 'create'
      readonly host: number
      readonly direction: Direction
      readonly rate: number
      readonly for: number
    }
  | { readonly do: 'release' | 'amend'; readonly which: number; readonly for: number }
  | { readonly do: 'wait'; readonly for: number }

const span = fc.integer({ min: 1, max: 20_000 })
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({
    do: fc.constant('create' as const),
    host: fc.nat(3),
    direction: fc.constantFrom<Direction>('to', 'from', 'both'),
    rate: fc.nat(2),
    for: span,
  }),
  fc.record({ do: fc.constantFrom('release' as const, 'amend' as const), which: fc.nat(20), for: span }),
  fc.record({ do: fc.constant('wait' as const), for: span }),
)

function eventOf(world: EngineWorld, step: Exclude<Move, { do: 'wait' }>): LedgerEvent | undefined {
  const { head } = world.ledger
  const until = world.clock.now() + step.for
  if (step.do === 'create') {
    const action: Action = step.rate === 0 ? DROP : { do: 'rate-limit', bytesPerSecond: step.rate * 1_000 }
    const target = { kind: 'host' as const, prefix: parsePrefix(`10.0.0.${step.host}`) }
    return created(head.nextBlock, { target, direction: step.direction, action, until })
  }
  const active = [...head.blocks.values()].filter(({ wanted }) => wanted === 'on').map(({ id }) => id)
  const block = active[step.which % active.length]
  if (block === undefined) return undefined
  return step.do === 'release'
    ? { type: 'block.released', block, by: 't1' }
    : { type: 'block.amended', block, by: 't1', until }
}

/** What an engine wants: each rule with its action and the blocks that ask for it. */
function wantedBy(engine: Engine): string[] {
  return [...engine.devices].flatMap(([name, { table }]) =>
    [...table.entries.values()]
      .filter((entry) => entry.blocks !== undefined)
      .map(
        (entry) =>
          `${name} ${entry.rule.key} ${actionText(entry.rule.action)} ${[...blocksOf(entry)].sort((a, b) => a - b).join()}`,
      )
      .sort(),
  )
}

describe('what is wanted, kept up to date event by event', () => {
  it('is what a fresh engine makes of the same head', () =>
    holds(
      fc.asyncProperty(fc.array(move, { maxLength: 30 }), async (moves) => {
        const world = await EngineWorld.make(undefined)
        world.engine.start()
        for (const step of moves) {
          if (step.do === 'wait') await world.clock.advance(step.for)
          else {
            const event = eventOf(world, step)
            if (event !== undefined) await world.put(event)
          }
          const fresh = world.another()
          fresh.start()
          assert.deepEqual(wantedBy(world.engine), wantedBy(fresh))
          await fresh.stop()
        }
        await world.engine.stop()
      }),
      40,
    ))
})
