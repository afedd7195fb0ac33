import type { BlockSpec } from '../domain/block.ts'
import { realmOf } from '../domain/identity.ts'
import {
  type Action,
  DROP,
  type EntryKind,
  type IdentityKind,
  identityRule,
  isSwitch,
  QUARANTINE,
  type Rule,
  type SwitchRule,
} from '../domain/rule.ts'
import { type IdentityTarget, isIdentity } from '../domain/target.ts'
import { isVisitor } from '../inventory/identities.ts'
import type { Device, Inventory } from '../inventory/inventory.ts'
import type { Gap, Placed } from './placement.ts'

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
function whoOf(kind: IdentityKind, spec: BlockSpec): readonly Who[] {
  const { target, action, stations = [] } = spec
  const self = isIdentity(target) ? [{ name: target.name, action }] : []
  if (kind === 'account-locked') return self
  return [...self, ...stations.map((name) => ({ name, action: besideOf(spec) }))]
}

/** What becomes of a station that goes with the target: who has an account nowhere here is not to have a session either. */
function besideOf({ target }: Pick<BlockSpec, 'target'>): Action {
  return isIdentity(target) ? DROP : QUARANTINE
}

/** Packets say nothing of who has sent them. */
export function notOfAddresses(kind: EntryKind, { kind: of }: IdentityTarget): string {
  return `${kind} is for addresses, and the target is ${of === 'account' ? 'an account' : 'a station'}`
}

/** Stations that go with the target and of which nothing ends the sessions. */
export function unended({ stations = [] }: BlockSpec, placed: readonly Placed[]): Gap[] {
  const ended = new Set(placed.flatMap(({ rule }) => (isSwitch(rule) ? [rule.name] : [])))
  const open = stations.filter((name) => !ended.has(name))
  if (open.length === 0) return []
  return [{ code: 'unsupported', why: `no device ends the sessions of ${open.join(', ')}` }]
}

/** What a block asks of a rule that it became: its own action, but of a station that goes with its target. */
export function actionFor({ target, action }: Pick<BlockSpec, 'target' | 'action'>, rule: Rule): Action {
  if (!isSwitch(rule) || rule.kind !== 'no-session') return action
  return isIdentity(target) && target.name === rule.name ? action : besideOf({ target })
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
