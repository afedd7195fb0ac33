import { type Block, endOf, isOver } from '../../domain/block.ts'
import { targetText } from '../../domain/target.ts'
import { ExpiryHeap } from '../../engine/expiry-heap.ts'
import { Placements } from '../../engine/placements.ts'
import { AttemptLog } from '../../guards/breaker.ts'
import type { Limits } from '../../guards/limits.ts'
import { Load } from '../../guards/load.ts'
import { type Inventory, leaseRuleOf } from '../../inventory/inventory.ts'
import { blocksOf, type LedgerEvent, type Recorded } from '../../ledger/events.ts'
import { fold, forget } from '../../ledger/fold.ts'
import { incidentKey } from '../../ledger/fold-trigger.ts'
import { emptyState, type State } from '../../ledger/state.ts'
import type { TriggerTaken } from '../../ledger/trigger-events.ts'
import type { PlacementRule } from '../../placement/table.ts'
import { manualPolicy } from '../../policy/command.ts'
import type { Policy } from '../../policy/compile.ts'
import type { Deciding } from '../context.ts'
import { countEvent, loadOf } from '../load.ts'
import { NeighbourCount } from '../neighbours.ts'
import type { Resolved } from '../prepare.ts'
import { type Caller, callerBehind } from '../rights.ts'
import { decideTrigger } from '../take-triggers.ts'

/** By what triggers are decided about again: what the site is now, and the policies in question. */
export interface ReplaySite {
  readonly inventory: Inventory
  readonly placements: readonly PlacementRule[]
  readonly limits: Limits
  /** By priority. */
  readonly policies: readonly Policy[]
}

/** Blocks of the replay are numbered from here on, where no ledger comes to. */
export const FIRST_NUMBER = 2 ** 40

/** What would have been: everything that is folded, and what decides upon it, with the time of the record as its clock. */
export class World {
  readonly state: State = emptyState()
  readonly #site: ReplaySite
  readonly #deciding: Deciding
  readonly #ends = new ExpiryHeap()
  readonly #neighbours: NeighbourCount
  #load: Load
  #now = 0
  #begun = false

  constructor(site: ReplaySite) {
    this.#site = site
    this.#neighbours = new NeighbourCount(site.policies)
    this.#load = new Load(site.inventory)
    const load = () => this.#load
    this.#deciding = {
      ...{ inventory: site.inventory, limits: site.limits, policy: manualPolicy },
      attempts: new AttemptLog(),
      triggers: { policies: site.policies, attempts: new AttemptLog(), neighbours: this.#neighbours },
      engine: { placements: new Placements(site.inventory, site.placements) },
      clock: { now: () => this.#now },
      load: {
        get now() {
          return load()
        },
      },
    }
  }

  /** From here on it goes its own way, from what was folded so far. */
  begin(): void {
    this.state.nextBlock = FIRST_NUMBER
    this.#load = loadOf(this.state, this.#site.inventory)
    this.#neighbours.addAll(this.state)
    this.#begun = true
    for (const block of this.state.blocks.values()) this.#expectEnd(block)
  }

  /** An attempt of a machine to block: breakers and limits count those of the last hour. */
  noteAttempt(token: string, at: number, attack?: string, policy?: string): void {
    this.#deciding.attempts.note(token, at, attack)
    if (policy !== undefined) this.#deciding.triggers.attempts.note(incidentKey(token, policy), at, attack)
  }

  fold(recorded: Recorded): void {
    const { event } = recorded
    this.#count(event, 'remove')
    fold(this.state, recorded)
    this.#count(event, 'add')
    for (const id of blocksOf(event)) {
      const block = this.state.blocks.get(id)
      if (block !== undefined) this.#expectEnd(block)
    }
  }

  /** What is on when the span begins is counted then. */
  #count(event: LedgerEvent, what: 'add' | 'remove'): void {
    if (!this.#begun) return
    countEvent(this.#load, this.state, event, what)
    this.#neighbours.change(this.state, event, what)
  }

  /**
   * Records the ends of blocks whose time has come.
   * @param waits whether the end of a block is on record and still to come
   */
  endUntil(at: number, waits: (block: Block) => boolean): number[] {
    const ended: number[] = []
    for (let id = this.#ends.pop(at); id !== undefined; id = this.#ends.pop(at)) {
      const block = this.state.blocks.get(id)
      if (block === undefined || !isOver(block, at) || waits(block)) continue
      this.put({ type: 'block.expired', block: id }, endOf(block) ?? at)
      ended.push(id)
    }
    return ended
  }

  /** Ended blocks leave memory, as they leave a controller's. */
  forget(before: number, now: number): void {
    forget(this.state, before, now)
  }

  /** Decides about a trigger again. @returns all that would be recorded, what would be said of the trigger last */
  take(was: TriggerTaken, at: number, lease: Pick<Block, 'target' | 'lease'> | undefined): LedgerEvent[] {
    this.#now = at
    // Its number is the record's, however many were erased before it.
    this.state.nextTrigger = was.trigger
    const scene = {
      ...{ app: this.#deciding, head: this.state, now: at, caller: this.#callerOf(was.source, at) },
      ...{ trigger: was.record, before: this.state.incidents.get(incidentKey(was.source, was.record.id)) },
      resolved: resolvedBy(was, lease),
    }
    const { events } = decideTrigger(scene, was.format)
    for (const event of events) this.put(event, at)
    return [...events]
  }

  /** Whether whom the address is about had to be asked for, which the record does not tell unless a block came of it. */
  changesHands({ record: { target, kind } }: TriggerTaken): boolean {
    if (target.kind !== 'host' || kind === 'close') return false
    return leaseRuleOf(this.#site.inventory, target.prefix) !== undefined
  }

  /** Folds what the record does not have. */
  put(event: LedgerEvent, at: number): void {
    this.fold({ seq: this.state.seq, at, event, redacted: false })
  }

  #callerOf(source: string, now: number): Caller {
    const token = this.state.tokens.get(source)
    const caller = token && callerBehind(token, this.state, { now, rolesLast: 0 })
    if (caller === undefined)
      throw new Error(`the ledger has a trigger of ${source}, which is no machine's token`)
    return caller
  }

  #expectEnd(block: Block): void {
    const end = block.wanted === 'off' ? null : endOf(block)
    if (end !== null) this.#ends.push(end, block.id)
  }
}

/** Whom it was about is what the block that came of it says; else whoever has the address. */
function resolvedBy(was: TriggerTaken, made: Pick<Block, 'target' | 'lease'> | undefined): Resolved {
  const known = made?.lease === undefined ? undefined : { lease: made.lease, target: targetText(made.target) }
  return {
    request: { target: known?.target ?? targetText(was.record.target), reason: '' },
    ...(known === undefined ? {} : { lease: known.lease }),
    refusals: [],
  }
}
