import type { Origin } from '../domain/block.ts'
import { type AutomaticLoad, breakersOf, sourceBreaker, tripsOf } from '../guards/breaker.ts'
import type { Refusal } from '../guards/limits.ts'
import { automaticHosts, type Load } from '../guards/load.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { State } from '../ledger/state.ts'
import type { Deciding } from './context.ts'
import type { NewBlock, Prepared } from './prepare.ts'

/**
 * What stops a machine from blocking: automation is frozen, the source is muted, or a breaker has tripped, which it may
 * do by this attempt. Every attempt counts, whatever becomes of it.
 * @param load what is on, with what the same request has added
 * @param events of the same request so far; trips are added to them
 */
export function refuseByBrakes(
  app: Deciding,
  head: Readonly<State>,
  now: number,
  origin: Origin,
  prepared: Prepared,
  request: Pick<NewBlock, 'attack'>,
  load: Load,
  events: LedgerEvent[],
): Refusal[] {
  if (origin.kind === 'person') return []
  app.attempts.note(origin.token, now, request.attack, isOff(head, origin, events))
  const hit = departmentsHit(app, prepared)
  const stopped = stopping(head, origin, [...hit.keys()], events)
  if (stopped.length > 0) return stopped
  const trips = tripsOf(origin.token, app.attempts, automaticLoad(app, origin, hit, load), now, app.limits)
  for (const { breaker, limit } of trips)
    events.push({ type: 'breaker.tripped', breaker, limit, source: origin.token })
  return trips.map(({ breaker, limit }) => open(breaker, limit))
}

/** Whether the source itself is stopped, whatever the others do. */
function isOff(
  { muted, breakers }: Readonly<State>,
  { token }: Origin,
  events: readonly LedgerEvent[],
): boolean {
  const own = sourceBreaker(token)
  return (
    muted.has(token) ||
    breakers.has(own) ||
    events.some((event) => event.type === 'breaker.tripped' && event.breaker === own)
  )
}

/** What stops a block of this origin already, without any attempt. */
export function whyStopped(
  app: Pick<Deciding, 'inventory'>,
  head: Readonly<State>,
  origin: Origin,
  prepared: Pick<Prepared, 'spec' | 'expansion'>,
): Refusal[] {
  if (origin.kind === 'person') return []
  return stopping(head, origin, [...departmentsHit(app, prepared).keys()], [])
}

/** Hosts that a block hits of the departments that it is in, those too that these are parts of. */
function departmentsHit(
  { inventory }: Pick<Deciding, 'inventory'>,
  { spec, expansion }: Pick<Prepared, 'spec' | 'expansion'>,
): Map<string, number> {
  return automaticHosts(inventory, {
    target: spec.target,
    ...(expansion === undefined ? {} : { expansion }),
  })
}

function stopping(
  { frozen, muted, breakers }: Readonly<State>,
  origin: Origin,
  hit: readonly string[],
  events: readonly LedgerEvent[],
): Refusal[] {
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
  for (const breaker of breakersOf(origin.token, hit)) {
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
  { inventory }: Deciding,
  { token }: Origin,
  hit: ReadonlyMap<string, number>,
  load: Load,
): AutomaticLoad {
  return {
    sourceHosts: load.active(token),
    hosts: load.automatic,
    departments: [...hit].map(([name, adds]) => ({
      name,
      users: inventory.departments.get(name)?.users ?? 0,
      blocked: load.automaticHostsIn(name),
      adds,
    })),
  }
}
