import type { Block } from '../domain/block.ts'
import { checkBlock } from '../guards/check-block.ts'
import type { App } from './context.ts'
import { type Prepared, prepareSpec, refuseUnplaced, shapeOf } from './prepare.ts'

/** Prepares a recorded block anew, by the inventory and the limits as they are now. Nothing is asked of who asked for it. */
export function prepareAgain(app: App, block: Block): Prepared {
  const { origin, policy, until, target, match, direction, action, collateral, scope, stations } = block
  const spec = {
    ...{ target, direction, action, collateral, scope },
    ...(match === undefined ? {} : { match }),
    ...(stations === undefined ? {} : { stations }),
  }
  const checked = checkBlock({
    ...{ spec, origin, until },
    // Whoever asked for it had to say so then.
    evidence: 'established',
    bounds: undefined,
    role: undefined,
    lasts: null,
    // The word of a person is what it waits for, or what it has.
    asked: block.proposal !== undefined || block.agreed !== undefined,
    inventory: app.inventory,
    limits: app.limits,
  })
  const parts = prepareSpec(app, spec, { origin, policy }, checked)
  const unplaced = checked.refusals.length === 0 ? refuseUnplaced(parts.placement) : []
  return {
    ...parts,
    ...(block.lease === undefined ? {} : { lease: block.lease }),
    shape: shapeOf(spec),
    until,
    lasts: block.proposal?.lasts,
    policy,
    refusals: [...checked.refusals, ...unplaced],
    asks: checked.asks,
  }
}
