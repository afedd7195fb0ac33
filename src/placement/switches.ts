import type { BlockSpec, Collateral } from '../domain/block.ts'
import { type SwitchKind, type SwitchRule, switchRule } from '../domain/rule.ts'
import { type Attachment, type Device, type Inventory, namedPrefixes } from '../inventory/inventory.ts'
import { protectedWithin } from './expand.ts'

/** What one line of the table puts down on one device, or why it does not. */
export interface Switched {
  readonly rules: readonly SwitchRule[]
  /** The attachments that the rules are about. */
  readonly attachments: readonly Attachment[]
  readonly widened: readonly Collateral[]
  readonly gaps: readonly { readonly code: 'unsupported' | 'would-widen'; readonly why: string }[]
}

const NOTHING: Switched = { rules: [], attachments: [], widened: [], gaps: [] }

/** The switches of a device by which a connection is taken off it; a last resort, and only for a whole connection. */
export function switchesFor(
  device: Device,
  kind: SwitchKind,
  spec: BlockSpec,
  inventory: Inventory,
): Switched {
  const refusal = whyNoSwitch(device, kind, spec, inventory)
  if (refusal !== undefined) return unsupported(refusal)
  if (spec.direction !== 'both' && !spec.collateral.includes('both-directions'))
    return { ...NOTHING, gaps: [{ code: 'would-widen', why: WOULD_WIDEN }] }
  const here = attachmentsOf(spec, inventory).filter(({ router }) => router === device.name)
  if (here.length === 0) return unsupported(`the connection has no attachment at ${device.name}`)
  const allowed = here.filter((one) => maySwitch(device, nameIn(one, kind)))
  const gaps = here
    .filter((one) => !allowed.includes(one))
    .map((one) => ({ code: 'unsupported' as const, why: notAllowed(device, nameIn(one, kind)) }))
  const names = [...new Set(allowed.map((one) => nameIn(one, kind)))]
  return {
    rules: names.map((name) => switchRule(kind, name)),
    attachments: allowed,
    widened: spec.direction === 'both' || names.length === 0 ? [] : ['both-directions'],
    gaps,
  }
}

const WOULD_WIDEN =
  'it stops both directions of the connection; permit collateral both-directions if that is meant'

function unsupported(why: string): Switched {
  return { ...NOTHING, gaps: [{ code: 'unsupported', why }] }
}

function whyNoSwitch(
  { capabilities }: Device,
  kind: SwitchKind,
  spec: BlockSpec,
  inventory: Inventory,
): string | undefined {
  if (!capabilities.kinds.includes(kind)) return `it takes no ${kind} rules`
  if (spec.target.kind !== 'connection')
    return `${kind} takes a whole connection off, and the target is a ${spec.target.kind}`
  if (spec.match !== undefined) return `${kind} cannot match: it takes the whole connection off`
  if (spec.action.do !== 'drop') return `${kind} cannot ${spec.action.do}: it stops everything`
  const [first] = protectedWithin(inventory, namedPrefixes(inventory, spec.target) ?? [], 'both')
  return first === undefined
    ? undefined
    : `${kind} would cut off ${first.name} (${first.prefix}), which is protected`
}

function maySwitch({ capabilities }: Device, name: string): boolean {
  return capabilities.switches?.includes(name) === true
}

function notAllowed({ capabilities }: Device, name: string): string {
  return `it may not touch ${name}: its configuration allows ${capabilities.switches?.join(', ') || 'nothing'}`
}

/** What the device calls the attachment. */
function nameIn(attachment: Attachment, kind: SwitchKind): string {
  return kind === 'interface-down' ? attachment.interface : attachment.neighbour
}

/** By which the block's target reaches us; none where it is no connection. */
export function attachmentsOf(
  { target }: Pick<BlockSpec, 'target'>,
  inventory: Inventory,
): readonly Attachment[] {
  return target.kind === 'connection' ? (inventory.connections.get(target.name)?.attachments ?? []) : []
}
