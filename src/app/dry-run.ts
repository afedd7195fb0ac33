import type { Ask } from '../guards/width.ts'
import type { State } from '../ledger/state.ts'
import { affectedBy } from './affected.ts'
import { type Added, checkAtHead, noteAdded, nothingAdded } from './at-head.ts'
import { whyStopped } from './brake.ts'
import type { App } from './context.ts'
import { lastSeen } from './last-seen.ts'
import { type Plan, plannedRule } from './plan.ts'
import { type NewBlock, type Prepared, prepareBlock } from './prepare.ts'
import { prepareAgain } from './prepare-again.ts'
import { nearOf } from './quota.ts'
import { quotasOf, touchedBy } from './quotas.ts'
import { resolveRequest } from './resolve.ts'
import { type Caller, originOf } from './rights.ts'
import { holderOf } from './role-rule.ts'
import { findTheirs } from './sight.ts'
import { requireRight } from './use-cases.ts'

/** What a block would become, without anything being recorded or sent. */
export async function dryRun(app: App, caller: Caller, request: NewBlock): Promise<Plan> {
  requireRight(caller, 'planBlock')
  await app.ledger.settled()
  const prepared = prepareBlock(app, caller, await resolveRequest(app, caller, request))
  const origin = originOf(caller)
  const { head } = app.ledger
  const now = app.clock.now()
  const atHead = checkAtHead(app, head, now, caller, prepared, nothingAdded(app))
  const refusals = [...prepared.refusals, ...atHead.refusals, ...whyStopped(app, head, origin, prepared)]
  const asks = [...prepared.asks, ...atHead.asks]
  const added = foreseen(app, head, caller, prepared, request, refusals.length > 0 ? undefined : asks)
  const near = nearOf(quotasOf(app, head, now, holderOf(app.limits, head, caller), added, touchedBy(added)))
  const isForeign = prepared.refusals.some(({ guard }) => guard === 'authority')
  const seen = isForeign ? [] : await lastSeen(app, caller, prepared.spec.target)
  return planOf(app, prepared, { refusals, asks, near, seen })
}

/** What the block would add to the head. @param asks left out, it would be refused and add nothing */
function foreseen(
  app: App,
  head: Readonly<State>,
  caller: Caller,
  { spec, expansion, radius }: Prepared,
  { breakGlass }: NewBlock,
  asks: readonly Ask[] | undefined,
): Added {
  const added = nothingAdded(app)
  if (asks === undefined) return added
  const emergency = asks.length > 0 && breakGlass === true && caller.person !== undefined
  const begins = asks.length === 0 || emergency
  const covers = expansion === undefined ? {} : { expansion }
  const block = { target: spec.target, origin: originOf(caller), ...covers }
  noteAdded(added, head, { ...block, begins, emergency }, radius.ownHosts)
  return added
}

/** What a recorded block covers and becomes by the inventory as it is now. @throws AppError `not-found` */
export async function showPlan(app: App, caller: Caller, id: number): Promise<Plan> {
  requireRight(caller, 'showPlan')
  await app.ledger.settled()
  const prepared = prepareAgain(app, await findTheirs(app, caller, id))
  const seen = await lastSeen(app, caller, prepared.spec.target)
  return planOf(app, prepared, { ...prepared, near: [], seen })
}

export function planOf(
  app: App,
  prepared: Prepared,
  { refusals, asks, near, seen }: Pick<Plan, 'refusals' | 'asks' | 'near' | 'seen'>,
): Plan {
  const { spec, until, lease, radius, placement, expansion, digest } = prepared
  const covered = expansion ?? (spec.target.kind === 'host' ? [spec.target.prefix] : [])
  const isForeign = refusals.some(({ guard }) => guard === 'authority')
  const { gaps, beside } = app.engine.overlapsOf(placement.placed)
  return {
    ...{ spec, until, radius, expansion, digest, refusals, asks, near, seen },
    ...(lease === undefined ? {} : { lease }),
    ...(isForeign ? {} : { affected: affectedBy(app.inventory, spec, covered) }),
    placement: placement.line,
    rules: [...placement.placed, ...beside].map(({ device, rule }) => plannedRule(app, device, rule.key)),
    gaps: [...placement.gaps, ...gaps],
  }
}
