import type { BlockSpec } from '../domain/block.ts'
import { realmOf } from '../domain/identity.ts'
import {
  type Action,
  DROP,
  type IdentityKind,
  identityRule,
  QUARANTINE,
  type SwitchRule,
} from '../domain/rule.ts'
import { isIdentity } from '../domain/target.ts'
import { isVisitor } from '../inventory/accounts.ts'
import type { Device, Inventory } from '../inventory/inventory.ts'

/** What one line of the table makes of an account or a station on one device, or why it makes nothing. */
export type Identified = { readonly rule: SwitchRule } | { readonly why: string }

/** Somebody whom a block is about, and what is to become of their sessions. */
interface Who {
  readonly name: string
  readonly action: Action
}

/** Nothing where a block is about nobody whom the kind is for, and has not asked for it. */
export function identitiesFor(
  device: Device,
  kind: IdentityKind,
  spec: BlockSpec,
  inventory: Inventory,
): readonly Identified[] {
  const refusal = whyNoneOf(kind, spec, inventory)
  if (refusal !== undefined) return [{ why: refusal }]
  return whoOf(kind, spec).map(({ name, action }) => {
    const why = whyNot(device, kind, { name, action })
    return why === undefined ? { rule: identityRule(kind, name, action) } : { why }
  })
}

/** Of a host its station alone, of a visitor the stations that they use as well. */
function whoOf(kind: IdentityKind, { target, action, stations = [] }: BlockSpec): readonly Who[] {
  const self = isIdentity(target) ? [{ name: target.name, action }] : []
  if (kind === 'account-locked') return self
  const beside = isIdentity(target) ? DROP : QUARANTINE
  return [...self, ...stations.map((name) => ({ name, action: beside }))]
}

function whyNoneOf(kind: IdentityKind, { target }: BlockSpec, inventory: Inventory): string | undefined {
  const isFor =
    kind === 'account-locked' ? target.kind === 'account' : target.kind === 'host' || isIdentity(target)
  if (!isFor) {
    const whom = kind === 'account-locked' ? 'accounts' : 'accounts and stations'
    return `${kind} is for ${whom}, and the target is a ${target.kind}`
  }
  if (kind !== 'account-locked' || target.kind !== 'account' || !isVisitor(inventory, target))
    return undefined
  return `${target.name} is a visitor: the account lives at ${realmOf(target.name)} and cannot be locked here`
}

function whyNot(
  { capabilities: { kinds, actions, realms } }: Device,
  kind: IdentityKind,
  { name, action }: Who,
): string | undefined {
  if (!kinds.includes(kind)) return `it takes no ${kind} rules`
  if (!actions.includes(action.do)) return `it cannot ${action.do}`
  if (name.includes('@') && realms !== undefined && !realms.includes(realmOf(name)))
    return `it has no accounts of ${realmOf(name)}; its configuration says ${realms.join(', ') || 'none'}`
  return undefined
}
