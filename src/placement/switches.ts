import type { BlockSpec, Collateral } from '../domain/block.ts'
import { type AttachmentKind, type SwitchRule, switchRule } from '../domain/rule.ts'
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
  kind: AttachmentKind,
  spec: BlockSpec,
  inventory: Inventory,
): Switched {
  const refusal = whyNoSwitch(device, kind, spec, inventory)
  if (refusal !== undefined) return unsupported(refusal)
  if (spec.direction !== 'both' && !spec.collateral.includes('both-directions'))
    return { ...NOTHING, gaps: [{ code: 'would-widen', why: WOULD_WIDEN }] }
  const here = attachmentsOf(spec, inventory).filter(({ router }) => router === device.name)
  if (here.length === 0) return unsupported(`the connection has no attachment at ${device.name}`)
  const judged = here.map((one) => ({ one, gap: whyNotThis(device, kind, one, spec, inventory) }))
  const switched = judged.flatMap(({ one, gap }) => (gap === undefined ? [one] : []))
  const names = [...new Set(switched.map((one) => nameIn(one, kind)))]
  return {
    rules: names.map((name) => switchRule(kind, name)),
    attachments: switched,
    widened: spec.direction === 'both' || names.length === 0 ? [] : ['both-directions'],
    gaps: judged.flatMap(({ gap }) => gap ?? []),
  }
}

const WOULD_WIDEN =
  'it stops both directions of the connection; permit collateral both-directions if that is meant'

function unsupported(why: string): Switched {
  return { ...NOTHING, gaps: [{ code: 'unsupported', why }] }
}

function whyNoSwitch(
  { capabilities }: Device,
  kind: AttachmentKind,
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

/** Of one attachment: what the device may not touch, and what others are attached by too. */
function whyNotThis(
  { capabilities: { switches = [] } }: Device,
  kind: AttachmentKind,
  attachment: Attachment,
  { target }: BlockSpec,
  { connections }: Inventory,
): Switched['gaps'][number] | undefined {
  const name = nameIn(attachment, kind)
  const isSame = (one: Attachment): boolean => one.router === attachment.router && nameIn(one, kind) === name
  if (!switches.includes(name))
    return {
      code: 'unsupported',
      why: `it may not touch ${name}: its configuration allows ${switches.join(', ') || 'nothing'}`,
    }
  const others = [...connections.values()].filter(
    (other) =>
      !(target.kind === 'connection' && target.name === other.name) && other.attachments.some(isSame),
  )
  if (others.length === 0) return undefined
  const named = others.map((other) => other.name).join(', ')
  return { code: 'would-widen', why: `${name} attaches ${named} too, which would be cut off with it` }
}

/** What the device calls the attachment. */
function nameIn(attachment: Attachment, kind: AttachmentKind): string {
  return kind === 'interface-down' ? attachment.interface : attachment.neighbour
}

/** By which the block's target reaches us; none where it is no connection. */
export function attachmentsOf(
  { target }: Pick<BlockSpec, 'target'>,
  inventory: Inventory,
): readonly Attachment[] {
  return target.kind === 'connection' ? (inventory.connections.get(target.name)?.attachments ?? []) : []
}
