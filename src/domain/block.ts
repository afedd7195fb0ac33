import type { Category } from './category.ts'
import type { Lease } from './lease.ts'
import type { PacketMatch } from './match.ts'
import type { Prefix } from './prefix.ts'
import type { Action, Scope } from './rule.ts'
import type { Target } from './target.ts'

export type Direction = 'to' | 'from' | 'both'

export const FRAGMENT_COLLATERAL = 'fragments'
export const REACHABLE_COLLATERAL = 'reachable-too'

/**
 * What a block may hit beyond what it names, because a device cannot be exact: `whole-host`, a match may become
 * the whole host; `both-directions`, one direction may become both; `fragments`, every later fragment of the
 * protocol, since those carry no ports; `reachable-too`, what the site keeps reachable for blocked departments and
 * connections is cut off as well. Nothing else is ever widened.
 */
export const COLLATERALS = [
  'whole-host',
  'both-directions',
  FRAGMENT_COLLATERAL,
  REACHABLE_COLLATERAL,
] as const
export type Collateral = (typeof COLLATERALS)[number]

/** Who asked: a person, or a machine that acts by itself. `token` is the id of the token that was used. */
export interface Origin {
  readonly kind: 'person' | 'automatic'
  readonly token: string
}

/** How sure the evidence is of the source address: `spoofable` evidence proves nothing about who sent a packet. */
export type SourceEvidence = 'spoofable' | 'established'

/** What one command or decision asks for: the unchangeable part of a block. */
export interface BlockSpec {
  readonly target: Target
  /** Narrowing of a host target; its prefixes are of the other end only. */
  readonly match?: PacketMatch
  readonly direction: Direction
  readonly action: Action
  readonly collateral: readonly Collateral[]
  readonly scope: Scope
  /**
   * MAC addresses: of a host, of the station that has its address and is to be quarantined too; of a visitor, of those
   * that they use, as their account is not ours to lock.
   */
  readonly stations?: readonly string[]
}

/**
 * How a block ended: `released` by somebody, `expired` at its time; or, before anybody agreed to it, `withdrawn` by whoever
 * had asked, `declined` by a second person, `lapsed` because nobody agreed in time.
 */
export const ENDINGS = ['released', 'expired', 'withdrawn', 'declined', 'lapsed'] as const
export type Ending = (typeof ENDINGS)[number]

/** What awaits the agreement of people: a block is wide, and one person is not enough (DESIGN §6.7). */
export interface Proposal {
  /** Of the expansion and the plan: agreement is to these alone. */
  readonly digest: string
  /** Why one person is not enough. */
  readonly asks: readonly string[]
  /** Milliseconds since 1970: nobody agreed until then, and it lapses. */
  readonly expires: number
  /** Milliseconds that the block is to last, from the agreement on. */
  readonly lasts?: number
  /** When it is to end, where that was said; `null` for never. */
  readonly until?: number | null
  /** Ids of the people who have agreed, whoever proposed it first; a machine is not among them. */
  readonly agreed: readonly string[]
  /** Connections whose participant must have agreed. */
  readonly participants: readonly string[]
  /** How many people must agree, where it is not as many as always: one, to what only a policy asks about. */
  readonly needed?: 1
  /** Of a block that is on: it is to cover more, because its target has grown. */
  readonly grows?: true
}

/** People who must agree to what is wide. */
export const PEOPLE_NEEDED = 2

/** One decision with one reason. Times are milliseconds since 1970; `until: null` is permanent. */
export interface Block extends BlockSpec {
  readonly id: number
  readonly origin: Origin
  readonly reason: string
  readonly ticket?: string
  /** What happened, where that is known. */
  readonly category?: Category
  /** Name of the advice that the rule gives which decided. */
  readonly advice?: string
  /** The rule that decided: `manual`, or a policy and its rule, as `scanner/repeated`. */
  readonly policy: string
  readonly createdAt: number
  readonly until: number | null
  /** `proposed`: it awaits agreement and nothing of it is enforced. */
  readonly wanted: 'proposed' | 'on' | 'off'
  /** While it awaits agreement; of an emergency block also while it is on. */
  readonly proposal?: Proposal
  /** Ids of the people who agreed to it, where one was not enough. */
  readonly agreed?: readonly string[]
  /** One person let it begin at once; it ends soon unless others agree. */
  readonly emergency?: true
  /** What it covers, where the target does not say so by itself: of named targets, and of what was carved. */
  readonly expansion?: readonly Prefix[]
  /** The most that it may cover without anybody's agreement, where that is more than it covers. */
  readonly widest?: readonly Prefix[]
  /** Whom it is about, of an address that changes hands. */
  readonly lease?: Lease
  /** Id of the token that has set its end, where that is another than the one that asked for the block. */
  readonly endBy?: string
  /** What a person should look at, in words. */
  readonly flag?: string
  /** Number of the trigger that a policy made it for. */
  readonly trigger?: number
  /** Counts the changes, from 1; the ETag. */
  readonly version: number
  readonly endedAt?: number
  readonly ending?: Ending
  /** Names of the devices on which it has been in force at least once. */
  readonly seenOn: readonly string[]
}

/** The directions that a block may hit, with what its collateral permits. */
export function hitDirection({
  direction,
  collateral,
}: Pick<BlockSpec, 'direction' | 'collateral'>): Direction {
  return collateral.includes('both-directions') ? 'both' : direction
}

/** The prefix at the other end of what is blocked, where the match names one. */
export function otherEnd({ match }: Pick<BlockSpec, 'match'>): Prefix | undefined {
  return match?.source ?? match?.destination
}

/** Whether it was ever to be enforced. */
export function hasBegun({ wanted, ending }: Block): boolean {
  if (wanted === 'proposed') return false
  return ending === undefined || ending === 'released' || ending === 'expired'
}

/** When the block ends by itself, or lapses; `null` for never. Of one that has ended it says nothing. */
export function endOf({ wanted, until, proposal }: Block): number | null {
  return wanted === 'proposed' ? (proposal?.expires ?? 0) : until
}

/** Whether its time is over and its end is still to be recorded. */
export function isOver(block: Block, now: number): boolean {
  const end = endOf(block)
  return block.wanted !== 'off' && end !== null && end <= now
}

/** Whether the block asks for enforcement at this time. `until` takes effect by itself. */
export function isActive(block: Block, now: number): boolean {
  return block.wanted === 'on' && (block.until === null || now < block.until)
}
