import type { Block, Origin } from '../domain/block.ts'
import type { Bounds } from '../domain/bounds.ts'
import type { Prefix } from '../domain/prefix.ts'
import { PrefixMap } from '../domain/prefix-map.ts'
import type { Request } from '../domain/request.ts'
import { type AccessScope, BOUND_ROLES, PEOPLE_ROLES, type Role } from '../domain/role.ts'
import { emptyOutbox, type Outbox } from './outbox.ts'
import { SharedParts } from './shared-parts.ts'
import type { Incident } from './trigger-events.ts'

export interface Token {
  readonly id: string
  readonly hash: string
  readonly name: string
  readonly scopes: readonly AccessScope[]
  /** Roles whose rights it carries beside. */
  readonly roles: readonly Role[]
  readonly origin: Origin['kind']
  /** Whose it is; a machine's is nobody's. */
  readonly person?: string
  /** Departments that it is bound to. */
  readonly departments?: readonly string[]
  /** What its blocks may be at the most. */
  readonly bounds?: Bounds
  /** Whether it is the session of a browser. */
  readonly session: boolean
  readonly until: number | null
  /** The token that made it. */
  readonly by: string
  readonly revoked: boolean
}

/** Somebody who may act. */
export interface Person {
  readonly id: string
  readonly name: string
  /** Issuer and subject, of one whom an identity provider knows. */
  readonly subject?: string
  readonly roles: readonly Role[]
  readonly departments?: readonly string[]
  readonly left: boolean
  /** When this was last said, and with which token; `login`, by the identity provider. */
  readonly at: number
  readonly by: string
}

/** Stands for a token where nobody but the identity provider has said so. */
export const BY_LOGIN = 'login'

/** Whoever runs the controller: known without an event, and may do everything. */
export const LOCAL: Person = Object.freeze({
  id: 'local',
  name: 'whoever runs the controller',
  roles: PEOPLE_ROLES.filter((role) => !BOUND_ROLES.includes(role)),
  left: false,
  at: 0,
  by: 'local',
})

export interface DeviceHold {
  readonly by: string
  readonly until: number
  readonly reason: string
}

/** A breaker that has tripped. */
export interface Breaker {
  readonly limit: string
  readonly source: string
  readonly at: number
}

/** Somebody stopped automation, or one source. */
export interface Stopped {
  readonly by: string
  readonly reason: string
  readonly at: number
}

/** What a repeated request is answered with. */
export interface Answered {
  readonly seq: number
  readonly digest: string
  readonly blocks: readonly number[]
  readonly at: number
}

/** Numbers of blocks; one is kept without a list. */
type BlockIds = number | readonly number[]

/** Hosts of own space that were blocked within one hour. `hour` counts from 1970. */
export interface OwnBlocked {
  readonly hour: number
  readonly hosts: number
}

/** A block that was lifted because somebody had asked for it. */
export interface Granted {
  readonly block: number
  readonly request: number
  readonly at: number
  /** Whether a person had made it: policies count their own blocks anyway. */
  readonly byHand: boolean
}

