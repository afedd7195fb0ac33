import { type Block, isActive } from '../../domain/block.ts'
import type { Clock } from '../../domain/clock.ts'
import { inTurns } from '../../domain/in-turns.ts'
import type { Logger } from '../../domain/log.ts'
import type { Prefix } from '../../domain/prefix.ts'
import type { FilterRule } from '../../domain/rule.ts'
import type { Engine } from '../../engine/engine.ts'
import { blocksOf as blocksBehind, type Entry } from '../../engine/entry.ts'
import { blocksOf } from '../../ledger/events.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { type BouncerSide, BouncersOf } from './bouncers.ts'
import { joined, type Term } from './lease.ts'
import type { PulledList } from './pulled-list.ts'

/** The bouncers of a site: they are told of one list. */
export interface Bouncers {
  /** Name of the list's device. */
  readonly device: string
  of(list: PulledList): BouncersOf
  /** Prefixes that some kinds of bouncers cannot be told. */
  readonly unserved: number
}

interface Parts {
  readonly ledger: Ledger
  readonly engine: Engine
  readonly clock: Clock
  readonly log: Logger
}

/** Tells bouncers of the list that this device holds. What changes is followed from the first that asks. */
export function serveBouncers(parts: Parts, device: string): Bouncers {
  let serving: BouncersOf | undefined
  parts.ledger.onDurable((recorded) => {
    for (const { event } of recorded) {
      if (event.type === 'inventory.loaded') serving?.touchAll()
      else if (event.type !== 'milestones') for (const block of blocksOf(event)) serving?.touch(block)
    }
  })
  return {
    device,
    get unserved() {
      return serving?.unserved ?? 0
    },
    of: (list) => {
      serving ??= new BouncersOf(list, sideOf(parts, device))
      return serving
    },
  }
}

function sideOf({ ledger, engine, clock, log }: Parts, device: string): BouncerSide {
  const { blocks } = ledger.head
  const entries: ReadonlyMap<string, Entry> = engine.devices.get(device)?.table.entries ?? new Map()
  const idsOf = (key: string): readonly number[] => {
    const entry = entries.get(key)
    return entry === undefined ? [] : blocksBehind(entry)
  }
  const rulesOf = (block: Block): FilterRule[] =>
    engine
      .rulesOf(block)
      .flatMap(({ device: other, rule }) => (other === device && 'match' in rule ? rule : []))
  return {
    clock,
    log,
    termOf: (key) => joined(idsOf(key).flatMap((id) => termOf(blocks.get(id)))),
    rulesOf(id) {
      const block = blocks.get(id)
      const keys = block === undefined ? [] : rulesOf(block).map(({ key }) => key)
      const wanted = block !== undefined && isActive(block, clock.now())
      return { keys, known: !wanted || keys.every((key) => idsOf(key).includes(id)) }
    },
    async doubtful() {
      const doubted = [...blocks.values()].filter(({ wanted, version }) => wanted === 'off' || version > 1)
      const rules = await inTurns(clock, doubted, rulesOf)
      const shared = [...entries.values()].filter((entry) => blocksBehind(entry).length > 1)
      return sourcesOf([...rules.flat(), ...shared.flatMap(({ rule }) => ('match' in rule ? rule : []))])
    },
  }
}

function sourcesOf(rules: readonly FilterRule[]): ReadonlySet<Prefix> {
  return new Set(rules.flatMap(({ match }) => match.source ?? []))
}

function termOf(block: Block | undefined): Term | [] {
  return block === undefined ? [] : { began: block.createdAt, end: block.until }
}
