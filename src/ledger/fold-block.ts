import { type Block, type BlockSpec, type Ending, otherEnd, type Proposal } from '../domain/block.ts'
import { isIdentity, isNamed } from '../domain/target.ts'
import type { BlockCovers, BlockFlagged, BlockGrows, BlockMoved } from './coverage-events.ts'
import type {
  BlockAmended,
  BlockApproved,
  BlockCreated,
  BlockDeclined,
  BlockReproposed,
  Milestones,
  Recorded,
} from './events.ts'
import { settleMoot } from './fold-request.ts'
import { leavePolicy } from './fold-trigger.ts'
import { noteEmergency, noteOwnHosts } from './own-hosts.ts'
import { dropUnder, keepUnder, type State } from './state.ts'

/** Folds an event of a block, or of several. */
export function foldBlock(state: State, { at, event, redacted }: Recorded): void {
  switch (event.type) {
    case 'block.created':
      return foldCreated(state, event, at, redacted)
    case 'block.proposed':
      state.nextBlock = Math.max(state.nextBlock, event.block + 1)
      if (!redacted)
        addBlock(
          state,
          compactBlock(state, event, { ...NEW, id: event.block, createdAt: at, wanted: 'proposed' }),
        )
      return
    case 'block.reproposed':
    case 'block.approved':
    case 'block.declined':
      return foldAgreement(state, event, at)
    case 'block.covers':
    case 'block.grows':
      return foldCoverage(state, event)
    case 'block.moved':
      return moveBlock(state, event)
    case 'block.flagged':
      return flagBlock(state, event)
    case 'block.amended':
      return amendBlock(state, event)
    case 'block.released':
      return endBlock(state, event.block, 'released', at)
    case 'block.expired':
      return endBlock(state, event.block, 'expired', at)
    case 'milestones':
      return noteMilestones(state, event)
    default:
      return
  }
}

function foldCreated(state: State, event: BlockCreated, at: number, redacted: boolean): void {
  state.nextBlock = Math.max(state.nextBlock, event.block + 1)
  if (event.ownHosts > 0) noteOwnHosts(state, event, at)
  noteEmergency(state, event, at)
  if (!redacted) addBlock(state, compactBlock(state, event, { ...NEW, id: event.block, createdAt: at }))
}

function foldCoverage(state: State, event: BlockCovers | BlockGrows): void {
  const block = state.blocks.get(event.block)
  if (block === undefined || block.wanted === 'off') return
  const version = block.version + 1
  if (event.type === 'block.grows') {
    state.blocks.set(block.id, { ...block, proposal: event.proposal, version })
    return
  }
  const widest =
    block.widest ?? block.expansion ?? (block.target.kind === 'host' ? [block.target.prefix] : [])
  state.blocks.set(block.id, { ...block, expansion: event.expansion, widest, version })
  state.named.add(block.id)
}

function moveBlock(state: State, { block: id, prefix }: BlockMoved): void {
  const block = state.blocks.get(id)
  // Of one that was redacted it is not known where to.
  if (block?.target.kind !== 'host' || block.wanted === 'off' || prefix === undefined) return
  const { flag: _, ...rest } = block
  dropUnder(state.byPrefix, block.target.prefix, id)
  keepUnder(state.byPrefix, prefix, id)
  state.blocks.set(id, { ...rest, target: { kind: 'host', prefix }, version: block.version + 1 })
}

function flagBlock(state: State, { block: id, why }: BlockFlagged): void {
  const block = state.blocks.get(id)
  if (block === undefined || block.wanted === 'off') return
  const { flag: _, ...rest } = block
  const version = block.version + 1
  state.blocks.set(id, { ...rest, ...(why === undefined ? {} : { flag: why }), version })
}

