import type { BlockSpec } from '../domain/block.ts'
import { componentNames, NO_COMPONENTS, type PacketMatch } from '../domain/match.ts'
import { type Family, type Prefix, prefixFamily } from '../domain/prefix.ts'
import type { EntryKind, Reach } from '../domain/rule.ts'
import type { Device } from '../inventory/inventory.ts'

/** Why a device can hold no entry of this kind for the block, whatever it matches; `undefined` when it may. */
export function refuseByCapability(
  { capabilities }: Device,
  kind: EntryKind,
  prefix: Prefix,
  spec: BlockSpec,
): string | undefined {
  if (!capabilities.kinds.includes(kind)) return `it takes no ${kind} rules`
  if (!capabilities.families.includes(prefixFamily(prefix)))
    return `it takes no IPv${prefixFamily(prefix)} rules`
  const { action } = spec
  if (capabilities.neighbours?.some((one) => takesKind(one, kind, prefixFamily(prefix))) === false)
    return `none of its routers takes IPv${prefixFamily(prefix)} ${kind} rules`
  if (!capabilities.actions.includes(action.do)) return `it cannot ${action.do}`
  if (action.do !== 'redirect' || capabilities.places?.includes(action.to) === true) return undefined
  const known = capabilities.places?.join(', ') || 'none'
  return `it has no place '${action.to}' to redirect to; known: ${known}`
}

/** Why its filters cannot match so; `undefined` when they can. Matches of one block differ in their prefixes alone. */
export function refuseByMatch({ capabilities }: Device, matches: readonly PacketMatch[]): string | undefined {
  const missing = componentNames(matches[0]?.components ?? NO_COMPONENTS).filter(
    (name) => !capabilities.components.includes(name),
  )
  if (missing.length > 0) return `it cannot match ${missing.join(', ')}`
  const pairs = matches.some(({ destination, source }) => destination !== undefined && source !== undefined)
  return pairs && capabilities.pairs === false
    ? 'it cannot match a source and a destination at once'
    : undefined
}

function takesKind({ unicast, flow }: Reach, kind: EntryKind, family: Family): boolean {
  return (kind === 'flow' || kind === 'acl' ? flow : unicast).includes(family)
}