/** Everything that is folded from the ledger: the intent, and nothing about what devices hold. */
export interface State extends Outbox {
  /** Sequence number and time of the last event folded. */
  seq: number
  at: number
  /** Blocks and requests share their numbers. */
  nextBlock: number
  /** Active blocks, and ended ones until they are forgotten. */
  readonly blocks: Map<number, Block>
  /** Blocks in memory by the prefix of their host target. */
  readonly byPrefix: PrefixMap<BlockIds>
  /** Blocks in memory by the other end that their match names. */
  readonly byOtherEnd: PrefixMap<BlockIds>
  /** Blocks in memory by the account and the stations that they are about. */
  readonly byIdentity: Map<string, readonly number[]>
  /** Blocks in memory of which it is recorded what they cover: of named targets, and those that were carved. */
  readonly named: Set<number>
  /** Ids of ended blocks that are still in memory, in the order of their end. */
  readonly ended: number[]
  /** How many active blocks each origin has, by token. */
  readonly activeBy: Map<string, number>
  /** Blocks that await agreement. */
  readonly proposed: Set<number>
  /** Hosts of own space that each person, or machine, has blocked lately without another's agreement, by the hour. */
  readonly lately: Map<string, readonly OwnBlocked[]>
  /** When each person let something begin that others had to agree to, within the last day. */
  readonly emergencies: Map<string, readonly number[]>
  /** Active blocks of automatic origin. */
  readonly automatic: Set<number>
  readonly tokens: Map<string, Token>
  readonly people: Map<string, Person>
  /** When each person last logged in, in milliseconds since 1970. */
  readonly logins: Map<string, number>
  readonly holds: Map<string, DeviceHold>
  readonly memos: Map<string, string>
  readonly answered: Map<string, Answered>
  /** Breakers that have tripped: `all`, `source:TOKEN`, `department:NAME`. */
  readonly breakers: Map<string, Breaker>
  /** Sources of which nothing is taken, by token. */
  readonly muted: Map<string, Stopped>
  nextTrigger: number
  /** What sources say of incidents, by source and their name of it; those of which something was said last come last. */
  readonly incidents: Map<string, Incident>
  /** Keys of open incidents by source and attack. */
  readonly attacks: Map<string, Set<string>>
  /** By the number of an active block that a policy has made: the source and the policy. */
  readonly policyBlocks: Map<string, string>
  /** How many active blocks a policy has made for a source. */
  readonly byPolicy: Map<string, number>
  /** When policies have blocked a target, by its text, within the last 30 days. */
  readonly offences: Map<string, readonly number[]>
  /** Open requests, and settled ones until they are forgotten. */
  readonly requests: Map<number, Request>
  /** Of a block, the numbers of the requests about it that are in memory. */
  readonly requestsOf: Map<number, readonly number[]>
  /** The last block of each target that was lifted on request, by the target's text. */
  readonly probation: Map<string, Granted>
  /** Digest of the inventory that was loaded last. */
  inventory: string | undefined
  /** While nothing automatic is taken. */
  frozen: Stopped | undefined
  readonly shared: SharedParts
}

export function emptyState(): State {
  return {
    seq: 0,
    at: 0,
    nextBlock: 1,
    blocks: new Map(),
    byPrefix: new PrefixMap(),
    byOtherEnd: new PrefixMap(),
    byIdentity: new Map(),
    named: new Set(),
    ended: [],
    activeBy: new Map(),
    proposed: new Set(),
    lately: new Map(),
    emergencies: new Map(),
    automatic: new Set(),
    tokens: new Map(),
    people: new Map([[LOCAL.id, LOCAL]]),
    logins: new Map(),
    holds: new Map(),
    memos: new Map(),
    answered: new Map(),
    breakers: new Map(),
    muted: new Map(),
    nextTrigger: 1,
    incidents: new Map(),
    attacks: new Map(),
    policyBlocks: new Map(),
    byPolicy: new Map(),
    offences: new Map(),
    requests: new Map(),
    requestsOf: new Map(),
    probation: new Map(),
    ...emptyOutbox(),
    inventory: undefined,
    frozen: undefined,
    shared: new SharedParts(),
  }
}

/** Whom what this token does counts for: its person, with all of their tokens; a machine's token stands for itself. */
export function ownerOf({ tokens }: Pick<State, 'tokens'>, token: string): string {
  return tokens.get(token)?.person ?? token
}

/** Ids of the blocks that are kept under exactly this prefix. */
export function blocksUnder(index: PrefixMap<BlockIds>, prefix: Prefix): readonly number[] {
  const found = index.get(prefix)
  return found === undefined ? [] : typeof found === 'number' ? [found] : found
}

export function keepUnder(index: PrefixMap<BlockIds>, prefix: Prefix, id: number): void {
  const there = index.get(prefix)
  index.set(prefix, there === undefined ? id : [...blocksUnder(index, prefix), id])
}

export function dropUnder(index: PrefixMap<BlockIds>, prefix: Prefix, id: number): void {
  const rest = blocksUnder(index, prefix).filter((other) => other !== id)
  const [only] = rest
  if (only === undefined) index.delete(prefix)
  else index.set(prefix, rest.length === 1 ? only : rest)
}
