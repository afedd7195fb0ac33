import { type Block, hasBegun } from '../../domain/block.ts'
import { matchText } from '../../domain/match.ts'
import { targetText } from '../../domain/target.ts'
import type { Outcome, Pair } from './pairs.ts'
import { FIRST_NUMBER } from './world.ts'

/** What of a block is other than it was. `asks`: whether people are asked first. */
export type Field = 'target' | 'direction' | 'match' | 'action' | 'collateral' | 'scope' | 'asks'

/** Blocks of one side that belong together. */
export interface Blocks {
  readonly count: number
  /** Those that are in the ledger, by their numbers. */
  readonly blocks: readonly number[]
  readonly policy?: string
  readonly rule?: string
  /** Each is asked about first. */
  readonly asks: boolean
  /** What they do, each in a line: target, direction, match, action. */
  readonly does: readonly string[]
  /** How long they last together, in milliseconds; null for one without an end. */
  readonly lastsMs: number | null
}

/** A difference between what was done and what would have been. */
export interface Change {
  readonly kind: 'added' | 'missing' | 'changed' | 'longer' | 'shorter'
  readonly source: string
  /** The source's name of the incident. */
  readonly incident: string
  /** Number of the first trigger of the span that was about it. */
  readonly trigger: number
  readonly target: string
  readonly fields: readonly Field[]
  /** How much longer, in milliseconds; negative, shorter; null where one side has no end. */
  readonly byMs: number | null
  readonly was?: Blocks
  readonly would?: Blocks
}

/** Times are taken in one moment and recorded in another, a little later. */
export const SAME_MS = 1_000

/** What is other in a pair, or `same`; `erased` where a block is known by its number alone. */
export function changeOf(pair: Pair): Change | 'same' | 'erased' {
  const { was, would } = pair
  const first = [...was, ...would].reduce((a, b) => (b.trigger.trigger < a.trigger.trigger ? b : a))
  if ([...was, ...would].some(({ block }) => block === undefined)) return 'erased'
  const [before, after] = [sideOf(was), sideOf(would)]
  const { source, trigger, record } = first.trigger
  const [own] = [...would, ...was]
  const common = {
    ...{ source, incident: record.id, trigger },
    target: own?.block === undefined ? '' : targetText(own.block.target),
    ...(before === undefined ? {} : { was: before }),
    ...(after === undefined ? {} : { would: after }),
  }
  if (before === undefined || after === undefined) {
    const byMs = after === undefined ? negated(before?.lastsMs ?? null) : after.lastsMs
    return { kind: before === undefined ? 'added' : 'missing', ...common, fields: [], byMs }
  }
  const byMs = before.lastsMs === after.lastsMs ? 0 : minus(after.lastsMs, before.lastsMs)
  const fields = FIELDS.filter((field) => textOf(was, field) !== textOf(would, field))
  if (fields.length > 0) return { kind: 'changed', ...common, fields, byMs }
  if (byMs !== null && Math.abs(byMs) <= SAME_MS) return 'same'
  const longer = byMs === null ? after.lastsMs === null : byMs > 0
  return { kind: longer ? 'longer' : 'shorter', ...common, fields, byMs }
}

const FIELDS: readonly Field[] = ['target', 'direction', 'match', 'action', 'collateral', 'scope', 'asks']

function minus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b
}

function negated(ms: number | null): number | null {
  return ms === null ? null : -ms
}

function sideOf(outcomes: readonly Outcome[]): Blocks | undefined {
  const [first] = outcomes
  if (first === undefined) return undefined
  const { policy, rule } = first.trigger
  const lasts = outcomes.map(({ block }) => lastedOf(block))
  return {
    count: outcomes.length,
    blocks: outcomes.flatMap(({ id }) => (id < FIRST_NUMBER ? [id] : [])),
    ...(policy === undefined ? {} : { policy }),
    ...(rule === undefined ? {} : { rule }),
    asks: outcomes.every(({ asked }) => asked),
    does: [...new Set(outcomes.flatMap(({ block }) => (block === undefined ? [] : [doesText(block)])))],
    lastsMs: lasts.reduce<number | null>((sum, one) => (sum === null || one === null ? null : sum + one), 0),
  }
}

/** How long it was on, or is to be; nothing of what nobody agreed to. */
function lastedOf(block: Block | undefined): number | null {
  if (block === undefined || !hasBegun(block)) return 0
  const end = block.endedAt ?? block.until
  return end === null ? null : Math.max(0, end - block.createdAt)
}

function doesText({ target, direction, match, action }: Block): string {
  return [targetText(target), direction, match === undefined ? '' : matchText(match), JSON.stringify(action)]
    .filter((word) => word !== '')
    .join(' ')
}

/** Of all blocks of a side together: how many they are is told by how long they last. */
function textOf(outcomes: readonly Outcome[], field: Field): string {
  return [...new Set(outcomes.map((outcome) => fieldText(outcome, field)))].sort().join('\n')
}

function fieldText({ block, asked }: Outcome, field: Field): string {
  if (block === undefined) return ''
  switch (field) {
    case 'asks':
      return String(asked)
    case 'target':
      return targetText(block.target)
    case 'match':
      return block.match === undefined ? '' : matchText(block.match)
    case 'action':
      return JSON.stringify(block.action)
    case 'collateral':
      return block.collateral.join(',')
    default:
      return block[field]
  }
}
