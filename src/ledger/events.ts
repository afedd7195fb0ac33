import type { BlockSpec, Origin, Proposal } from '../domain/block.ts'
import type { Category } from '../domain/category.ts'
import type { Lease } from '../domain/lease.ts'
import type { Family, Prefix } from '../domain/prefix.ts'
import type { RetentionRule } from '../domain/retention.ts'
import type {
  AutomationFrozen,
  AutomationPanicked,
  AutomationThawed,
  BreakerReset,
  BreakerTripped,
  SourceMuted,
  SourceUnmuted,
} from './brake-events.ts'
import type { BlockCovers, BlockFlagged, BlockGrows, BlockMoved, InventoryLoaded } from './coverage-events.ts'
import type { MessageEvent } from './message-events.ts'
import type { PersonKnown, PersonLeft, TokenCreated, TokenRevoked } from './people-events.ts'
import type { RequestEvent } from './request-events.ts'
import type { TriggerTaken } from './trigger-events.ts'

/** What of a block may stand in the chain in clear: its kind and how wide it is. */
export interface BlockShape {
  readonly target: BlockSpec['target']['kind']
  readonly family?: Family
  readonly prefixLength?: number
}

export interface BlockCreated extends BlockSpec {
  readonly type: 'block.created'
  readonly block: number
  readonly shape: BlockShape
  readonly origin: Origin
  readonly reason: string
  readonly ticket?: string
  readonly until: number | null
  /** Name of the policy rule that decided. */
  readonly policy: string
  /** What happened: a kind, like the rule's advice, and no personal data. */
  readonly category?: Category
  readonly advice?: string
  /** Hosts of own space that it hits. */
  readonly ownHosts: number
  /** Departments that the target is in at this time, by name; left out where there are none. */
  readonly departments?: readonly string[]
  /** What it covers, of a target that is a name. */
  readonly expansion?: readonly Prefix[]
  /** One person let it begin at once, and others are asked to agree to what is proposed. */
  readonly emergency?: true
  readonly proposal?: Proposal
  /** Whom it is about, of an address that changes hands. */
  readonly lease?: Lease
}

/** A block that awaits the agreement of people. */
export interface BlockProposed extends Omit<BlockCreated, 'type' | 'emergency'> {
  readonly type: 'block.proposed'
  readonly proposal: Proposal
}

/** Somebody proposes what the block has become by now, instead of what was proposed before. */
export interface BlockReproposed {
  readonly type: 'block.reproposed'
  readonly block: number
  readonly by: string
  readonly proposal: Proposal
  readonly expansion?: readonly Prefix[]
}

/** Somebody agrees; the block begins when enough people have. */
export interface BlockApproved {
  readonly type: 'block.approved'
  readonly block: number
  readonly by: string
  readonly person: string
  /** Of what was shown to them. */
  readonly digest: string
  /** What a participant has said, where a connection needs that. */
  readonly agreement?: string
  readonly begins: boolean
  /** What it covers from here on, and what before, of one that is on already and begins no more. */
  readonly expansion?: readonly Prefix[]
  readonly before?: readonly Prefix[]
  /** When the block ends, once it begins. */
  readonly until: number | null
}

export interface BlockDeclined {
  readonly type: 'block.declined'
  readonly block: number
  readonly by: string
  readonly why?: string
}

export interface BlockAmended {
  readonly type: 'block.amended'
  readonly block: number
  readonly by: string
  readonly until?: number | null
  readonly reason?: string
  readonly ticket?: string
  /** Why its end was moved, where nobody has said so. */
  readonly why?: string
}

export interface BlockReleased {
  readonly type: 'block.released'
  readonly block: number
  readonly by: string
  readonly why?: string
}

export interface BlockExpired {
  readonly type: 'block.expired'
  readonly block: number
}

/** What the rules of a block that has ended had met on the devices that count, as far as was known at its end. */
export interface BlockCounted {
  readonly type: 'block.counted'
  readonly block: number
  readonly packets: number
  readonly bytes: number
  /** How many devices count. */
  readonly devices: number
}

export type MilestoneKind = 'in-force' | 'failed' | 'gone'

/** First times, batched: which blocks reached what on a device. */
export interface Milestones {
  readonly type: 'milestones'
  readonly device: string
  readonly reached: MilestoneKind
  readonly blocks: readonly number[]
  /** For `failed`: the device's words for each block, in the same order. */
  readonly words?: readonly string[]
}

/** Something an adapter must find again after a crash. */
export interface MemoKept {
  readonly type: 'memo'
  readonly device: string
  readonly memo: string
}

export interface DeviceHeld {
  readonly type: 'device.held'
  readonly device: string
  readonly by: string
  readonly until: number
  readonly reason: string
}

export interface DeviceFreed {
  readonly type: 'device.freed'
  readonly device: string
  readonly by: string
}

/** The answer to a request that may be sent again: the blocks it made. */
export interface RequestAnswered {
  readonly type: 'request.answered'
  readonly token: string
  readonly key: string
  readonly digest: string
  readonly blocks: readonly number[]
}

