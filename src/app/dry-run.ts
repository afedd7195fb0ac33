import type { BlockSpec } from '../domain/block.ts'
import { refuseTotals } from '../guards/check-block.ts'
import type { Refusal } from '../guards/limits.ts'
import type { Radius } from '../guards/radius.ts'
import type { Gap } from '../placement/place.ts'
import type { App } from './context.ts'
import { type NewBlock, prepareBlock } from './prepare.ts'
import { type Caller, originOf, requireScope } from './rights.ts'

/** What a block would become, without anything being recorded or sent. */
export interface DryRun {
  readonly spec: BlockSpec
  readonly until: number | null
  readonly radius: Radius
  /** Empty when the block would be taken. */
  readonly refusals: readonly Refusal[]
  readonly placement: string | undefined
  readonly rules: readonly PlannedRule[]
  readonly gaps: readonly Gap[]
}

export interface PlannedRule {
  readonly device: string
  readonly rule: string
  /** `add`, `change` another block's action, or `none`: it stands there already. */
  readonly change: 'add' | 'change' | 'none'
  /** How many entries the device would then hold, of how many it may. */
  readonly entries: number
  readonly maxEntries: number
}

export async function dryRun(app: App, caller: Caller, request: NewBlock): Promise<DryRun> {
  requireScope(caller, 'blocks:write')
  await app.ledger.settled()
  const origin = originOf(caller)
  const { spec, until, radius, placement, refusals } = prepareBlock(app, origin, request)
  const { gaps, beside } = app.engine.overlapsOf(placement.placed)
  const { head } = app.ledger
  const breaker: Refusal[] =
    origin.kind === 'automatic' && head.breaker !== undefined
      ? [
          {
            guard: 'breaker',
            code: 'breaker-open',
            message: `automatic blocks are stopped (${head.breaker.limit})`,
          },
        ]
      : []
  return {
    spec,
    until,
    radius,
    refusals: [
      ...refusals,
      ...refuseTotals(origin, head.activeBy.get(origin.token) ?? 0, app.limits),
      ...breaker,
    ],
    placement: placement.line,
    rules: [...placement.placed, ...beside].map(({ device, rule }) => plannedRule(app, device, rule.key)),
    gaps: [...placement.gaps, ...gaps],
  }
}

function plannedRule(app: App, device: string, key: string): PlannedRule {
  const managed = app.engine.devices.get(device)
  const there = managed?.table.entries.get(key)
  const present = managed?.table.present ?? 0
  const change =
    there === undefined || there.state === 'no' ? 'add' : there.blocks === undefined ? 'change' : 'none'
  return {
    device,
    rule: key,
    change,
    entries: change === 'add' ? present + 1 : present,
    maxEntries: managed?.device.capabilities.maxEntries ?? 0,
  }
}
