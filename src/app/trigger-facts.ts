import { isActive } from '../domain/block.ts'
import { type IdentityTarget, isIdentity, isNamed, type Target, targetText } from '../domain/target.ts'
import type { Trigger } from '../domain/trigger.ts'
import { departmentsOfIdentity, isVisitor } from '../inventory/identities.ts'
import { type Inventory, isOwn, namedPrefixes } from '../inventory/inventory.ts'
import { incidentKey, OFFENCES_KEPT, opensAnew } from '../ledger/fold-trigger.ts'
import { blocksUnder, type State } from '../ledger/state.ts'
import { type Facts, shapeOfTarget, type TargetFacts, TEN_YEARS_S } from '../policy/facts.ts'
import type { Deciding } from './context.ts'
import { onProbationSince } from './probation.ts'
import type { Caller } from './rights.ts'

/** Everything that policies may ask for about a trigger, at the head of the ledger. */
export function factsFor(
  { inventory, limits }: Pick<Deciding, 'inventory' | 'limits'>,
  head: Readonly<State>,
  now: number,
  caller: Caller,
  { trigger, format }: { readonly trigger: Trigger; readonly format: string },
): Facts {
  const { token } = caller
  const text = targetText(trigger.target)
  const active = activeAt(head, trigger.target, now)
  const times = (head.offences.get(text) ?? []).filter((time) => time > now - OFFENCES_KEPT)
  // What is on belongs to what happens now, whichever source told it.
  const before = times.slice(
    0,
    Math.max(0, times.length - active.filter((id) => isOfPolicy(head, id)).length),
  )
  // What was given back on request and comes again counts, whoever had blocked it.
  const released = onProbationSince(head, limits, text, now)
  const offences = released === undefined ? before : [...before, released].sort((a, b) => a - b)
  const incident = head.incidents.get(incidentKey(token.id, trigger.id))
  return {
    ...{ trigger, format, now, source: token.name },
    target: { ...shapeOfTarget(trigger), ...knownOf(inventory, trigger.target) },
    history: {
      blocks: offences.length,
      since: offences.length === 0 ? TEN_YEARS_S : (now - (offences.at(-1) ?? 0)) / 1_000,
      active: active.length,
      opens: (incident?.opens.length ?? 0) + (opensAnew(head, incident, now) ? 1 : 0),
    },
    counters: {
      victims: victimsOf(head, token.id, trigger) + (incident?.open === true ? 0 : 1),
      source: head.activeBy.get(token.id) ?? 0,
    },
  }
}

function knownOf(
  inventory: Inventory,
  target: Target,
): Pick<TargetFacts, 'own' | 'departments' | 'users' | 'known'> {
  if (isIdentity(target)) return identityFacts(inventory, target)
  if (target.kind !== 'host')
    return {
      own: (namedPrefixes(inventory, target) ?? []).length > 0,
      departments: target.kind === 'department' ? withParents(inventory, target.name) : [],
      ...{ users: 0, known: false },
    }
  const { prefix } = target
  const department = inventory.departmentOf.covering(prefix).at(-1)?.[1]
  const range = inventory.addresses.covering(prefix).at(-1)?.[1]
  return {
    own: isOwn(inventory, prefix),
    departments: department === undefined ? [] : withParents(inventory, department),
    users: range?.kind === 'shared' ? (range.users ?? 0) : 0,
    known: inventory.hosts.at(prefix).length > 0,
  }
}

function identityFacts(
  inventory: Inventory,
  target: IdentityTarget,
): Pick<TargetFacts, 'own' | 'departments' | 'users' | 'known'> {
  const departments = [...departmentsOfIdentity(inventory, target)]
  const own = target.kind === 'account' && !isVisitor(inventory, target)
  return { own, departments, users: 0, known: departments.length > 0 }
}

/** A department and those that it is a part of. */
function withParents(inventory: Pick<Inventory, 'departments'>, name: string): string[] {
  const parent = inventory.departments.get(name)?.parent
  return parent === undefined ? [name] : [name, ...withParents(inventory, parent)]
}

function isOfPolicy({ policyBlocks }: Readonly<State>, id: number): boolean {
  return policyBlocks.has(String(id))
}

function activeAt(head: Readonly<State>, target: Target, now: number): readonly number[] {
  if (isNamed(target)) return []
  const ids = isIdentity(target)
    ? (head.byIdentity.get(target.name) ?? [])
    : blocksUnder(head.byPrefix, target.prefix)
  return ids.filter((id) => {
    const block = head.blocks.get(id)
    return block !== undefined && isActive(block, now)
  })
}

/** Other incidents of the same attack that go on, and this one if it does already. */
function victimsOf(head: Readonly<State>, source: string, { attack }: Trigger): number {
  return attack === undefined ? 0 : (head.attacks.get(incidentKey(source, attack))?.size ?? 0)
}
