import type { Block } from '../domain/block.ts'
import type { Rule } from '../domain/rule.ts'
import type { Managed } from '../engine/manage.ts'
import type { App } from './context.ts'
import { rulesByDevice } from './hits.ts'

/** What enforcers have counted until a moment. */
export interface Count {
  /** Milliseconds of the steady counter. */
  readonly at: number
  readonly blocks: ReadonlyMap<number, Counted>
}

interface Counted {
  /** That its rules have met, on the devices that count. */
  readonly packets: number
  /** Whether all of its devices were asked and told. */
  readonly whole: boolean
}

/** What of a block's traffic there is. */
export interface Traffic {
  readonly packetsPerSecond: number
  /** Whether there is no more than that: all of its devices count. */
  readonly whole: boolean
}

/** Asks the devices of these blocks for their counters, each device once and in bounded time. */
export async function countPackets(
  app: Pick<App, 'engine' | 'clock'>,
  blocks: readonly Block[],
): Promise<Count> {
  const held = new Map(blocks.map((block) => [block.id, rulesByDevice(app, block)]))
  const asked = new Map<Managed, Map<string, Rule>>()
  for (const byDevice of held.values())
    for (const [managed, rules] of byDevice) {
      const all = asked.get(managed) ?? new Map<string, Rule>()
      asked.set(managed, all)
      for (const rule of rules) all.set(rule.key, rule)
    }
  const told = new Set<Managed>()
  await Promise.all(
    [...asked].map(async ([managed, rules]) => {
      if (managed.hits === undefined || rules.size === 0) return
      // Who cannot be asked does not count: that is told by its absence.
      await managed.hits.read([...rules.values()]).then(
        () => told.add(managed),
        () => {},
      )
    }),
  )
  const counted = [...held].map(([id, byDevice]) => [id, countedOf(byDevice, told)] as const)
  return { at: app.clock.monotonic(), blocks: new Map(counted) }
}

function countedOf(held: ReadonlyMap<Managed, readonly Rule[]>, told: ReadonlySet<Managed>): Counted {
  let packets = 0
  for (const [{ hits }, rules] of held) for (const { key } of rules) packets += hits?.of(key)?.packets ?? 0
  return { packets, whole: held.size > 0 && [...held.keys()].every((one) => told.has(one)) }
}

/** What of a block's traffic there was between two counts. */
export function trafficBetween(first: Count, second: Count, block: number): Traffic {
  const [before, after] = [first.blocks.get(block), second.blocks.get(block)]
  const seconds = (second.at - first.at) / 1_000
  if (before === undefined || after === undefined || seconds <= 0)
    return { packetsPerSecond: 0, whole: false }
  return {
    packetsPerSecond: Math.max(0, after.packets - before.packets) / seconds,
    whole: before.whole && after.whole,
  }
}
