import type { BlockSpec } from '../domain/block.ts'
import { realmOf } from '../domain/identity.ts'
import { type Action, type IdentityKind, identityRule, QUARANTINE, type SwitchRule } from '../domain/rule.ts'
import { isIdentity } from '../domain/target.ts'
import { isVisitor } from '../inventory/accounts.ts'
import type { Device, Inventory } from '../inventory/inventory.ts'

/** What one line of the table makes of an account or a station on one device, or why it makes nothing. */
export type Identified = { readonly rule: SwitchRule } | { readonly why: string }

/** Who of a block is an account or a station, and what is to become of it. */
interface Who {
  readonly name: string
  readonly action: Action
}

/** `undefined` where a block is about nobody whom the kind is for, and has not asked for it. */
export function identityFor(
  device: Device,
  kind: IdentityKind,
  spec: BlockSpec,
  inventory: Inventory,
): Identified | undefined {
  const who = whoOf(spec)
  if (who === undefined)
    return spec.target.kind === 'host' && kind === 'no-session' ? undefined : { why: notFor(kind, spec) }
  const why = whyNot(device, kind, spec, who, inventory)
  return why === undefined ? { rule: identityRule(kind, who.name, who.action) } : { why }
}

function whoOf({ target, action, station }: BlockSpec): Who | undefined {
  if (isIdentity(target)) return { name: target.name, action }
  return station === undefined ? undefined : { name: station, action: QUARANTINE }
}

function notFor(kind: IdentityKind, { target }: BlockSpec): string {
  const whom = kind === 'account-locked' ? 'accounts' : 'accounts and stations'
  return `${kind} is for ${whom}, and the target is a ${target.kind}`
}

function whyNot(
  { capabilities }: Device,
  kind: IdentityKind,
  spec: BlockSpec,
  { name, action }: Who,
  inventory: Inventory,
): string | undefined {
  const { kinds, actions, realms } = capabilities
  if (!kinds.includes(kind)) return `it takes no ${kind} rules`
  if (kind === 'account-locked' && spec.target.kind !== 'account') return notFor(kind, spec)
  if (kind === 'account-locked' && isVisitor(inventory, spec.target))
    return `${name} is a visitor: the account lives at ${realmOf(name)} and cannot be locked here`
  if (!actions.includes(action.do)) return `it cannot ${action.do}`
  if (spec.target.kind === 'account' && realms !== undefined && !realms.includes(realmOf(name)))
    return `it has no accounts of ${realmOf(name)}; its configuration says ${realms.join(', ') || 'none'}`
  return undefined
}
