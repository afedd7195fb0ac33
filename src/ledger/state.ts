import type { Block, Origin } from '../domain/block.ts'
import type { Prefix } from '../domain/prefix.ts'
import { PrefixMap } from '../domain/prefix-map.ts'
import { SharedParts } from './shared-parts.ts'

export interface Token {
  readonly id: string
  readonly hash: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly origin: Origin['kind']
  readonly until: number | null
  readonly revoked: boolean
}

export interface DeviceHold {
  readonly by: string
  readonly until: number
  readonly reason: string
}

export interface Breaker {
  readonly limit: string
  readonly source: string
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

/** Everything that is folded from the ledger: the intent, and nothing about what devices hold. */
export interface State {
  /** Sequence number and time of the last event folded. */
  seq: number
  at: number
  nextBlock: number
  /** Active blocks, and ended ones until they are forgotten. */
  readonly blocks: Map<number, Block>
  /** Blocks in memory by the prefix of their host target. */
  readonly byPrefix: PrefixMap<BlockIds>
  /** Blocks in memory by the other end that their match names. */
  readonly byOtherEnd: PrefixMap<BlockIds>
  /** Blocks in memory whose target is a department or a connection. */
  readonly named: Set<number>
  /** Ids of ended blocks that are still in memory, in the order of their end. */
  readonly ended: number[]
  /** How many active blocks each origin has, by token. */
  readonly activeBy: Map<string, number>
  /** Active blocks of automatic origin. */
  readonly automatic: Set<number>
  readonly tokens: Map<string, Token>
  readonly holds: Map<string, DeviceHold>
  readonly memos: Map<string, string>
  readonly answered: Map<string, Answered>
  breaker: Breaker | undefined
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
    named: new Set(),
    ended: [],
    activeBy: new Map(),
    automatic: new Set(),
    tokens: new Map(),
    holds: new Map(),
    memos: new Map(),
    answered: new Map(),
    breaker: undefined,
    shared: new SharedParts(),
  }
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
