import type { Origin } from '../domain/block.ts'
import { type AutomaticLoad, breakersOf, tripsOf } from '../guards/breaker.ts'
import type { Refusal } from '../guards/limits.ts'
import type { BlockCreated, BlockProposed, LedgerEvent } from '../ledger/events.ts'
import type { State } from '../ledger/state.ts'
import type { App } from './context.ts'
import type { NewBlock, Prepared } from './prepare.ts'

/**
 * What stops a machine from blocking: automation is frozen, the source is muted, or a breaker has tripped, which it may
 * do by this attempt. Every attempt counts, whatever becomes of it.
 * @param events of the same request so far; trips are added to them
 */
export function refuseByBrakes(
  app: App,
  head: Readonly<State>,
  now: number,
  origin: Origin,
  prepared: Prepared,
  request: NewBlock,
  events: LedgerEvent[],
): Refusal[] {
  if (origin.kind === 'person') return []
  app.attempts.note(origin.token, now, request.attack)
  const stopped = whyStopped(head, origin, prepared, events)
  if (stopped.length > 0) return stopped
  const load = automaticLoad(app, head, origin, prepared, events)
  const trips = tripsOf(origin.token, app.attempts, load, now, app.limits)
  for (const { breaker, limit } of trips)
    events.push({ type: 'breaker.tripped', breaker, limit, source: origin.token })
  return trips.map(({ breaker, limit }) => open(breaker, limit))
}

/** What stops a block of this origin already, without any attempt. */
export function whyStopped(
  { frozen, muted, breakers }: Readonly<State>,
  origin: Origin,
  { radius }: Prepared,
  events: readonly LedgerEvent[] = [],
): Refusal[] {
  if (origin.kind === 'person') return []
  const refusals: Refusal[] = []
  if (frozen !== undefined)
    refusals.push({
      guard: 'breaker',
      code: 'automation-frozen',
      message: `automation is frozen until a person thaws it (${frozen.reason})`,
    })
  const mute = muted.get(origin.token)
  if (mute !== undefined)
    refusals.push({
      guard: 'breaker',
      code: 'source-muted',
      message: `this source is muted until a person unmutes it (${mute.reason})`,
    })
  const now = new Map(
    events.flatMap((event) => (event.type === 'breaker.tripped' ? [[event.breaker, event]] : [])),
  )
  for (const breaker of breakersOf(origin.token, radius.departments)) {
    const tripped = breakers.get(breaker) ?? now.get(breaker)
    if (tripped !== undefined) refusals.push(open(breaker, tripped.limit))
  }
  return refusals
}

function open(breaker: string, limit: string): Refusal {
  return {
    guard: 'breaker',
    code: 'breaker-open',
    message: `automatic blocks are stopped until a person resets the breaker ${breaker} (${limit})`,
  }
}

/** What is in force from automatic sources, with what this request has added so far. */
function automaticLoad(
  app: App,
  head: Readonly<State>,
  origin: Origin,
  { radius }: Prepared,
  events: readonly LedgerEvent[],
): AutomaticLoad {
  const added = events.filter((event) => event.type === 'block.created' || event.type === 'block.proposed')
  const targets = [...[...head.automatic].flatMap((id) => head.blocks.get(id) ?? []), ...added]
  const departments = radius.departments.map((name) => ({
    name,
    users: app.inventory.departments.get(name)?.users ?? 0,
    blocked: 0,
  }))
  if (departments.length > 0) countIn(app, departments, targets)
  return {
    sourceHosts: (head.activeBy.get(origin.token) ?? 0) + added.length,
    hosts: targets.length,
    departments,
  }
}

type Target = Pick<BlockCreated | BlockProposed, 'target'>

function countIn(
  { inventory }: App,
  departments: readonly { readonly name: string; blocked: number }[],
  targets: readonly Target[],
): void {
  for (const { target } of targets) {
    if (target.kind !== 'host') continue
    for (const [, name] of inventory.departmentOf.covering(target.prefix)) {
      const department = departments.find((known) => known.name === name)
      if (department !== undefined) department.blocked += 1
    }
  }
}
