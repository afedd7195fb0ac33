import type { Category } from './category.ts'
import { InputError, within } from './input-error.ts'
import type { Lease } from './lease.ts'
import {
  componentNames,
  matchText,
  NO_COMPONENTS,
  type PacketMatch,
  type Ranges,
  readMatch,
} from './match.ts'
import { rangesCover } from './numeric.ts'
import { type Prefix, parsePrefix, prefixFamily } from './prefix.ts'
import { type Action, DROP, type Scope } from './rule.ts'

/** What is restricted. A department and a connection are named prefix sets of the inventory. */
export type Target =
  | { readonly kind: 'host'; readonly prefix: Prefix }
  | { readonly kind: 'department'; readonly name: string }
  | { readonly kind: 'connection'; readonly name: string }

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

/** What a caller may say about a block, before it is checked. */
export interface BlockRequest {
  readonly target: string
  readonly match?: Readonly<Record<string, unknown>>
  readonly direction?: Direction
  readonly action?:
    | 'drop'
    | { readonly rateLimit: number }
    | { readonly redirect: string }
    | { readonly mark: number }
  readonly collateral?: readonly Collateral[]
  readonly scope?: Scope
}

/** Lowest rate that can be asked for, in bytes a second; the highest is 10^12, above which ExaBGP clamps. */
const LOWEST_RATE = 1
const HIGHEST_RATE = 1_000_000_000_000

const NOTHING: readonly never[] = Object.freeze([])

/**
 * Checks a request and builds what it asks for. `isOwn` tells own space from outside, which decides the direction
 * where none is given: `both` for own hosts, `from` for outside ones.
 * @throws InputError with the path of the wrong field
 */
export function readBlockSpec(request: BlockRequest, isOwn: (prefix: Prefix) => boolean): BlockSpec {
  const target = within('target', () => readTarget(request.target))
  const direction = request.direction ?? (target.kind === 'host' && !isOwn(target.prefix) ? 'from' : 'both')
  const match = within('match', () => readNarrowing(target, direction, request.match))
  return {
    target,
    ...(match === undefined ? {} : { match }),
    direction,
    action: within('action', () => readAction(request.action)),
    collateral: readCollateral(request.collateral, direction, match),
    scope: request.scope ?? 'local',
  }
}

/** Left out, it is none, but for an amplification: most of that arrives as fragments, which have no port. */
function readCollateral(
  given: readonly Collateral[] | undefined,
  direction: Direction,
  match: PacketMatch | undefined,
): readonly Collateral[] {
  if (given === undefined) return isAmplification(direction, match) ? AMPLIFICATION : NOTHING
  return given.length === 0 ? NOTHING : [...new Set(given)].sort()
}

const AMPLIFICATION: readonly Collateral[] = Object.freeze([FRAGMENT_COLLATERAL])
const UDP: Ranges = [[17, 17]]

/** Answers of a UDP service, to whatever port of a victim that never asked. */
function isAmplification(direction: Direction, match: PacketMatch | undefined): boolean {
  const { protocol, port, sourcePort, destinationPort, fragment } = match?.components ?? NO_COMPONENTS
  if (direction !== 'to' || sourcePort === undefined || protocol === undefined) return false
  if (port !== undefined || destinationPort !== undefined) return false
  return fragment === undefined && rangesCover(UDP, protocol)
}

/** The directions that a block may hit, with what its collateral permits. */
export function hitDirection({
  direction,
  collateral,
}: Pick<BlockSpec, 'direction' | 'collateral'>): Direction {
  return collateral.includes('both-directions') ? 'both' : direction
}

/**
 * Reads a target as people type it: an address, a prefix, `department:NAME` or `connection:NAME`.
 * @throws InputError
 */
export function readTarget(text: string): Target {
  const named = /^(department|connection):([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/.exec(text)
  if (named !== null) return { kind: named[1] as 'department' | 'connection', name: named[2] ?? '' }
  return { kind: 'host', prefix: parsePrefix(text) }
}

export function targetText(target: Target): string {
  return target.kind === 'host' ? target.prefix : `${target.kind}:${target.name}`
}

function readNarrowing(
  target: Target,
  direction: Direction,
  input: BlockRequest['match'],
): PacketMatch | undefined {
  if (input === undefined || Object.keys(input).length === 0) return undefined
  if (target.kind !== 'host')
    throw new InputError('match-target', `only a host can be narrowed by a match, not a ${target.kind}`)
  const match = readMatch(prefixFamily(target.prefix), input)
  const taken = direction === 'to' ? 'destination' : 'source'
  if (direction === 'both') refuseOneSided(match)
  else if (match[taken] !== undefined) {
    throw new InputError(
      'match-direction',
      `the target is the ${taken} of a block '${direction}' it; give the other end only`,
      taken,
    )
  }
  return matchText(match) === '' ? undefined : match
}

function refuseOneSided(match: PacketMatch): void {
  const sided = [
    ...(match.destination ? ['destination'] : []),
    ...(match.source ? ['source'] : []),
    ...componentNames(match.components),
  ].find((name) => ['destination', 'source', 'destinationPort', 'sourcePort'].includes(name))
  if (sided !== undefined) {
    throw new InputError(
      'match-direction',
      'has no meaning for both directions at once; say direction to or from, or use port',
      sided,
    )
  }
}

function readAction(action: BlockRequest['action']): Action {
  if (action === undefined || action === 'drop') return DROP
  if (Object.keys(action).length !== 1)
    throw new InputError('action', 'one action at a time: rateLimit, redirect or mark')
  if ('redirect' in action) return { do: 'redirect', to: action.redirect }
  if ('mark' in action) return readMark(action.mark)
  const rate = action.rateLimit
  if (!Number.isInteger(rate) || rate < LOWEST_RATE || rate > HIGHEST_RATE) {
    throw new InputError(
      'rate',
      `a rate is a whole number of bytes a second from ${LOWEST_RATE} to ${HIGHEST_RATE}; to stop everything say drop`,
      'rateLimit',
    )
  }
  return { do: 'rate-limit', bytesPerSecond: rate }
}

/** A DSCP has six bits (RFC 2474 §3). */
const HIGHEST_DSCP = 63

function readMark(dscp: number): Action {
  if (!Number.isInteger(dscp) || dscp < 0 || dscp > HIGHEST_DSCP)
    throw new InputError('dscp', `a DSCP is a whole number from 0 to ${HIGHEST_DSCP}`, 'mark')
  return { do: 'mark', dscp }
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
