import { checkAtHead, nothingAdded } from './at-head.ts'
import { whyStopped } from './brake.ts'
import type { App } from './context.ts'
import { type Plan, plannedRule } from './plan.ts'
import { type NewBlock, type Prepared, prepareBlock } from './prepare.ts'
import { prepareAgain } from './prepare-again.ts'
import { type Caller, originOf } from './rights.ts'
import { findTheirs } from './sight.ts'
import { requireRight } from './use-cases.ts'

/** What a block would become, without anything being recorded or sent. */
export async function dryRun(app: App, caller: Caller, request: NewBlock): Promise<Plan> {
  requireRight(caller, 'planBlock')
  await app.ledger.settled()
  const prepared = prepareBlock(app, caller, request)
  const origin = originOf(caller)
  const { head } = app.ledger
  const atHead = checkAtHead(app, head, app.clock.now(), caller, prepared, nothingAdded(app))
  return planOf(app, prepared, {
    refusals: [...prepared.refusals, ...atHead.refusals, ...whyStopped(app, head, origin, prepared)],
    asks: [...prepared.asks, ...atHead.asks],
  })
}

/** What a recorded block covers and becomes by the inventory as it is now. @throws AppError `not-found` */
export async function showPlan(app: App, caller: Caller, id: number): Promise<Plan> {
  requireRight(caller, 'showPlan')
  await app.ledger.settled()
  const prepared = prepareAgain(app, await findTheirs(app, caller, id))
  return planOf(app, prepared, prepared)
}

export function planOf(
  app: App,
  prepared: Prepared,
  { refusals, asks }: Pick<Plan, 'refusals' | 'asks'>,
): Plan {
  const { spec, until, radius, placement, expansion, digest } = prepared
  const { gaps, beside } = app.engine.overlapsOf(placement.placed)
  return {
    ...{ spec, until, radius, expansion, digest, refusals, asks },
    placement: placement.line,
    rules: [...placement.placed, ...beside].map(({ device, rule }) => plannedRule(app, device, rule.key)),
    gaps: [...placement.gaps, ...gaps],
  }
}