function foldAgreement(
  state: State,
  event: BlockReproposed | BlockApproved | BlockDeclined,
  at: number,
): void {
  const block = state.blocks.get(event.block)
  if (block?.proposal === undefined || block.wanted === 'off') return
  switch (event.type) {
    case 'block.declined': {
      if (block.proposal.grows !== true) return endBlock(state, block.id, 'declined', at)
      const { proposal: _, ...rest } = block
      state.blocks.set(block.id, { ...rest, version: block.version + 1 })
      return
    }
    case 'block.reproposed': {
      const { proposal, expansion } = event
      state.blocks.set(block.id, {
        ...block,
        proposal,
        ...(expansion === undefined ? {} : { expansion }),
        version: block.version + 1,
      })
      return
    }
    case 'block.approved':
      return agree(state, block, block.proposal, event)
  }
}

function agree(state: State, block: Block, proposal: Proposal, event: BlockApproved): void {
  const version = block.version + 1
  if (!event.begins) {
    const agreed = [...proposal.agreed, event.person]
    state.blocks.set(block.id, { ...block, proposal: { ...proposal, agreed }, version })
    return
  }
  const { proposal: _, emergency: __, widest: ___, ...rest } = block
  const agreed = [...proposal.agreed, event.person]
  const expansion = event.expansion === undefined ? {} : { expansion: event.expansion }
  const begun: Block = { ...rest, wanted: 'on', until: event.until, agreed, ...expansion, version }
  state.blocks.set(block.id, begun)
  state.proposed.delete(block.id)
  if (block.wanted === 'proposed') countActive(state, begun)
}

const NOWHERE: readonly string[] = Object.freeze([])

const NEW = { wanted: 'on', version: 1, seenOn: NOWHERE } as const

/** Puts a block of a checkpoint, active or ended, into the state and its indexes. */
export function restoreBlock(state: State, block: Block): void {
  addBlock(state, compactBlock(state, block, block))
}

function addBlock(state: State, block: Block): void {
  state.blocks.set(block.id, block)
  if (block.target.kind === 'host') keepUnder(state.byPrefix, block.target.prefix, block.id)
  if (isNamed(block.target) || block.expansion !== undefined) state.named.add(block.id)
  for (const identity of identitiesOf(block))
    state.byIdentity.set(identity, [...(state.byIdentity.get(identity) ?? []), block.id])
  const other = otherEnd(block)
  if (other !== undefined) keepUnder(state.byOtherEnd, other, block.id)
  if (block.wanted === 'off') {
    state.ended.push(block.id)
    return
  }
  if (block.wanted === 'proposed') state.proposed.add(block.id)
  else countActive(state, block)
}

function countActive(state: State, { id, origin }: Block): void {
  state.activeBy.set(origin.token, (state.activeBy.get(origin.token) ?? 0) + 1)
  if (origin.kind === 'automatic') state.automatic.add(id)
}

type Asked = BlockSpec &
  Pick<Block, 'origin' | 'reason' | 'ticket' | 'policy' | 'until' | 'expansion' | 'proposal' | 'emergency'> &
  Pick<Block, 'category' | 'advice' | 'agreed' | 'widest' | 'lease' | 'endBy' | 'flag' | 'trigger'>

/** A block in the least memory: what others have alike is shared, what most have not is added afterwards. */
function compactBlock({ shared }: State, asked: Asked, lived: Omit<Block, keyof Asked>): Block {
  const block: { -readonly [name in keyof Block]: Block[name] } = {
    id: lived.id,
    target: asked.target,
    direction: asked.direction,
    action: shared.action(asked.action),
    collateral: shared.collateral(asked.collateral),
    scope: asked.scope,
    origin: shared.origin(asked.origin),
    reason: asked.reason,
    policy: shared.name(asked.policy),
    createdAt: lived.createdAt,
    until: asked.until,
    wanted: lived.wanted,
    version: lived.version,
    seenOn: shared.devices(lived.seenOn),
  }
  if (asked.match !== undefined) block.match = asked.match
  if (asked.ticket !== undefined) block.ticket = asked.ticket
  if (asked.category !== undefined) block.category = shared.name(asked.category)
  if (asked.advice !== undefined) block.advice = shared.name(asked.advice)
  if (asked.expansion !== undefined) block.expansion = asked.expansion
  if (asked.widest !== undefined) block.widest = asked.widest
  if (asked.proposal !== undefined) block.proposal = asked.proposal
  if (asked.agreed !== undefined) block.agreed = asked.agreed
  if (asked.emergency !== undefined) block.emergency = asked.emergency
  if (asked.lease !== undefined) block.lease = asked.lease
  if (asked.endBy !== undefined) block.endBy = asked.endBy
  if (asked.flag !== undefined) block.flag = asked.flag
  if (asked.stations !== undefined) block.stations = asked.stations
  if (asked.trigger !== undefined) block.trigger = asked.trigger
  if (lived.endedAt !== undefined) block.endedAt = lived.endedAt
  if (lived.ending !== undefined) block.ending = lived.ending
  return block
}

