import { hash } from 'node:crypto'
import type { BlockSpec } from '../domain/block.ts'
import type { Lease } from '../domain/lease.ts'
import { matchText } from '../domain/match.ts'
import type { Prefix } from '../domain/prefix.ts'
import { actionText } from '../domain/rule.ts'
import { targetText } from '../domain/target.ts'
import type { Refusal } from '../guards/limits.ts'
import type { Radius } from '../guards/radius.ts'
import type { Ask } from '../guards/width.ts'
import type { Binding } from '../inventory/binding.ts'
import type { Gap, Placement } from '../placement/place.ts'
import type { Affected } from './affected.ts'
import type { App } from './context.ts'
import type { Quota } from './quota.ts'

/** What a block covers and becomes, for people to see before it is applied. */
export interface Plan {
  readonly spec: BlockSpec
  readonly until: number | null
  /** Whom it is about, of an address that changes hands. */
  readonly lease?: Lease
  readonly radius: Radius
  /** Whom it concerns; left out of what is not the caller's to know. */
  readonly affected?: Affected
  /** Where an account or a station was last, for who may see that. */
  readonly seen: readonly Binding[]
  /** What it covers, of a target that is a name. */
  readonly expansion: readonly Prefix[] | undefined
  /** Of all that people agree to. */
  readonly digest: string
  /** Empty when the block would be taken. */
  readonly refusals: readonly Refusal[]
  /** Why one person is not enough; empty when one is. */
  readonly asks: readonly Ask[]
  readonly placement: string | undefined
  readonly rules: readonly PlannedRule[]
  readonly gaps: readonly Gap[]
  /** Quotas that are nearly used up, with this block; of a block that is recorded there are none. */
  readonly near: readonly Quota[]
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

/** Digest of what people agree to: what a block says, what it covers, and what each device would be told. */
export function planDigest(spec: BlockSpec, covers: readonly Prefix[], { placed, gaps }: Placement): string {
  const { target, match, direction, action, collateral, scope, stations = [] } = spec
  const said = [
    targetText(target),
    match === undefined ? '' : matchText(match),
    direction,
    actionText(action),
    ...stations,
  ]
  const rules = placed.map(({ device, rule }) => `${device} ${rule.key} ${actionText(rule.action)}`).sort()
  const open = gaps
    .map((gap) => `${gap.device ?? gap.ingress ?? ''} ${gap.direction ?? ''} ${gap.code}`)
    .sort()
  const all = [...said, [...collateral].sort(), scope, [...covers].sort(), rules, open]
  return hash('sha256', JSON.stringify(all), 'base64url')
}

/** What a placed rule would change on its device. */
export function plannedRule(app: App, device: string, key: string): PlannedRule {
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