/** Somebody was shown personal evidence. */
export interface ReadRecorded {
  readonly type: 'read.recorded'
  readonly by: string
  /** The kind of evidence, such as `audit`. */
  readonly what: string
  /** What was asked for, in words. */
  readonly about?: string
  /** The block that it was about, of evidence about one. */
  readonly block?: number
}

/** Personal data of these events is about to be erased. */
export interface Redacted {
  readonly type: 'redacted'
  readonly events: readonly number[]
  /** The ended blocks that these events belong to; they leave memory. */
  readonly blocks: readonly number[]
  /** The settled requests that they belong to; they leave memory, too. */
  readonly requests?: readonly number[]
  /** Which rule of retention it was; left out where a person chose the events. */
  readonly rule?: RetentionRule
  readonly by: string
}

export type LedgerEvent =
  | BlockCreated
  | BlockProposed
  | BlockReproposed
  | BlockApproved
  | BlockDeclined
  | BlockCovers
  | BlockMoved
  | BlockFlagged
  | BlockGrows
  | InventoryLoaded
  | BlockAmended
  | BlockReleased
  | BlockExpired
  | BlockCounted
  | Milestones
  | MemoKept
  | DeviceHeld
  | DeviceFreed
  | TokenCreated
  | TokenRevoked
  | PersonKnown
  | PersonLeft
  | BreakerTripped
  | BreakerReset
  | AutomationFrozen
  | AutomationThawed
  | AutomationPanicked
  | SourceMuted
  | SourceUnmuted
  | RequestAnswered
  | RequestEvent
  | MessageEvent
  | TriggerTaken
  | ReadRecorded
  | Redacted

/** The blocks that an event is about; those of other events cannot be named for erasing. */
export function blocksOf(event: LedgerEvent): readonly number[] {
  if ('block' in event && event.block !== undefined) return [event.block]
  if (event.type === 'trigger.taken') return []
  return event.type === 'redacted' || !('blocks' in event) ? [] : event.blocks
}

/** The fields of each event that are personal data: they live in an erasable side record, never in the chain. */
export const SIDE_FIELDS: Readonly<Record<LedgerEvent['type'], readonly string[]>> = {
  'block.created': ['target', 'match', 'reason', 'ticket', 'expansion', 'proposal', 'lease', 'stations'],
  'block.proposed': ['target', 'match', 'reason', 'ticket', 'expansion', 'proposal', 'lease', 'stations'],
  'block.reproposed': ['proposal', 'expansion'],
  'block.approved': ['digest', 'agreement', 'expansion', 'before'],
  'block.covers': ['before', 'expansion', 'why'],
  'block.moved': ['before', 'prefix', 'why'],
  'block.flagged': ['why'],
  'block.grows': ['proposal'],
  'inventory.loaded': [],
  'block.declined': ['why'],
  'block.amended': ['reason', 'ticket', 'why'],
  'block.released': ['why'],
  'block.expired': [],
  'block.counted': [],
  milestones: ['words'],
  memo: ['memo'],
  'device.held': ['reason'],
  'device.freed': [],
  'token.created': ['name', 'bounds'],
  'token.revoked': [],
  'person.known': ['name', 'subject'],
  'person.left': [],
  'breaker.tripped': [],
  'breaker.reset': [],
  'automation.frozen': ['reason'],
  'automation.thawed': [],
  'automation.panicked': [],
  'source.muted': ['reason'],
  'source.unmuted': [],
  'request.answered': ['key', 'digest'],
  'request.filed': ['text', 'logs', 'mail'],
  'request.taken': ['mail'],
  'request.said': ['text', 'actions', 'mail'],
  'request.settled': ['text', 'actions', 'mail'],
  'request.reopened': ['text', 'mail'],
  'request.due': [],
  'request.reminded': [],
  'outbox.noted': [],
  'message.queued': ['letter', 'body'],
  'message.sent': ['left', 'refused'],
  'message.dead': ['words'],
  'message.again': [],
  'message.dropped': [],
  'message.received': ['mail'],
  'message.judged': [],
  'trigger.taken': ['record', 'why', 'attack', 'blocks'],
  'read.recorded': ['about'],
  redacted: [],
}

/** An event as it stands in the ledger. `redacted` says that its personal data is gone. */
export interface Recorded {
  readonly seq: number
  readonly at: number
  readonly event: LedgerEvent
  readonly redacted: boolean
}

/** The event as it reads once its personal data is erased. */
export function withoutPersonalData({ seq, at, event, redacted }: Recorded): Recorded {
  const fields = SIDE_FIELDS[event.type]
  const left = Object.entries(event).filter(([name]) => !fields.includes(name))
  const lost = fields.some((name) => (event as unknown as Record<string, unknown>)[name] !== undefined)
  return { seq, at, event: Object.fromEntries(left) as unknown as LedgerEvent, redacted: redacted || lost }
}