function amendBlock(state: State, event: BlockAmended): void {
  const block = state.blocks.get(event.block)
  if (block === undefined || block.wanted === 'off') return
  const { endBy, ...rest } = block
  const by = event.until === undefined ? endBy : event.by
  state.blocks.set(block.id, {
    ...rest,
    ...(by === undefined || by === block.origin.token ? {} : { endBy: by }),
    ...(event.until === undefined ? {} : { until: event.until }),
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    ...(event.ticket === undefined ? {} : { ticket: event.ticket }),
    version: block.version + 1,
  })
}

/** What nobody had agreed to was not released and did not expire. */
const BEFORE_AGREEMENT = { released: 'withdrawn', expired: 'lapsed', declined: 'declined' } as const

/** What an end comes to. @param began whether the block had begun */
export function endingBy(began: boolean, how: keyof typeof BEFORE_AGREEMENT): Ending {
  if (!began) return BEFORE_AGREEMENT[how]
  // An emergency that is declined was in force until now.
  return how === 'declined' ? 'released' : how
}

/** Ends a block, in the way that this comes to. */
export function endBlock(state: State, id: number, how: keyof typeof BEFORE_AGREEMENT, at: number): void {
  const block = state.blocks.get(id)
  if (block === undefined || block.wanted === 'off') return
  const began = block.wanted === 'on'
  const ending = endingBy(began, how)
  const { proposal: _, ...rest } = block
  state.blocks.set(id, { ...rest, wanted: 'off', endedAt: at, ending, version: block.version + 1 })
  state.ended.push(id)
  state.proposed.delete(id)
  settleMoot(state, id, at)
  if (!began) return
  state.automatic.delete(id)
  leavePolicy(state, id)
  const left = (state.activeBy.get(block.origin.token) ?? 1) - 1
  if (left === 0) state.activeBy.delete(block.origin.token)
  else state.activeBy.set(block.origin.token, left)
}

function noteMilestones(state: State, event: Milestones): void {
  if (event.reached !== 'in-force') return
  for (const id of event.blocks) {
    const block = state.blocks.get(id)
    if (block === undefined || block.seenOn.includes(event.device)) continue
    // In place: a copy for each device of each block would cost more than everything else in this fold.
    const noted: { seenOn: readonly string[] } = block
    noted.seenOn = state.shared.extended(block.seenOn, event.device)
  }
}

/** The block leaves memory. */
export function dropBlock(state: State, block: Block): void {
  state.blocks.delete(block.id)
  state.named.delete(block.id)
  if (block.target.kind === 'host') dropUnder(state.byPrefix, block.target.prefix, block.id)
  const other = otherEnd(block)
  if (other !== undefined) dropUnder(state.byOtherEnd, other, block.id)
  dropIdentity(state, block)
}

function dropIdentity({ byIdentity }: State, block: Block): void {
  for (const identity of identitiesOf(block)) {
    const rest = (byIdentity.get(identity) ?? []).filter((id) => id !== block.id)
    if (rest.length === 0) byIdentity.delete(identity)
    else byIdentity.set(identity, rest)
  }
}

/** The account and the stations that a block is about. */
function identitiesOf({ target, stations = [] }: Block): readonly string[] {
  return isIdentity(target) ? [target.name, ...stations] : stations
}
